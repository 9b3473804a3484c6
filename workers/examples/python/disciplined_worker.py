"""A worker that survives crashes: claim, effect, answer, so that one idempotency key has one effect and one answer.

Your part is processor.py: a function for each operation, which returns an answer (a decline is one, and final) or
raises and is called again, with a higher attempt. How and why: docs/workers.md.
"""
import asyncio
import json
import os
import re
import signal
import ssl
from functools import partial
from urllib.parse import unquote

import nats
from pydantic import ValidationError

from answer import encode_answer
from claim import now_ms
from contract.request import NatsPaymentRequest
from guarded_run import KeyConflict, run_guarded
from operation_record import DOMAIN
from processor import HANDLERS
from sealing import sealing_from_environment
from signing import NotSigned, signing_from_environment

CONCURRENCY = 16  # requests in hand at once, per operation
NO_DEADLINE = 2**53
POOL = os.environ.get("POOL")  # whose merchants' requests are taken; left out: those of all that no pool has
SEALING = sealing_from_environment()
SIGNING = signing_from_environment()


async def body_of(js, msg) -> bytes:
    """Bodies above the server's largest message lie in an object store."""
    reference = (msg.headers or {}).get("X-Body-Ref")
    if reference is None:
        return msg.data
    bucket, name = reference.split("/", 1)
    return (await (await js.object_store(bucket)).get(name)).data


def parse(msg, body) -> NatsPaymentRequest:
    """Raises ValueError for what is no request, or is about something else than its subject."""
    try:
        request = NatsPaymentRequest.model_validate_json(body)
    except ValidationError as error:  # names the fields, never their values
        fields = [".".join(map(str, issue["loc"])) for issue in error.errors(include_input=False)]
        raise ValueError(f"not a valid request: {', '.join(fields) or 'not JSON'}") from None
    # hyperswitch.payments.{merchant_id}.{operation}, and of a pool its name.
    merchant, operation = msg.subject.split(".")[2:4]
    if (unquote(merchant), operation) != (request.merchant_id, request.operation):
        raise ValueError("the body names another merchant or operation than its subject")
    return request


def trace_id_of(headers) -> str | None:
    """The trace that a request belongs to (W3C trace context): bridge and worker write the same id."""
    match = re.fullmatch(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}", headers.get("traceparent", ""))
    return match and match[1]


async def refuse(nc, msg, code, why, is_stranger=False) -> None:
    """Says at once that nothing was done, and that it shall not come again; the bridge makes a dead letter of it.

    Only X-Refusal tells it from what a processor may say in the same words. What a stranger is told is not signed: it
    must be of no use as an answer to anybody else's request.
    """
    headers = msg.headers or {}
    correlation_id = headers.get("X-Correlation-Id", "")
    reply = {"status": "failure", "error": {"code": code, "message": why}, "correlation_id": unquote(correlation_id)}
    content_type, body = SEALING.seal(headers, json.dumps(reply).encode(), is_refusal=True)
    signed = {} if is_stranger else SIGNING.reply(headers, content_type, body, is_refusal=True)
    about = {"Content-Type": content_type, "X-Correlation-Id": correlation_id, "X-Refusal": "1", **signed}
    await nc.publish(msg.reply, body, headers=about)
    await msg.term()


