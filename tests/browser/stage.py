"""A live server for a whole module: the database is filled once and emptied after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import uuid4

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Browser, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.conftest import drop_partitions

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
GOOGLE = {"google": {"APPS": [{"client_id": "id", "secret": "secret"}]}}
Built = TypeVar("Built")


@contextmanager
def standing(
    build: Callable[[], Built], *, blocker: Any, keeps: bool
) -> Iterator[tuple[str, Built]]:
    """The server's address, and what `build` gave.

    blocker: pytest-django's. keeps: whether a database made here stays for the next run.
    """
    cache = {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}
    with (
        override_settings(
            CACHES={"default": cache},
            ROOT_URLCONF="tests.browser.urls",
            ALLOW_TEST_GATEWAY=True,
            SOCIALACCOUNT_PROVIDERS=GOOGLE,
        ),
        blocker.unblock(),
        test_database(keeps=keeps),
    ):
        server = LiveServer("localhost")
        try:
            yield server.url, build()
        finally:
            server.stop()
            call_command("flush", interactive=False, verbosity=0)
            drop_partitions()


@contextmanager
def test_database(*, keeps: bool) -> Iterator[None]:
    """pytest-django makes it for tests that are marked, which those of a module are not."""
    if is_for_tests():
        yield
        return
    made = setup_databases(
        verbosity=0,
        interactive=False,
        keepdb=keeps,
        aliases={connection.alias},
        serialized_aliases=(),
    )
    # What comes next empties tables.
    assert is_for_tests()
    yield
    teardown_databases(made, verbosity=0, keepdb=keeps)


def is_for_tests() -> bool:
    name = connection.settings_dict["NAME"]
    return name.startswith("test_") or name == connection.settings_dict["TEST"]["NAME"]


@contextmanager
def running_browser(path: str) -> Iterator[Browser]:
    """Starts after the database is filled and ends before it is emptied: Playwright runs an
    event loop in this thread, in which Django refuses to speak to the database."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()
