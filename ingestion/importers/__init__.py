"""The kinds of files that come in, and how to write an importer for another.

An importer is a class that declares; the pipeline (`ingestion.services`) does the work:

    class Tea(Importer):
        kind = "tea"                               # ingestion_files.kind, the command's word
        label = "Tea auction lots"                 # for people
        sheets = (
            Sheet(
                name="lots",                       # several sheets: told apart by heading
                columns=(
                    Column("lot", ("Lot", "Lot No."), Text(32)),
                    Column("kilos", ("Kilos",), Whole(least=1)),
                    Column("sold_at", ("Sold at",), Moment()),
                    Column("note", ("Note",), Text(500), required=False,
                           in_every_file=False),
                ),
                rules=("tea/known_garden.sql",),
                steps=("tea/products.sql", "tea/items.sql"),
                finish=("tea/prices.sql",),
                moments={"sold_at": (GlobalEntity,)},
            ),
        )

and is entered in `REGISTRY` below. A set of several tables (`orders`, `items`, …) is one
importer with a sheet for each; each file of the set is a row of `ingestion_files` with the
same kind, and the order of `sheets` is the order to import them in.

**What a chunk finds.** Cells are trimmed, empty ones are NULL, and every error of the declared
types is already recorded. Steps run in one transaction, in order, over temporary tables:

- `incoming (line integer, origin text, <column> <its SQL type> …)`: the good rows. A column
  that the file came without is NULL. `origin` is set on rows of a corrected-file download
  (`<file>:<line>` of the row it corrects), for importers that number repeated rows.
- `outcome (line integer, entity_type text, entity_id uuid, action text, previous jsonb)`:
  what steps must fill: a row for each thing that a line created, updated or left unchanged.
  Every line of `incoming` must be there at least once, or the chunk is refused as a
  programming error. A line counts as created if anything of it was created, else as updated
  if anything was, else as unchanged; so a parent that many lines touch is reported once, on
  the first line that changed it. `previous` of an updated row is a JSON object: column ->
  value before, of the columns that were changed, which an undo writes back.
  `entity_type` is a key of `ingestion.targets.TARGETS`.
- `refused (line integer, "column" text, value text, message text)`: errors of this chunk;
  rules fill it (see below), and later steps may not.

**Rules** are SELECTs of `(line, column, value, message)` over `incoming` for what the database
must know ("There is no product with this SKU."); `column` is the column's *name*. They run in
order; all their errors are recorded, then the bad lines leave `incoming`. Messages are whole
sentences or begin with a verb ("is not …"), to be read after the column's heading.

**Parameters** of rules, steps and finish: `%(file_id)s`, `%(shop_id)s` (NULL without a shop),
`%(currency)s`, `%(shop_slug)s`, `%(now)s`, `%(is_check)s`, `%(user_id)s`, and what
`Importer.params` adds. A literal percent sign is written `%%`.

**Writing so that it may be repeated and run beside another import of the same rows**:
`INSERT … SELECT … ORDER BY <natural key> ON CONFLICT …`, tables always in the order shops,
categories, products, variants, customers, orders, items, payments, returns, reviews; then no
two imports can deadlock. PostgreSQL 18's `RETURNING old.…, new.…` tells created from updated
and gives `previous`. Keys of what happened: `uuidv7(event_time - clock_timestamp())`.
Who moves a variant's stock writes its `inventory_logs` row, recorded as `inventory_log`, in the
same chunk.

**Steps in Python** are callables `(cursor, params)`; `hashes.KeyedHashes(column, prefix)` is one:
it makes the temporary table `<column>_hash (value text, hash text)` of the chunk's distinct values.

**finish** runs once, after the last chunk, in the transaction that completes the file; it may
write `outcome` too, with line 0 ("the file as a whole").

**A rehearsal** (`is_check`) runs the same statements and rolls them back, many chunks in one
transaction: a chunk sees what the ones before it wrote. Only `finish` is left out. A rule that
asks for rows of another file of the same set should let them pass when `%(is_check)s`.

**Personal columns** (`Column(personal=True)`) tell who somebody is; their values are not kept with
their errors.
"""

from ingestion.errors import UnknownKind
from ingestion.importers.declaration import Column, Importer, Layout, Sheet, Step
from ingestion.importers.olist import Olist
from ingestion.importers.online_retail import OnlineRetail
from ingestion.importers.soko import Soko
from ingestion.importers.types import (
    Choice,
    Flag,
    Moment,
    Number,
    Pattern,
    Text,
    Whole,
)

__all__ = [
    "REGISTRY",
    "Choice",
    "Column",
    "Flag",
    "Importer",
    "Layout",
    "Moment",
    "Number",
    "Pattern",
    "Sheet",
    "Step",
    "Text",
    "Whole",
    "importer_of",
]

REGISTRY: dict[str, Importer] = {
    importer.kind: importer for importer in (Olist(), OnlineRetail(), Soko())
}


def importer_of(kind: str) -> Importer:
    """Raises UnknownKind, naming those there are."""
    try:
        return REGISTRY[kind]
    except KeyError:
        raise UnknownKind(kind, REGISTRY) from None
