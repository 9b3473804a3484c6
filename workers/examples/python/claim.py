"""The claim of one run: the right to call the processor, until its lease is over or another takes over."""
import time
import uuid

import nats

from operation_record import RecordChanged, read_record, write_record


def now_ms() -> int:
    return int(time.time() * 1000)


class Claim:
    """A write that is not confirmed may stand in the record all the same: the record says so, and is read."""

    def __init__(self, js, subject, about, seq, lease_ms):
        self._js, self._subject, self._lease_ms = js, subject, lease_ms
        self._about = {**about, "X-Run": uuid.uuid4().hex}
        self.seq = seq  # of the record that it follows, then of its own
        self._leased_until = 0

    @property
    def is_over(self) -> bool:
        return now_ms() >= self._leased_until

    async def begin(self) -> None:
        """Raises RecordChanged where another was quicker; anything else where it is not known to stand."""
        until = now_ms() + self._lease_ms
        try:
            self.seq = await self._write(until)
        except nats.errors.Error:
            record = await read_record(self._js, self._subject)
            if not self._is_in(record):
                raise
            self.seq = record.seq
        self._leased_until = until

    async def renew(self) -> None:
        """Raises RecordChanged when it is lost. What is not confirmed leaves time for another try, a third of the lease later."""
        until = now_ms() + self._lease_ms
        await self._write_again(until, self._lease_ms / 6000)
        self._leased_until = until

    async def release(self, reason) -> None:
        """Anybody may try again."""
        await self._write_again(now_ms(), **{"X-Reason": reason})

    async def _write_again(self, until, within_s=5, **more) -> None:
        try:
            self.seq = await self._write(until, within_s, **more)
        except RecordChanged:
            record = await read_record(self._js, self._subject)
            if not self._is_in(record):
                raise
            self.seq = record.seq  # of an earlier renewal, whose confirmation was lost
            self.seq = await self._write(until, within_s, **more)

    async def _write(self, until, within_s=5, **more) -> int:
        headers = {**self._about, "X-Lease-Until": str(until), **more}
        return await write_record(self._js, self._subject, "claimed", b"", headers, self.seq, within_s)

    def _is_in(self, record) -> bool:
        """Of this run alone: one worker may have two deliveries of a request in hand."""
        return record.state == "claimed" and record.headers.get("X-Run") == self._about["X-Run"]
