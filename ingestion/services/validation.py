"""SQL that holds a chunk against its columns' declared types, generated from them.

`staged` has the cells as text, `incoming` the good rows typed, `refused` the errors.
All three are temporary and belong to one import on one connection.
"""

from __future__ import annotations

from ingestion.importers.declaration import Column, Layout, Sheet
from ingestion.importers.types import quoted

TEMPORARY = ("staged", "incoming", "refused", "outcome")
SHOWN_VALUE = 1_000
# Errors kept with line, column and reason; of a file that is wrong throughout nobody reads more,
# and ten million rows of it would be as many here.
MOST_ERRORS = 100_000


def create_tables(sheet: Sheet) -> list[str]:
    """Statements that make the four temporary tables, empty."""
    as_text = "".join(f", {column.name} text" for column in sheet.columns)
    typed = "".join(f", {c.name} {c.type.sql_type}" for c in sheet.columns)
    return [
        *drop_tables(),
        (
            "CREATE TEMP TABLE staged"
            f" (line integer NOT NULL, origin text, surplus text{as_text})"
        ),
        f"CREATE TEMP TABLE incoming (line integer NOT NULL, origin text{typed})",
        (
            'CREATE TEMP TABLE refused (line integer NOT NULL, "column" text NOT NULL,'
            " value text, message text NOT NULL)"
        ),
        (
            "CREATE TEMP TABLE outcome (line integer NOT NULL, entity_type text NOT NULL,"
            " entity_id uuid NOT NULL, action text NOT NULL, previous jsonb)"
        ),
    ]


def drop_tables() -> list[str]:
    return [f"DROP TABLE IF EXISTS pg_temp.{name}" for name in TEMPORARY]


def copy_statement(sheet: Sheet, layout: Layout) -> str:
    columns = "".join(f", {name}" for name in layout.places)
    return f"COPY staged (line, origin, surplus{columns}) FROM STDIN (FORMAT csv)"


def find_errors(sheet: Sheet, layout: Layout) -> str:
    """Every error of every bad row, into `refused`."""
    problems = {
        column.name: _problem(column)
        for column in sheet.columns
        if column.name in layout.places
    }
    values = ", ".join(
        f"({quoted(name)}, {name}, {problem})" for name, problem in problems.items()
    )
    surplus = "'has more cells than the heading has columns'"
    return (
        'INSERT INTO refused (line, "column", value, message)'
        " SELECT line, found._name, found._value, found._message FROM staged"
        " CROSS JOIN LATERAL (VALUES"
        f" ('', surplus, CASE WHEN surplus IS NOT NULL THEN {surplus} END), {values})"
        # Names that no column of a sheet has: the cells above are not qualified.
        " AS found(_name, _value, _message)"
        # The same again, so that good rows never come to the expansion above.
        f" WHERE coalesce(surplus, {', '.join(problems.values())}) IS NOT NULL"
        " AND found._message IS NOT NULL"
        " ORDER BY line"
    )


def take_good_rows(sheet: Sheet, layout: Layout) -> str:
    """The rows without an error, typed, into `incoming`."""
    names = ", ".join(column.name for column in sheet.columns)
    typed = ", ".join(
        column.type.typed(column.name) if column.name in layout.places else "NULL"
        for column in sheet.columns
    )
    return (
        f"INSERT INTO incoming (line, origin, {names}) SELECT line, origin, {typed}"
        " FROM staged"
        " WHERE NOT EXISTS (SELECT FROM refused WHERE refused.line = staged.line)"
    )


def apply_rule(select: str) -> str:
    """Errors that a rule's SELECT finds, into `refused`."""
    return f'INSERT INTO refused (line, "column", value, message)\n{select}'


DROP_BAD_ROWS = "DELETE FROM incoming WHERE line IN (SELECT line FROM refused)"


def keep_errors(sheet: Sheet, layout: Layout) -> str:
    """`refused` into ingestion_row_errors, under the headings the file itself uses.

    Whole lines, until the file has `MOST_ERRORS`; the rest is counted and not kept. Values
    of personal columns stay out, and where there are such columns, so does what may have slipped
    in from them: cells beyond the heading, and whatever looks like an address. Keys as in
    `pipeline/keep_records.sql`.
    """
    headings = ", ".join(
        f"({quoted(name)}, {quoted(layout.heading_of(name))})" for name in layout.places
    )
    personal = [quoted(column.name) for column in sheet.columns if column.personal]
    shown = f"coalesce(left(value, {SHOWN_VALUE}), '')"
    if personal:
        shown = (
            f"CASE WHEN \"column\" IN ('', {', '.join(personal)}) OR strpos(value, '@') > 0"
            f" THEN '' ELSE {shown} END"
        )
    return (
        "WITH first AS (SELECT left(uuidv7()::text, 28) AS bits,"
        " (SELECT count(*) FROM ingestion_row_errors WHERE file_id = %(file_id)s) AS kept"
        "), error AS ("
        f' SELECT line, "column", {shown} AS value, message,'
        " row_number() OVER (ORDER BY line) AS number, count(*) OVER (ORDER BY line"
        " GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM refused"
        ") "
        'INSERT INTO ingestion_row_errors (id, file_id, line, "column", value, message)'
        " SELECT (first.bits || lpad(to_hex(number), 8, '0'))::uuid, %(file_id)s, line,"
        ' coalesce(heading.shown, "column"), value, message'
        " FROM error CROSS JOIN first"
        f' LEFT JOIN (VALUES {headings}) AS heading(name, shown) ON name = "column"'
        f" WHERE first.kept + error.before < {MOST_ERRORS}"
        " ORDER BY number"
    )


def _problem(column: Column) -> str:
    """A CASE that is NULL for a good cell, and its error otherwise."""
    empty = "'is empty'" if column.required else "NULL::text"
    whens = "".join(
        f" WHEN ({accepted}) IS NOT TRUE THEN {quoted(message)}"
        for accepted, message in column.type.checks(column.name)
    )
    return f"CASE WHEN {column.name} IS NULL THEN {empty}{whens} END"
