"""The outbox, and how far its readers have come."""

from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from shop.admin.base import HistoryAdmin
from shop.admin.columns import reference
from shop.admin.filters import Given, choices, days
from shop.events.parked import give_up_parked, retry_parked
from shop.models import EventDelivery, EventRelay, GlobalEvent


@admin.register(GlobalEvent)
class GlobalEventAdmin(HistoryAdmin):
    """The outbox: what happened, and whether the streams have it yet."""

    list_display = (
        "event_time",
        "event_type",
        "stream",
        reference("entity_id"),
        reference("actor_id", "users.user", "by"),
        "published_at",
    )
    list_filter = (
        choices("stream"),
        Given.on("published_at", "relayed"),
        days("event_time"),
    )
    search_fields = ("=event_type",)
    search_help_text = "A kind of event, or the id of an event or of what it is about."
    search_ids = ("entity_id",)


@admin.register(EventDelivery)
class EventDeliveryAdmin(HistoryAdmin):
    """What receivers have not finished: tried again, or parked with what went wrong."""

    list_display = (
        "created_at",
        "event_type",
        "receiver",
        "attempts",
        "state",
        reference("event_id", "shop.globalevent", "event"),
        reference("entity_id", title="about"),
    )
    list_filter = (Given.on("parked_at", "parked"), Given.on("done_at", "done"))
    search_help_text = "The id of an event, or of the delivery."
    search_ids = ("event_id",)
    actions = ("try_again", "give_up")

    @admin.action(description="Try parked receivers again", permissions=["mend"])
    def try_again(
        self, request: HttpRequest, queryset: QuerySet[EventDelivery]
    ) -> None:
        count = retry_parked(delivery_ids=_keys(queryset), now=timezone.now())
        self.message_user(request, f"Handed to the relay again: {count}.")

    @admin.action(description="Give parked receivers up", permissions=["mend"])
    def give_up(self, request: HttpRequest, queryset: QuerySet[EventDelivery]) -> None:
        count = give_up_parked(delivery_ids=_keys(queryset))
        self.message_user(request, f"Given up: {count}.")

    def has_mend_permission(self, request: HttpRequest) -> bool:
        """Changing nothing by hand, but saying what becomes of a parked one."""
        return request.user.has_perm("shop.change_eventdelivery")

    @display(
        description="state",
        label={"done": "success", "waiting": "info", "parked": "danger"},
    )
    def state(self, delivery: EventDelivery) -> tuple[str, str]:
        if delivery.parked_at:
            return "parked", "Parked"
        return ("done", "Done") if delivery.done_at else ("waiting", "Waiting")


@admin.register(EventRelay)
class EventRelayAdmin(HistoryAdmin):
    """The relay's own notes, one row."""

    list_display = ("__str__", "at_work", "streams_away_since")
    search_help_text = "There is one row."

    def search(self, term: str) -> Q:
        return Q(pk__isnull=False)

    @display(description="events at work")
    def at_work(self, relay: EventRelay) -> int:
        return len(relay.working_on)


def _keys(rows: QuerySet[EventDelivery]) -> list[UUID]:
    return list(rows.values_list("pk", flat=True))
