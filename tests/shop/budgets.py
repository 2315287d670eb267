"""What a page or an action asks the database, counted as a visitor with a cold cache pays it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from users.models import User

MANY = 100


@dataclass
class Visitor:
    """Who asks. kept: what a filler made with its first call and adds to with the next."""

    client: Client
    user: User
    kept: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]


# Adds so many rows to what a page shows, and returns its address.
Filler = Callable[[Visitor, int], str]


@dataclass(frozen=True)
class Page:
    """most: SQL statements; status: what the page answers."""

    most: int
    fill: Filler
    status: int = 200
    htmx: bool = False
    # Rows that the model lets exist, where that is fewer than MANY.
    rows: int = MANY


@dataclass(frozen=True)
class Route:
    """A named address; pattern: with the names of its parts."""

    name: str
    pattern: str
    actions: frozenset[str]


def routes(under: Any = None, before: str = "", space: str = "") -> Iterator[Route]:
    """All of the URL map, in its order."""
    for found in (under or get_resolver()).url_patterns:
        address = before + str(found.pattern)
        if isinstance(found, URLResolver):
            inner = f"{space}{found.namespace}:" if found.namespace else space
            yield from routes(found, address, inner)
        elif isinstance(found, URLPattern):
            yield Route(
                name=space + (found.name or ""),
                pattern=address,
                actions=frozenset(getattr(found.callback, "actions", None) or ()),
            )


def asked(ask: Callable[[], Any]) -> tuple[Any, list[str]]:
    """The answer, and every statement it took: session, account and savepoints included.

    The cache is empty, so that what it spares does not hide what a page may cost.
    """
    default = {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}
    caches = {**settings.CACHES, "default": default}
    with override_settings(CACHES=caches), CaptureQueriesContext(connection) as caught:
        answer = ask()
        # What streams asks while it is read.
        if getattr(answer, "streaming", False):
            list(answer.streaming_content)
    return answer, [query["sql"] for query in caught]


def open_page(visitor: Visitor, url: str, page: Page) -> list[str]:
    """The statements of the second visit: what only a process's first request asks is spent."""
    headers = {"HX-Request": "true"} if page.htmx else {}
    for _ in range(2):
        answer, statements = asked(lambda: visitor.client.get(url, headers=headers))
        assert answer.status_code == page.status, (url, answer.status_code)
    return statements


def shorter(statements: list[str]) -> str:
    """For the message of a test that fails."""
    return "\n".join(
        f"{number:>3} {sql[:300]}" for number, sql in enumerate(statements)
    )
