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
    return answer_to(request)


async def sync(request: NatsPaymentRequest, idempotency_key: str, attempt: int) -> NatsPaymentResponse:
    return answer_to(request)


def answer_to(request: NatsPaymentRequest) -> NatsPaymentResponse:
    """What the field `answer` of the request says, or that it succeeded; at some attempt ids more than can be sent."""
    attempt_id = request.router_data.attempt_id
    approved = {"status": "success", "transaction_id": f"txn_python_{attempt_id}"}
    answer = NatsPaymentResponse(**request.router_data.request.get("answer", approved))
    if attempt_id.endswith("_large"):
        answer.connector_response = "x" * 900_000  # a message holds it, but not when it is sealed
    if attempt_id.endswith("_huge"):
        answer.connector_response = "x" * 2_000_000
    if attempt_id.endswith("_unsayable"):
        answer.connector_response = object()
    return answer


HANDLERS = {"authorize": authorize, "sync": sync}
