"""Every address behind the counter: the right it needs, whose things it names, what it takes.

To be read as a table. A route without a row here fails a test, and so does a row without a
route.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sell.world import Stall
from users.rights import Right

Args = Callable[[Stall], Mapping[str, Any]]


def nothing(_stall: Stall) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Door:
    """right: None for a door that everybody who is logged in may go through.

    args: of the address besides the shop, from the shop's things. sends: method -> what
    is sent, from the shop's things; `{}` for a button. is_json: how. is_read: it answers GET.
    """

    right: Right | None
    args: Args = nothing
    sends: Mapping[str, Args] = field(default_factory=dict)
    is_read: bool = True
    is_json: bool = False
    # In whose place another right is needed for a method.
    rights: Mapping[str, Right] = field(default_factory=dict)

    def right_for(self, method: str) -> Right | None:
        return self.rights.get(method, self.right)


DOORS: dict[str, Door] = {
    "sell:choose": Door(None),
    "sell:open": Door(None),
    "sell:invitation": Door(None, args=lambda _stall: {"key": "unknown"}),
    "sell:settings": Door(Right.SETTINGS, sends={"POST": nothing}),
    "sell:closure": Door(
        Right.SETTINGS, sends={"POST": lambda _stall: {"open": "1"}}, is_read=False
    ),
    "sell:members": Door(
        Right.MEMBERS,
        sends={"POST": lambda _stall: {"email": "x@example.com", "role": "staff"}},
    ),
    "sell:member_role": Door(
        Right.MEMBERS,
        args=lambda stall: {"member_id": stall.member.pk},
        sends={"POST": lambda _stall: {"role": "staff"}},
        is_read=False,
    ),
    "sell:leave": Door(Right.SEE_SHOP, sends={"POST": nothing}, is_read=False),
    "sell:member_remove": Door(
        Right.MEMBERS,
        args=lambda stall: {"member_id": stall.member.pk},
        sends={"POST": nothing},
        is_read=False,
    ),
    "sell:invitation_withdraw": Door(
        Right.MEMBERS,
        args=lambda stall: {"invitation_id": stall.invitation.pk},
        sends={"POST": nothing},
        is_read=False,
    ),
    "sell:home": Door(Right.SEE_SHOP),
}
