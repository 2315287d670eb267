import pgtrigger
from django.db import models
from django.db.models import F, Q

from payments.models.payment import Payment
from payments.models.refund import Refund
from shop import fields
from shop.models import Shop


class Balanced(pgtrigger.Trigger):
    """Refuses, at the commit, a transaction whose entries do not sum to zero."""

    name = "balanced"
    level = pgtrigger.Row
    when = pgtrigger.After
    operation = pgtrigger.Insert
    timing = pgtrigger.Deferred
    func = """
        IF EXISTS (SELECT FROM ledger_entries WHERE transaction_id = NEW.transaction_id
                    GROUP BY currency HAVING sum(amount) <> 0) THEN
            RAISE EXCEPTION 'the entries of % do not sum to zero', NEW.transaction_id
                  USING ERRCODE = 'check_violation',
                        CONSTRAINT = 'chk_ledger_entries_balanced';
        END IF;
        RETURN NULL;
    """


class LedgerEntry(models.Model):
    """One side of a movement of money; the entries of a transaction sum to zero.

    More is money held or due to us, less is money owed or earned. Rows are added, never
    changed: what was wrong is put right by entries of its own.
    """

    id = fields.key()
    transaction_id = models.UUIDField(db_index=True)
    account = models.CharField(max_length=64)
    shop = models.ForeignKey(
        Shop, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    refund = models.ForeignKey(
        Refund, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    amount = fields.money()
    currency = fields.currency()
    created_at = fields.written_at()

    class Meta:
        db_table = "ledger_entries"
        verbose_name_plural = "ledger entries"
        indexes = [
            fields.Index(
                fields=["shop", "account"], name="idx_ledger_entries_shop_id_account"
            )
        ]
        constraints = [
            # A movement is written once.
            models.UniqueConstraint(
                fields=["transaction_id", "account"],
                name="uk_ledger_entries_transaction_id_account",
            )
        ]
        triggers = [
            Balanced(),
            pgtrigger.Protect(
                name="append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount} {self.currency}"


class PayoutStatus(models.TextChoices):
    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"


class Payout(models.Model):
    """Money sent to a shop for a period."""

    id = fields.key()
    shop = models.ForeignKey(Shop, on_delete=models.RESTRICT, related_name="payouts")
    amount = fields.money()
    currency = fields.currency()
    status = fields.choice(PayoutStatus, PayoutStatus.PENDING)
    period_start = models.DateField()
    period_end = models.DateField()
    reference = fields.text(255)

    class Meta:
        db_table = "payouts"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=PayoutStatus.values), name="chk_payouts_status"
            ),
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")),
                name="chk_payouts_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} to {self.shop_id}"
