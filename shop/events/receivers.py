"""Who wants to hear of what: `@receives` in an app's `receivers.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.utils.module_loading import autodiscover_modules

from shop.events.event import Event
from shop.models import GlobalEvent

Handler = TypeVar("Handler", bound=Callable[[Any], None])


@dataclass(frozen=True)
class Receiver:
    """A handler and the class its events arrive as. `name` is kept in the database."""

    name: str
    event_class: type[Event]
    handler: Callable[[Any], None]

    def __call__(self, row: GlobalEvent) -> None:
        self.handler(self.event_class.from_row(row))


# event type -> name -> receiver, in the order they were declared.
_receivers: dict[str, dict[str, Receiver]] = {}


def receives(*event_classes: type[Event]) -> Callable[[Handler], Handler]:
    """Call the handler with every event of these classes, after its commit.

    The handler runs in a transaction together with the mark that it ran: what it writes
    to PostgreSQL is there exactly once. Anything else it does, such as queueing a task,
    may happen more than once. Renaming it makes it a new receiver.
    """

    def declare(handler: Handler) -> Handler:
        name = f"{handler.__module__}.{handler.__qualname__}"
        for event_class in event_classes:
            known = _receivers.setdefault(event_class.type, {})
            if name in known and known[name].handler is not handler:
                raise TypeError(f"{name} receives {event_class.type} already.")
            known[name] = Receiver(name, event_class, handler)
        return handler

    return declare


def receivers_of(event_type: str) -> list[Receiver]:
    """Those of every app, which are imported the first time this is asked."""
    _discover()
    return list(_receivers.get(event_type, {}).values())


@cache
def _discover() -> None:
    autodiscover_modules("receivers")
