"""What happened to shops and to those who work there; each is about the shop."""

from typing import ClassVar

from shop.events import Event, Stream


class ShopStatusChanged(Event):
    """Opened, let in, suspended or closed. data: status, before (empty for a new one), reason."""

    type: ClassVar[str] = "shop.status_changed"
    stream: ClassVar[Stream] = Stream.USER


class MemberInvited(Event):
    """Somebody is asked to work there. data: invitation_id."""

    type: ClassVar[str] = "shop.member_invited"
    stream: ClassVar[Stream] = Stream.USER