async def handle(nc, js, msg, lease_ms) -> None:
    headers = msg.headers or {}
    reply_to = headers.get("X-Reply-To", "")
    deadline_ms = int(headers.get("X-Deadline") or NO_DEADLINE)
    try:
        try:
            body = await body_of(js, msg)
            SIGNING.verify(msg.subject, headers, body)
            request = parse(msg, SEALING.open(msg.subject, headers, body))
        except NotSigned as error:
            return await refuse(nc, msg, "VALIDATION_ERROR", str(error), is_stranger=True)
        except ValueError as error:
            return await refuse(nc, msg, "VALIDATION_ERROR", str(error))

        if trace_id := trace_id_of(headers):
            print(f"{request.operation} in trace {trace_id}", flush=True)

        record = reply_to if reply_to.startswith("hyperswitch.operations.") else None

        async def run(attempt, seconds) -> tuple[dict, bytes]:
            """The answer's headers and bytes."""
            key = unquote(headers.get("X-Idempotency-Key", ""))
            answer = await asyncio.wait_for(HANDLERS[request.operation](request, key, attempt), seconds)
            answer.correlation_id = request.correlation_id
            seal = partial(SEALING.seal, headers)
            content_type, body = encode_answer(request.operation, answer, seal, nc.max_payload)
            return {"Content-Type": content_type, **SIGNING.reply(headers, content_type, body, record)}, body

        if record:
            return await run_guarded(js, msg, request, deadline_ms, lease_ms, run, SIGNING.withdrawal)
        if deadline_ms > now_ms():  # a question: to repeat it does no harm, and nothing is recorded
            said, body = await run(msg.metadata.num_delivered, (deadline_ms - now_ms()) / 1000)
            about = {**said, "X-Correlation-Id": headers.get("X-Correlation-Id", "")}
            if "traceparent" in headers:
                about["traceparent"] = headers["traceparent"]
            await nc.publish(reply_to, body, headers=about)
        await msg.ack()
    except KeyConflict as error:
        await refuse(nc, msg, "CONFLICT", str(error))
    except Exception as error:  # nothing was begun, or its answer could not be stored: the record says which
        print(f"not answered: {error!r}", flush=True)
        await msg.nak(delay=1)


def consumer_of(operation) -> str:
    return f"hyperswitch-consumer-{POOL}-{operation}" if POOL else f"hyperswitch-consumer-{operation}"


def presence_of(operation) -> str:
    """The subject on which the bridge asks whether the operation has a worker that keeps the records."""
    return f"hyperswitch.workers.guarded.{operation}" + (f".{POOL}" if POOL else "")


async def take(nc, js, operation, lease_ms, stopping) -> None:
    """Takes one request after the other, until the worker stops."""
    requests = await js.pull_subscribe_bind(consumer_of(operation), stream="PAYMENTS")
    while not stopping.is_set():
        try:
            [msg] = await requests.fetch(1, timeout=1)
        except asyncio.TimeoutError:
            continue  # nothing there within a second
        except nats.errors.Error as error:
            print(f"{operation}: {error!r}", flush=True)
            await asyncio.sleep(1)
            continue
        await handle(nc, js, msg, lease_ms)


async def connect():
    """To NATS_URL. NATS_CREDS and NATS_CA name files; the client speaks TLS where the server asks for it."""
    options = {"max_reconnect_attempts": -1}
    if credentials := os.environ.get("NATS_CREDS"):
        options["user_credentials"] = credentials
    if authority := os.environ.get("NATS_CA"):
        options["tls"] = ssl.create_default_context(cafile=authority)
    return await nats.connect(os.environ.get("NATS_URL", "nats://127.0.0.1:4222").split(","), **options)


async def main() -> None:
    nc = await connect()
    js = nc.jetstream(domain=DOMAIN)
    stopping = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)

    async def here(msg):
        await msg.respond(b"")

    takers, presence = [], []
    for operation in HANDLERS:
        consumer = await js.consumer_info("PAYMENTS", consumer_of(operation))
        lease_ms = int(consumer.config.ack_wait * 1000)
        takers += [asyncio.create_task(take(nc, js, operation, lease_ms, stopping)) for _ in range(CONCURRENCY)]
        presence.append(await nc.subscribe(presence_of(operation), cb=here))
    await nc.flush()
    print("started", flush=True)
    await stopping.wait()
    for subscription in presence:
        await subscription.unsubscribe()
    await asyncio.gather(*takers)  # what is in hand is finished, nothing new is taken
    await nc.flush()
    await nc.close()


asyncio.run(main())
