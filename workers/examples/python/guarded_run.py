"""Runs a handler under the record of its idempotency key: claim, effect, answer. The rules: docs/workers.md."""
import asyncio
import uuid

import nats

from claim import Claim, now_ms
from operation_record import Record, RecordChanged, fingerprint_of, read_record, write_record

WORKER = str(uuid.uuid4())  # names this process in the records
RECOVERY_S = 30  # what was begun before may take this long to find out, whatever its deadline


class KeyConflict(Exception):
    """The key was used for a request that asked for something else."""


async def run_guarded(js, msg, request, deadline_ms, lease_ms, run, withdrawal) -> None:
    """Does what the record allows, and acknowledges; `run(attempt, seconds)` gives the reply's headers and bytes, or raises.

    `withdrawal(subject)` gives the headers of a record that says that nobody began.
    """
    subject = msg.headers["X-Reply-To"]
    record = await read_record(js, subject) if msg.metadata.num_delivered > 1 else Record()
    for _ in range(5):
        try:
            return await follow_record(js, msg, request, record, deadline_ms, lease_ms, run, withdrawal)
        except RecordChanged:
            record = await read_record(js, subject)
    await msg.nak(delay=1)  # let the others finish


async def follow_record(js, msg, request, record, deadline_ms, lease_ms, run, withdrawal) -> None:
    subject = msg.headers["X-Reply-To"]
    carried = ("X-Operation", "X-Payment-Id", "X-Correlation-Id", "X-Retry", "traceparent")
    about = {name: msg.headers[name] for name in carried if name in msg.headers}
    about["X-Fingerprint"] = fingerprint_of(request.router_data.request)
    about["X-Worker"] = WORKER
    about["X-Requested-At"] = str(int(msg.metadata.timestamp.timestamp() * 1000))
    about["X-Request-Seq"] = str(msg.metadata.sequence.stream)

    # A person looked at it, and may have mended it.
    is_retried = record.state == "withdrawn" and int(msg.headers.get("X-Retry", 0)) > record.number("X-Retry")
    if not is_retried and record.headers.get("X-Fingerprint", about["X-Fingerprint"]) != about["X-Fingerprint"]:
        raise KeyConflict("its idempotency key was used for another request")
    if record.state == "answered":  # the same again, to who asks now
        kept = {name: value for name, value in record.headers.items() if not name.startswith("Nats-")}
        again = {**kept, "X-Correlation-Id": about["X-Correlation-Id"]}
        await write_record(js, subject, "answered", record.body, again, record.seq)
        return await msg.ack()
    if record.state == "withdrawn" and not is_retried:
        return await msg.ack()  # its caller was told that it failed
    lease_left_ms = record.number("X-Lease-Until") - now_ms()
    if record.state == "claimed" and lease_left_ms > 0:
        return await msg.nak(delay=lease_left_ms / 1000)  # somebody has it in hand
    # What was announced and delivered before, for this request or an earlier one of the key, or heard as it passed, a
    # worker without records may have carried out.
    is_repeat = msg.metadata.num_delivered > 1 or record.headers.get("X-Correlation-Id") != about["X-Correlation-Id"]
    is_heard = "X-Heard" in record.headers
    may_have_begun = record.state == "claimed" or (record.state == "sent" and (is_repeat or is_heard))
    if not may_have_begun and deadline_ms <= now_ms():  # nobody began, and now nobody may
        about.update({"X-Reason": "expired", **withdrawal(subject)})
        await write_record(js, subject, "withdrawn", b"{}", about, record.seq)
        return await msg.ack()

    # What may have had its effect: expired or not, only a handler that looks can tell.
    attempt = record.number("X-Attempt", 1) + 1 if may_have_begun else 1
    about["X-Attempt"] = str(attempt)
    about["X-Claimed-At"] = record.headers.get("X-Claimed-At", str(now_ms()))
    claim = Claim(js, subject, about, record.seq, lease_ms)
    await claim.begin()
    if claim.is_over:  # this process stood still, or the way was slow: another may have taken over
        return await msg.nak(delay=1)

    async def hold():
        """Keeps the request and the claim. When the claim is lost, the effect must not go on."""
        while True:
            await asyncio.sleep(lease_ms / 3000)
            try:
                if claim.is_over:
                    raise RecordChanged
                await msg.in_progress()
                await claim.renew()
            except RecordChanged:
                effect.cancel()
            except nats.errors.Error:
                pass  # the lease holds for a while, and the next beat tries again

    effect = asyncio.ensure_future(run(attempt, RECOVERY_S if attempt > 1 else (deadline_ms - now_ms()) / 1000))
    holding = asyncio.create_task(hold())
    effect.add_done_callback(lambda _: holding.cancel())  # before anything else is written
    try:
        said, body = await effect
    except asyncio.CancelledError:
        return await msg.nak(delay=1)
    except Exception as error:
        print(f"{request.operation} failed, attempt {attempt}: {error!r}", flush=True)
        await claim.release(type(error).__name__)
        return await msg.nak(delay=min(30, 2 ** (attempt - 1)))
    await record_answer(js, subject, body, {**about, **said}, claim.seq)
    await msg.ack()  # only now that the answer is stored


async def record_answer(js, subject, body, about, seq) -> None:
    """The effect has happened: its answer is written, whatever stands there but another answer."""
    for tries_left in reversed(range(30)):
        try:
            await write_record(js, subject, "answered", body, about, seq)
            return
        except RecordChanged:
            record = await read_record(js, subject)
            if record.state == "answered":
                return
            if record.seq == seq:  # another write is under way, and not there yet
                await asyncio.sleep(1)
            seq = record.seq
            if tries_left == 0:
                raise
        except nats.errors.Error:
            if tries_left == 0:
                raise
            await asyncio.sleep(1)
