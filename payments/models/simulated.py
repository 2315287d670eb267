from django.db import models

from shop import fields


class SimulatedCharge(models.Model):
    """What the test gateway remembers of a call: its own books, as a provider keeps them."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DECLINED = "declined"
        AUTHORIZED = "authorized"
        CAPTURED = "captured"
        VOIDED = "voided"

    id = fields.key()
    # The caller's: a call with a known key changes nothing.
    key = models.CharField(max_length=64, unique=True)
    amount = fields.money()
    currency = fields.currency()
    state = fields.choice(State, State.WAITING)
    # The money is taken at once when it is approved.
    captures = models.BooleanField(**fields.both(True))
    return_url = fields.long_text()
    # key -> amount
    refunds = fields.document()
    created_at = fields.written_at()

    class Meta:
        db_table = "simulated_charges"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "waiting",
                        "declined",
                        "authorized",
                        "captured",
                        "voided",
                    ]
                ),
                name="chk_simulated_charges_state",
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.state}"
