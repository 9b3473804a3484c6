"""Looks who signed a request, and signs the replies: NATS's user keys (Ed25519). The format, and test vectors: docs/signing.md."""
import base64
import hashlib
import os

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from sealing import key_in, public_text, reply_context, request_context

FIRST_LINE = "nats-bridge signature 1"
USER = 20 << 3  # U


class NotSigned(ValueError):
    """Nobody who is trusted has signed the request as it is."""


class NoSigning:
    """Of a worker without keys: whoever can publish is believed."""

    def verify(self, subject, headers, body) -> None:
        pass

    def reply(self, headers, content_type, body, record=None, is_refusal=False) -> dict:
        return {}

    def withdrawal(self, record) -> dict:
        return {}


class Signing:
    """`seeds` are those of our user keys (SU…), of which the first signs. `bridges` are public keys (U…)."""

    def __init__(self, seeds, bridges):
        self._key = SigningKey(key_in(seeds[0].strip(), 2))
        self._public = public_text(self._key.verify_key, USER)
        self._bridges = {bridge: VerifyKey(key_in(bridge, 1)) for bridge in bridges}

    def verify(self, subject, headers, body) -> None:
        """Raises NotSigned for what is unsigned, signed by a stranger, altered or moved. `body` is as it travelled."""
        signature, key = headers.get("X-Signature"), headers.get("X-Signature-Key")
        if signature is None or key is None:
            raise NotSigned("the request is not taken: it is not signed")
        if key not in self._bridges:
            raise NotSigned("the request is not taken: it was signed by somebody who is not among those trusted")
        text = text_of(request_context(subject, headers), headers.get("Content-Type", ""), body)
        try:
            self._bridges[key].verify(text, base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)))
        except (BadSignatureError, ValueError):
            raise NotSigned("the request is not taken: its signature does not fit, it was altered or moved") from None

    def reply(self, headers, content_type, body, record=None, is_refusal=False) -> dict:
        """The headers that sign a reply to the request of these headers; `record` is the subject of its record, where it goes there."""
        correlation_id = "" if record else headers.get("X-Correlation-Id", "")
        context = "\n".join([reply_context(headers, is_refusal), record or "", correlation_id])
        return self._sign(text_of(context, content_type, body))

    def withdrawal(self, record) -> dict:
        """The headers of a record that says that nobody began, and that nobody may any more."""
        return self._sign(f"{FIRST_LINE}\nnats-bridge withdrawal 1\n{record}".encode())

    def _sign(self, text) -> dict:
        signature = base64.urlsafe_b64encode(self._key.sign(text).signature).decode().rstrip("=")
        return {"X-Signature": signature, "X-Signature-Key": self._public}


def text_of(context, content_type, body) -> bytes:
    return "\n".join([FIRST_LINE, context, content_type, hashlib.sha256(body).hexdigest()]).encode()


def signing_from_environment():
    """SIGN_SEED_FILES: files with our seeds; SIGN_BRIDGES: public keys of the bridges; both separated by commas."""
    files = [name for name in os.environ.get("SIGN_SEED_FILES", "").split(",") if name]
    if not files:
        return NoSigning()
    seeds = []
    for name in files:
        with open(name, encoding="ascii") as file:
            seeds.append(file.read())
    return Signing(seeds, os.environ["SIGN_BRIDGES"].split(","))
