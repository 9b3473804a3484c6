"""The processor: a function for each operation. This one keeps payments in memory; call yours instead."""
from contract.request import NatsPaymentRequest
from contract.response import Error, NatsPaymentResponse

payments: dict[str, NatsPaymentResponse] = {}  # by idempotency key


def failure(code: str, message: str) -> NatsPaymentResponse:
    """A decline is an answer, and final. Raise only what may be tried again."""
    return NatsPaymentResponse(status="failure", error=Error(code=code, message=message))


async def authorize(request: NatsPaymentRequest, idempotency_key: str, attempt: int) -> NatsPaymentResponse:
    """Takes or reserves the amount. One idempotency key is one payment, however often it is asked for."""
    asked = request.router_data.request
    minor_amount = asked["amount"]["minor_amount"]
    if minor_amount <= 0:
        return failure("invalid_amount", "The amount must be above 0")
    if idempotency_key not in payments:
        is_captured = asked.get("capture_method") != "MANUAL"
        payments[idempotency_key] = NatsPaymentResponse(
            status="success",
            transaction_id="my_" + request.router_data.attempt_id,
            attempt_status="CHARGED" if is_captured else "AUTHORIZED",
            amount_captured=minor_amount if is_captured else 0,
        )
    return payments[idempotency_key].model_copy()


async def sync(request: NatsPaymentRequest, idempotency_key: str, attempt: int) -> NatsPaymentResponse:
    """Says how a payment stands."""
    wanted = request.router_data.request.get("connector_transaction_id")
    for payment in payments.values():
        if payment.transaction_id == wanted:
            return payment.model_copy()
    return failure("resource_missing", "There is no such payment")


HANDLERS = {"authorize": authorize, "sync": sync}
