"""News between apps: written with the change, relayed after its commit.

`publish` tells, `@receives` hears, the relay brings one to the other; docs/events.md says how.
"""

from shop.events.event import Event
from shop.events.outbox import publish, publish_many
from shop.events.receivers import receives
from shop.models import Stream

__all__ = ["Event", "Stream", "publish", "publish_many", "receives"]
