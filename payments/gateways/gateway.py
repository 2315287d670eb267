"""What a payment provider does for us: the verbs, and the answers.

Every call carries a key. A gateway that is called again with the same key does nothing more
and says what came of it: that is what makes a repeat after a crash safe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from orders.models import PaymentMethodKind

# A buyer waits for the answer; longer calls end as TIMEOUT.
TIMEOUT_S = 20


class Result(StrEnum):
    """APPROVED: the money is taken, or with `capture=False` set aside; or it is given back.
    DECLINED: it is not, and this key never will be. REQUIRES_ACTION: the buyer has to go
    to `next_url`. PENDING: the provider works on it. TIMEOUT: no answer came, anything may
    have happened. VOIDED: nothing is taken, and this key never will be. NOT_FOUND: the
    provider has not heard of the key so far.
    """

    APPROVED = "approved"
    DECLINED = "declined"
    REQUIRES_ACTION = "requires_action"
    PENDING = "pending"
    TIMEOUT = "timeout"
    VOIDED = "voided"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """message: why it was declined, as a sentence for the buyer. raw: what to keep of the
    provider's answer; no card numbers.
    """

    result: Result
    transaction_id: str = ""
    next_url: str = ""
    message: str = ""
    # False after `charge(capture=False)` until it is captured.
    is_captured: bool = True
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A way to pay that a buyer may choose; `token` goes back to `charge`."""

    gateway: str
    token: str
    label: str
    hint: str = ""

    @property
    def value(self) -> str:
        """As a form sends it."""
        return f"{self.gateway}:{self.token}"


class Gateway(Protocol):
    """One provider. Network failures are answers (TIMEOUT), not exceptions."""

    name: str
    kind: PaymentMethodKind

    def is_available(self) -> bool:
        """Configured, and allowed here."""

    def choices(self, *, currency: str) -> Sequence[Choice]:
        """What it offers a buyer who pays in this currency; may be nothing."""

    def charge(
        self,
        *,
        key: str,
        amount: Decimal,
        currency: str,
        token: str,
        return_url: str,
        capture: bool = True,
    ) -> Outcome:
        """Take the money, or set it aside (authorize) with `capture=False`.

        return_url: where the buyer comes back to from `next_url`.
        """

    def capture(self, *, key: str, transaction_id: str, amount: Decimal) -> Outcome:
        """Take what was set aside, or less; the rest is free. Repeats change nothing."""

    def void(self, *, key: str, transaction_id: str) -> Outcome:
        """Take nothing for this key, now or later, even when the key is not known yet.

        APPROVED when the money was taken before: it needs a refund.
        """

    def refund(
        self, *, key: str, transaction_id: str, amount: Decimal, currency: str
    ) -> Outcome:
        """Give back of what was taken. `key` is the refund's own; repeats give nothing more."""

    def status(self, *, key: str) -> Outcome:
        """How the charge of this key stands. Changes nothing."""
