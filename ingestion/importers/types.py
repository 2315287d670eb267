"""Types of cells: what is accepted, how it is cast, and what is said of the rest.

Each type writes SQL over a text column. `check` gives `(accepted, message)` pairs: the first
condition that is not true gives the message. `typed` is only evaluated for accepted cells,
and both are never asked about empty ones. Text is trimmed before it comes here.

A regular expression over every cell costs more than the rest of an import's checks together,
so the usual spellings are let through by `translate` and `pg_input_is_valid`, five times as
fast, and the expression judges the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

Checks = list[tuple[str, str]]
UNREADABLE = "\ufffd"


class ColumnType(Protocol):
    sql_type: str

    def checks(self, cell: str) -> Checks: ...

    def typed(self, cell: str) -> str: ...


def quoted(text: str) -> str:
    """A SQL literal, with % doubled for a statement that is run with parameters."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


@dataclass(frozen=True)
class Text:
    max_length: int = 255
    sql_type = "text"

    def checks(self, cell: str) -> Checks:
        return [
            (
                f"length({cell}) <= {self.max_length}",
                f"is longer than {self.max_length} characters",
            ),
            (
                f"strpos({cell}, {quoted(UNREADABLE)}) = 0",
                "holds characters that could not be read",
            ),
        ]

    def typed(self, cell: str) -> str:
        return cell


@dataclass(frozen=True)
class Pattern:
    """Text of one shape. regex: PostgreSQL's, without anchors; meaning: `is not <meaning>`.

    Counted repetitions such as `{32}` take six times as long; say `+`, and the length here:
    `max_length`, or `length` where only one will do.
    """

    regex: str
    meaning: str
    max_length: int = 255
    length: int | None = None
    lower: bool = False
    sql_type = "text"

    def checks(self, cell: str) -> Checks:
        long = f"= {self.length}" if self.length else f"<= {self.max_length}"
        return [
            (
                (f"length({cell}) {long} AND {cell} ~ {quoted(f'^(?:{self.regex})$')}"),
                f"is not {self.meaning}",
            )
        ]

    def typed(self, cell: str) -> str:
        return f"lower({cell})" if self.lower else cell


@dataclass(frozen=True)
class Choice:
    """One of a few words, in any case; stored as declared."""

    values: tuple[str, ...]
    sql_type = "text"

    def checks(self, cell: str) -> Checks:
        known = ", ".join(quoted(value.lower()) for value in self.values)
        return [
            (f"lower({cell}) IN ({known})", f"is not one of {', '.join(self.values)}")
        ]

    def typed(self, cell: str) -> str:
        whens = " ".join(
            f"WHEN {quoted(value.lower())} THEN {quoted(value)}"
            for value in self.values
        )
        return f"CASE lower({cell}) {whens} END"


@dataclass(frozen=True)
class Flag:
    sql_type = "boolean"

    def checks(self, cell: str) -> Checks:
        known = "'true', 'false', 'yes', 'no', '1', '0'"
        return [(f"lower({cell}) IN ({known})", "is neither yes nor no")]

    def typed(self, cell: str) -> str:
        return f"lower({cell}) IN ('true', 'yes', '1')"


@dataclass(frozen=True)
class Whole:
    """A whole number; `6.0`, as spreadsheets write it, is 6."""

    least: int = -2_000_000_000
    most: int = 2_000_000_000
    sql_type = "integer"

    def checks(self, cell: str) -> Checks:
        number = f"split_part({cell}, '.', 1)::bigint"
        return [
            (
                (
                    f"(translate({cell}, '+-0123456789', '') = ''"
                    f" AND pg_input_is_valid({cell}, 'integer'))"
                    rf" OR {cell} ~ '^[+-]?\d{{1,15}}(\.0*)?$'"
                ),
                "is not a whole number such as 6",
            ),
            (
                f"{number} BETWEEN {self.least} AND {self.most}",
                f"is not between {self.least} and {self.most}",
            ),
        ]

    def typed(self, cell: str) -> str:
        return f"split_part({cell}, '.', 1)::integer"


@dataclass(frozen=True)
class Number:
    """A decimal number with a point or a comma; `places` digits after it at most."""

    least: str = "-9999999999"
    most: str = "9999999999"
    places: int = 4
    sql_type = "numeric"

    def checks(self, cell: str) -> Checks:
        return [
            (
                (
                    f"(translate({cell}, '+-.0123456789', '') = ''"
                    f" AND CASE WHEN pg_input_is_valid({cell}, 'numeric')"
                    f" THEN scale({cell}::numeric) <= {self.places} ELSE false END)"
                    rf" OR {cell} ~ '^[+-]?(\d{{1,12}}([.,]\d{{0,{self.places}}}0*)?"
                    rf"|[.,]\d{{1,{self.places}}}0*)$'"
                ),
                "is not a number such as 12.50"
                + (
                    f" with at most {self.places} digits after the point"
                    if self.places != 4
                    else ""
                ),
            ),
            (
                f"{self.typed(cell)} BETWEEN {self.least} AND {self.most}",
                f"is not between {self.least} and {self.most}",
            ),
        ]

    def typed(self, cell: str) -> str:
        return f"replace({cell}, ',', '.')::numeric"


@dataclass(frozen=True)
class Moment:
    """An instant: ISO 8601 (UTC where it names no zone), or month/day/year with `american`.

    Kept between 1990 and tomorrow, because one wrong year would make partitions for it;
    `future` allows up to the year 2100.
    """

    american: bool = False
    future: bool = False
    sql_type = "timestamptz"

    def checks(self, cell: str) -> Checks:
        shape = (
            r"\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
            r"( ?(Z|[+-]\d{2}:?\d{2}))?)?"
        )
        if self.american:
            shape += r"|\d{1,2}/\d{1,2}/\d{4}( \d{1,2}:\d{2}(:\d{2})?)?"
        iso = self._iso(cell)
        latest = "'2100-01-01'" if self.future else "now() + interval '1 day'"
        return [
            (
                (
                    f"(translate({cell}, '0123456789', '') = '-- ::'"
                    f" AND {cell} LIKE '____-__-__ __:__:__' OR {cell} ~ '^({shape})$')"
                    f" AND pg_input_is_valid({iso}, 'timestamptz')"
                ),
                "is not a date and time such as 2011-05-31 14:05:00",
            ),
            (
                f"{iso}::timestamptz BETWEEN '1990-01-01' AND {latest}",
                "is not between 1990 and "
                + ("2100" if self.future else "today: look for a wrong date"),
            ),
        ]

    def typed(self, cell: str) -> str:
        return f"{self._iso(cell)}::timestamptz"

    def _iso(self, cell: str) -> str:
        if not self.american:
            return cell
        return (
            f"CASE WHEN strpos({cell}, '/') > 0 THEN regexp_replace({cell},"
            rf" '^(\d+)/(\d+)/(\d+)', '\3-\1-\2') ELSE {cell} END"
        )
