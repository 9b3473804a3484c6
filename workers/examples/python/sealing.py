"""Opens sealed requests and seals the replies: a data key in NATS's curve keys, AES-256-GCM around the body.

The format, and test vectors: docs/sealing.md.
"""
import base64
import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.exceptions import CryptoError
from nacl.public import Box, PrivateKey, PublicKey

CLEAR_TYPE = "application/json"
SEALED_TYPE = "application/vnd.nats-bridge.sealed+json"
RECORDS = "hyperswitch.operations."
BOUND = ("X-Merchant-Id", "X-Payment-Id", "X-Idempotency-Key", "X-Test-Mode", "X-Correlation-Id", "X-Operation",
         "X-Deadline", "X-Retry")
BOX_VERSION = b"xkv1"


def is_sealed(headers) -> bool:
    return headers.get("Content-Type", "").split(";")[0].strip() == SEALED_TYPE


class NoSealing:
    """Of a worker without keys: everything travels in clear."""

    def open(self, subject, headers, body) -> bytes:
        if is_sealed(headers):
            raise ValueError("the body is sealed, and this worker has no key: set SEAL_SEED_FILES and SEAL_BRIDGES")
        return body

    def seal(self, headers, body, is_refusal=False) -> tuple[str, bytes]:
        return CLEAR_TYPE, body


class Sealing:
    """`seeds` are those of our curve keys (SX…): the first seals, all open. `bridges` are public keys (X…)."""

    def __init__(self, seeds, bridges):
        own = [PrivateKey(key_in(seed.strip(), 2)) for seed in seeds]
        self._own = {public_text(key.public_key): key for key in own}
        self._from, self._current = next(iter(self._own.items()))
        self._bridges = list(bridges)

    def open(self, subject, headers, body) -> bytes:
        """Raises ValueError for what is in clear, sealed for or by others, altered or moved."""
        if not is_sealed(headers):
            raise ValueError("the body is in clear, and this worker takes sealed requests only")
        try:
            envelope = json.loads(body)
            sender, boxes = envelope["from"], {to["key"]: to["box"] for to in envelope["to"]}
            nonce, data = (base64.b64decode(envelope[name], validate=True) for name in ("nonce", "data"))
            bound = f"{request_context(subject, headers)}\n{envelope['type']}".encode()
        except (ValueError, KeyError, TypeError):
            raise ValueError("the sealed body does not open: it is no sealed body") from None
        if sender not in self._bridges:
            raise ValueError(f"the sealed body does not open: it was sealed by {sender}, who is not among those trusted")
        mine = next((public for public in self._own if public in boxes), None)
        if mine is None:
            raise ValueError("the sealed body does not open: it is sealed for others")
        try:
            box = base64.b64decode(boxes[mine], validate=True).removeprefix(BOX_VERSION)
            key = Box(self._own[mine], PublicKey(key_in(sender, 1))).decrypt(box)
            return AESGCM(key).decrypt(nonce, data, bound)
        except (CryptoError, InvalidTag, ValueError):
            raise ValueError("the sealed body does not open: it was altered or moved") from None

    def seal(self, headers, body, is_refusal=False) -> tuple[str, bytes]:
        """Seals a reply to the request of these headers for the bridges; gives its content type and body."""
        if not is_sealed(headers):  # who asked in clear, and is refused for it, could not read it
            return CLEAR_TYPE, body
        key, nonce = AESGCM.generate_key(bit_length=256), os.urandom(12)
        bound = f"{reply_context(headers, is_refusal)}\n{CLEAR_TYPE}"
        to = [{"key": bridge, "box": text(BOX_VERSION + Box(self._current, PublicKey(key_in(bridge, 1))).encrypt(key))}
              for bridge in self._bridges]
        envelope = {"sealed": 1, "type": CLEAR_TYPE, "from": self._from, "to": to, "nonce": text(nonce),
                    "data": text(AESGCM(key).encrypt(nonce, body, bound.encode()))}
        return SEALED_TYPE, json.dumps(envelope).encode()


def request_context(subject, headers) -> str:
    reply_to = headers.get("X-Reply-To", "")
    record = reply_to if reply_to.startswith(RECORDS) else ""
    return "\n".join(["nats-bridge request 1", subject, record, *(headers.get(name, "") for name in BOUND)])


def reply_context(headers, is_refusal) -> str:
    """Of a reply to the request of these headers. A refusal of one delivery is bound as such, and counts as no answer."""
    kind = "refusal" if is_refusal else "reply"
    return "\n".join([f"nats-bridge {kind} 1", headers.get("X-Merchant-Id", ""), headers.get("X-Idempotency-Key", "")])


def key_in(encoded, prefix_bytes) -> bytes:
    """The 32 bytes of an encoded key: base32 of a prefix (two bytes of a seed), the key and a checksum of two bytes."""
    raw = base64.b32decode(encoded + "=" * (-len(encoded) % 8))
    if len(raw) != prefix_bytes + 34 or checksum(raw[:-2]) != int.from_bytes(raw[-2:], "little"):
        raise ValueError("not a key of NATS: make one with `nats-bridge keys new`")
    return raw[prefix_bytes:-2]


def public_text(key, prefix=23 << 3) -> str:  # 23 is X
    raw = bytes([prefix]) + bytes(key)
    return base64.b32encode(raw + checksum(raw).to_bytes(2, "little")).decode().rstrip("=")


def checksum(data) -> int:
    """CRC-16/XMODEM, as in all keys of NATS."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ (0x1021 if crc & 0x8000 else 0)
        crc &= 0xFFFF
    return crc


def text(data) -> str:
    return base64.b64encode(data).decode()


def sealing_from_environment():
    """SEAL_SEED_FILES: files with our seeds; SEAL_BRIDGES: public keys of the bridges; both separated by commas."""
    files = [name for name in os.environ.get("SEAL_SEED_FILES", "").split(",") if name]
    if not files:
        return NoSealing()
    seeds = []
    for name in files:
        with open(name, encoding="ascii") as file:
            seeds.append(file.read())
    return Sealing(seeds, os.environ["SEAL_BRIDGES"].split(","))
