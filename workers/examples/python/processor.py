"""The processor behind the disciplined worker: a stand-in that counts, and that tests can let fail, be slow or hang."""
import asyncio
import os

from contract.request import NatsPaymentRequest
from contract.response import NatsPaymentResponse


def note(line: str) -> None:
    with open(os.environ["EXECUTIONS_FILE"], "a", encoding="utf-8") as executions:
        executions.write(line + "\n")


async def authorize(request: NatsPaymentRequest, idempotency_key: str, attempt: int) -> NatsPaymentResponse:
    """Each execution is a line of the file that EXECUTIONS_FILE names. The end of an attempt id says what goes wrong."""
    attempt_id = request.router_data.attempt_id
    note(f"{attempt_id} {attempt}")
    if attempt == 1 and attempt_id.endswith("_hangs"):
        try:
            await asyncio.Event().wait()
        finally:
            note(f"{attempt_id} {attempt} given up")
    if attempt == 1 and attempt_id.endswith("_fails"):
        raise ConnectionError("the processor could not be reached")
    if attempt_id.endswith("_slow"):
        await asyncio.sleep(3)
    return NatsPaymentResponse(status="success", transaction_id=f"txn_python_{attempt_id}")


async def sync(request: NatsPaymentRequest, idempotency_key: str, attempt: int) -> NatsPaymentResponse:
    return NatsPaymentResponse(status="success", transaction_id=f"txn_python_{request.router_data.attempt_id}")


HANDLERS = {"authorize": authorize, "sync": sync}
