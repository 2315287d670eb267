"""What a model says about its partitions, as its `partitioning` attribute."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Every(StrEnum):
    """The span of one child table."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True)
class Partitioning:
    """RANGE partitions of a table.

    by: the column; every: the documented grain; keep: how long a row is kept (None: for
    ever); key: the database's primary key, in order, which must hold `by`; written: the
    column that tells when a row was written, where that may be long after `by`, as with
    history that is imported: `keep` then counts from the later of the two.
    """

    by: str
    every: Every
    key: tuple[str, ...]
    keep: timedelta | None = None
    written: str | None = None
