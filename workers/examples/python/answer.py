"""An answer as it travels. Its effect has happened: what became of it must not be lost to all else that it says (P1)."""
from contract.response import NatsPaymentResponse, Status

HEADER_BYTES = 2048  # room for the headers of a reply
# What became of the payment, and how the processor knows it.
ESSENCE = {
    "status": True, "attempt_status": True, "refund_status": True, "transaction_id": True, "amount_captured": True,
    "error": {"code", "message"}, "correlation_id": True,
}


def encode_answer(operation, answer, seal, max_payload) -> tuple[str, bytes]:
    """Its content type and body, as `seal(body)` gives them. What JSON cannot say, or no message holds, is left out."""
    try:
        content_type, body = seal(answer.model_dump_json(exclude_none=True).encode())
        if len(body) + HEADER_BYTES <= max_payload:
            return content_type, body
        why = f"its {len(body)} bytes are more than a message holds"
    except ValueError as error:
        why = type(error).__name__  # its text may name values
    print(f"{operation}: the answer was reduced, {why}", flush=True)
    return seal(essence_of(answer).model_dump_json(exclude_none=True, include=ESSENCE).encode())


def essence_of(answer) -> NatsPaymentResponse:
    """Says no more than the whole: a customer who was to be redirected has not paid."""
    is_refined = answer.redirection is not None or answer.response is not None
    is_status_elsewhere = answer.attempt_status or answer.refund_status
    is_success = answer.status in (Status.success, "success")  # a handler may have set the text
    if is_success and is_refined and not is_status_elsewhere:
        return answer.model_copy(update={"status": Status.processing})
    return answer
