"""Smaller copies of product pictures, made after the commit that stored the picture.

Pages offer them to browsers as soon as the row names them. Whoever makes them may be killed or
run twice at once: a row is marked after its files are whole, and one at a time works on a file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import QuerySet
from PIL import Image

from catalog.models import ProductImage
from catalog.services.images import sizes_below
from shop.pictures import NotAPicture, open_picture, scaled_picture, sized_name

log = structlog.get_logger(__name__)
BATCH = 200
# In a row: then it is the store of files that cannot be reached, not one of them.
MOST_FAILURES = 20
SWEEP = "every picture"
LOCK = "hashtext('soko picture sizes'), hashtext(%s)"


class Missing(NamedTuple):
    """The row of a picture that nobody looked at."""

    id: UUID
    src: str
    width: int | None
    height: int | None

    @property
    def is_small(self) -> bool:
        """Known to need no copies."""
        side = min(self.width or 0, self.height or 0)
        return side > 0 and not sizes_below(side)


def make_product_sizes(*, product_id: UUID) -> None:
    """The copies that pictures of a product still lack. May be repeated and overlap.

    Raises what the store of files raises when it cannot be reached.
    """
    for missing in _missing(ProductImage.objects.filter(product_id=product_id)):
        _make(missing)


def make_missing_sizes(*, budget_s: float, after: UUID | None = None) -> UUID | None:
    """The copies that any picture still lacks, in the order of their ids.

    after: where the last call stopped. Returns where to go on when the time is up; None at the
    end, when somebody else is at it, and when no file can be reached. A picture whose file
    cannot be is left for the next time.
    """
    deadline = time.monotonic() + budget_s
    failures = 0
    with _alone(SWEEP, waits=False) as is_mine:
        for missing in _walk(after) if is_mine else ():
            failures = 0 if _is_made(missing) else failures + 1
            if failures == MOST_FAILURES:
                break
            if time.monotonic() > deadline:
                return missing.id
    return None


def _walk(after: UUID | None) -> Iterator[Missing]:
    rows = ProductImage.objects.all()
    while batch := _missing(rows.filter(pk__gt=after) if after else rows):
        yield from batch
        after = batch[-1].id


def _missing(rows: QuerySet[ProductImage]) -> list[Missing]:
    """The first ones. Those known to be small are marked as they are, their files unopened."""
    rows = rows.filter(sizes=None).order_by("id")
    # Not as models: these open the file of a picture whose sides nobody wrote down.
    found = [Missing(*row) for row in rows.values_list(*Missing._fields)[:BATCH]]
    small = [one.id for one in found if one.is_small]
    if small:
        ProductImage.objects.filter(pk__in=small, sizes=None).update(sizes=[])
    return found


def _is_made(missing: Missing) -> bool:
    try:
        _make(missing)
    except Exception:  # other pictures may fare better
        log.exception("no smaller copies of a picture for now", src=missing.src)
        return False
    return True


def _make(missing: Missing) -> None:
    if missing.is_small:
        return
    with _alone(missing.src):
        made = _store_copies(missing.src)
    # The row may have another file by now.
    rows = ProductImage.objects.filter(pk=missing.id, src=missing.src, sizes=None)
    rows.update(sizes=made)


def _store_copies(name: str) -> list[int]:
    """None of a file that is gone or broken: it is said here, once, and not tried again."""
    try:
        picture = _opened(name)
    except (FileNotFoundError, NotAPicture) as error:
        log.warning("a picture cannot be made smaller", src=name, reason=str(error))
        return []
    sizes = sizes_below(min(picture.size))
    for size in sizes:
        _store_copy(picture, sized_name(name, size), size)
    return sizes


def _store_copy(picture: Image.Image, name: str, size: int) -> None:
    if default_storage.exists(name):
        if _is_whole(name, size):
            return
        # Somebody was killed while writing it.
        default_storage.delete(name)
    default_storage.save(name, ContentFile(scaled_picture(picture, side=size)))


def _is_whole(name: str, size: int) -> bool:
    try:
        return min(_opened(name).size) == size
    except NotAPicture:
        return False


def _opened(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        return open_picture(content=file.read())


@contextmanager
def _alone(what: str, *, waits: bool = True) -> Iterator[bool]:
    """One at a time; the lock is the session's, so that a kill gives it back.

    Products may share a file, and two who write one would leave a second under another name.
    """
    with connection.cursor() as cursor:
        verb = "pg_advisory_lock" if waits else "pg_try_advisory_lock"
        cursor.execute(f"SELECT {verb}({LOCK})", [what])
        (answer,) = cursor.fetchone()
        is_mine = waits or answer
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute(f"SELECT pg_advisory_unlock({LOCK})", [what])
