"""A worker for `jetstream_enabled = false`: a plain queue subscription, replicas share the requests."""
import asyncio
import json
import os
import signal

import nats


async def process_payment(router_data):
    """A processor: counts each execution as a line of the file that EXECUTIONS_FILE names."""
    with open(os.environ["EXECUTIONS_FILE"], "a", encoding="utf-8") as executions:
        executions.write(router_data["attempt_id"] + "\n")
    return {"id": "txn_core_" + router_data["attempt_id"]}


async def handle_payment_authorize(msg):
    data = json.loads(msg.data.decode())
    result = await process_payment(data["router_data"])
    response = {
        "status": "success",
        "transaction_id": result["id"],
        "correlation_id": data["correlation_id"],
    }
    await msg.respond(json.dumps(response).encode())


async def main():
    nc = await nats.connect(os.environ.get("NATS_URL", "nats://localhost:4222"))
    await nc.subscribe(
        "hyperswitch.payments.*.authorize", queue="payment-workers", cb=handle_payment_authorize
    )
    await nc.flush()
    print("ready", flush=True)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await nc.drain()  # takes nothing new, and answers what it has taken


asyncio.run(main())
