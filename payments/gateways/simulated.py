"""The test gateway: says what it is asked to say, and remembers it like a provider would.

Its books are a table of its own, written in transactions of its own. Never where real money
is expected: it is there with DEBUG, and where ALLOW_TEST_GATEWAY is set.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from orders.models import PaymentMethodKind
from payments.gateways.gateway import Choice, Outcome, Result
from payments.models import SimulatedCharge

APPROVE, DECLINE = "approve", "decline"
REQUIRE_ACTION, TIME_OUT = "require_action", "time_out"
State = SimulatedCharge.State
RESULTS = {
    State.CAPTURED: Result.APPROVED,
    State.AUTHORIZED: Result.APPROVED,
    State.WAITING: Result.REQUIRES_ACTION,
    State.VOIDED: Result.VOIDED,
    State.DECLINED: Result.DECLINED,
}


class SimulatedGateway:
    name = "test"
    kind = PaymentMethodKind.OTHER

    def is_available(self) -> bool:
        return bool(settings.DEBUG or settings.ALLOW_TEST_GATEWAY)

    def choices(self, *, currency: str) -> Sequence[Choice]:
        """One for each way a payment may end."""
        labels = (
            (APPROVE, _("Test payment: approved"), _("Paid at once.")),
            (
                REQUIRE_ACTION,
                _("Test payment: asks you to confirm"),
                _("A page of the test bank lets you approve or refuse."),
            ),
            (DECLINE, _("Test payment: declined"), _("As with an empty account.")),
            (
                TIME_OUT,
                _("Test payment: no answer"),
                _("The money is taken, but the answer is lost at first."),
            ),
        )
        return [
            Choice(gateway=self.name, token=token, label=label, hint=hint)
            for token, label, hint in labels
        ]

    @transaction.atomic
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
        is_new, charge = self._open(key, amount, currency, return_url, capture)
        if is_new:
            taken = State.CAPTURED if capture else State.AUTHORIZED
            ends = {APPROVE: taken, TIME_OUT: taken, REQUIRE_ACTION: State.WAITING}
            charge.state = ends.get(token, State.DECLINED)
            charge.save(update_fields=["state"])
            if token == TIME_OUT:
                return Outcome(result=Result.TIMEOUT)
        return self._outcome(charge)

    @transaction.atomic
    def capture(self, *, key: str, transaction_id: str, amount: Decimal) -> Outcome:
        charge = self._find(key)
        if charge is None:
            return Outcome(result=Result.NOT_FOUND)
        if charge.state == State.AUTHORIZED and amount <= charge.amount:
            charge.state, charge.amount = State.CAPTURED, amount
            charge.save(update_fields=["state", "amount"])
        return self._outcome(charge)

    @transaction.atomic
    def void(self, *, key: str, transaction_id: str) -> Outcome:
        _is_new, charge = self._open(key, Decimal(0), "", "", True)
        if charge.state in {State.WAITING, State.AUTHORIZED}:
            charge.state = State.VOIDED
            charge.save(update_fields=["state"])
        return self._outcome(charge)

    @transaction.atomic
    def refund(
        self, *, key: str, transaction_id: str, amount: Decimal, currency: str
    ) -> Outcome:
        charges = SimulatedCharge.objects.select_for_update()
        try:
            charge = charges.filter(pk=UUID(transaction_id)).first()
        except ValueError:
            charge = None
        if charge is None or charge.state != State.CAPTURED:
            return Outcome(
                result=Result.DECLINED, message=_("The payment is not known there.")
            )
        if key not in charge.refunds:
            given = sum(map(Decimal, charge.refunds.values()), Decimal(0))
            if given + amount > charge.amount:
                return Outcome(result=Result.DECLINED, message=_("More than was paid."))
            charge.refunds[key] = str(amount)
            charge.save(update_fields=["refunds"])
        return Outcome(result=Result.APPROVED, transaction_id=f"test-{key}")

    def status(self, *, key: str) -> Outcome:
        charge = SimulatedCharge.objects.filter(key=key).first()
        return self._outcome(charge) if charge else Outcome(result=Result.NOT_FOUND)

    @transaction.atomic
    def decide(self, *, key: str, is_approved: bool) -> SimulatedCharge | None:
        """What the buyer says on the page; once. None for a key nobody knows."""
        charge = self._find(key)
        if charge is not None and charge.state == State.WAITING:
            taken = State.CAPTURED if charge.captures else State.AUTHORIZED
            charge.state = taken if is_approved else State.DECLINED
            charge.save(update_fields=["state"])
        return charge

    def _open(
        self, key: str, amount: Decimal, currency: str, return_url: str, capture: bool
    ) -> tuple[bool, SimulatedCharge]:
        """The charge of a key, locked; (True, …) for the call that made it."""
        made = SimulatedCharge(
            key=key,
            amount=amount,
            currency=currency,
            return_url=return_url,
            captures=capture,
        )
        SimulatedCharge.objects.bulk_create([made], ignore_conflicts=True)
        charge = SimulatedCharge.objects.select_for_update().get(key=key)
        return charge.pk == made.pk, charge

    def _find(self, key: str) -> SimulatedCharge | None:
        return SimulatedCharge.objects.select_for_update().filter(key=key).first()

    def _outcome(self, charge: SimulatedCharge) -> Outcome:
        state = State(charge.state)
        is_waiting, is_declined = state == State.WAITING, state == State.DECLINED
        address = reverse("payments:simulated", args=[charge.key])
        no = _("The bank said no. Try another way to pay.")
        return Outcome(
            result=RESULTS[state],
            transaction_id=str(charge.pk),
            is_captured=state != State.AUTHORIZED,
            next_url=address if is_waiting else "",
            message=no if is_declined else "",
            raw={"state": state.value},
        )
