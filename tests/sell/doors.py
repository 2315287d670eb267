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
    "sell:home": Door(Right.SEE_SHOP),
}
