"""Version-7 UUIDs (RFC 9562, section 5.7): keys that sort by the time they were made."""

import os
import time
import uuid
from datetime import UTC, datetime, timedelta

# Bits of sub-millisecond time in `rand_a`, as PostgreSQL's uuidv7() uses them.
_SUB_MS_STEPS = 4096


def uuid7(moment: datetime | None = None) -> uuid.UUID:
    """A new key; with `moment`, one that carries that instant instead of the clock's."""
    nanoseconds = (
        time.time_ns()
        if moment is None
        else int(moment.timestamp() * 1_000_000) * 1_000
    )
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    value = (milliseconds & (2**48 - 1)) << 80
    value |= 0x7 << 76
    value |= (rest * _SUB_MS_STEPS // 1_000_000) << 64
    value |= 0b10 << 62
    value |= int.from_bytes(os.urandom(8)) & (2**62 - 1)
    return uuid.UUID(int=value)


def parse_id(text: str) -> uuid.UUID | None:
    """The key that a form, an address or a person says, in any usual spelling, or None."""
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


def moment_of(key: uuid.UUID) -> datetime | None:
    """The instant a version-7 key carries, to the millisecond; None for other versions."""
    if key.version != 7:
        return None
    return datetime.fromtimestamp((key.int >> 80) / 1000, tz=UTC)


def window_of(
    key: uuid.UUID, slack: timedelta = timedelta(days=1)
) -> tuple[datetime, datetime] | None:
    """Bounds `[start, end)` for a look-up by key alone, so that it reads few partitions."""
    moment = moment_of(key)
    return None if moment is None else (moment - slack, moment + slack)
