"""The record of one idempotency key: one subject of the stream OPERATIONS, whose last message says how far it came."""
import base64
import hashlib
import json
import os

from nats.js.errors import APIError, NotFoundError

# Where the streams are, if not in the account of this worker: BRIDGE with credentials of `nats-bridge auth`.
DOMAIN = os.environ.get("JETSTREAM_DOMAIN") or None
# Another wrote first: it is there to be read, or, where servers replicate, on its way to the others.
WRONG_LAST_SEQUENCE = (10071, 10164)
# What a repeat may say differently without asking for anything else.
INCIDENTAL = {"payment_method", "browser_info", "metadata", "connector_feature_data", "state",
              "connector_transaction_id", "connector_refund_id", "connector_payout_id"}


class RecordChanged(Exception):
    """Somebody else wrote the record since it was read."""


class Record:
    """The last message of the subject; `state` is None where there is none."""

    def __init__(self, message=None):
        self.headers = (message and message.headers) or {}
        self.body = (message and message.data) or b""
        self.seq = message.seq if message else 0
        # Without the header it is the answer of a worker that keeps no records.
        self.state = self.headers.get("X-Record", "answered") if message else None

    def number(self, name, otherwise=0):
        return int(self.headers.get(name) or otherwise)


async def read_record(js, subject) -> Record:
    """At the leader; with a worker's credentials, which open single records, at the nearest replica."""
    try:
        return Record(await js.get_last_msg("OPERATIONS", subject, direct=DOMAIN is not None))
    except NotFoundError:
        return Record()


async def write_record(js, subject, state, body, headers, expected_seq, within_s=5) -> int:
    """Writes only if the record is still the one that was seen: of two workers, one gets the claim.

    What the stream does not confirm within `within_s` seconds may be stored or not.
    """
    conditions = {"X-Record": state, "Nats-Expected-Last-Subject-Sequence": str(expected_seq)}
    try:
        return (await js.publish(subject, body, timeout=within_s, headers={**headers, **conditions})).seq
    except APIError as error:
        if error.err_code in WRONG_LAST_SEQUENCE:
            raise RecordChanged from error
        raise


def fingerprint_of(asked: dict) -> str:
    """Tells a repeat from another request under the same key; `asked` is router_data.request."""
    text = "".join(
        f"{name}={json.dumps(asked[name], sort_keys=True, separators=(',', ':'), ensure_ascii=False)};"
        for name in sorted(asked)
        if name not in INCIDENTAL
    )
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:16]
