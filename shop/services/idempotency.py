"""Requests that may be sent again: the same key gives the same answer, once the work is done.

`claim` takes a key before the work, `finish` keeps the answer, `release` gives the key back
when nothing was done. Each commits by itself: call them outside of the work's transaction.
The header is the IETF's (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from shop.errors import DomainError
from shop.ids import uuid7
from shop.models import IdempotencyKey

# Longer than any request may take: until then a claim counts as being at work.
LEASE = timedelta(minutes=2)
KEPT = timedelta(hours=24)
ROWS_A_STATEMENT = 5000
CLAIM = """
INSERT INTO idempotency_keys (id, scope, key, request_hash, created_at, expires_at)
VALUES (%(id)s, %(scope)s, %(key)s, %(hash)s, %(now)s, %(until)s)
    ON CONFLICT (scope, key) DO UPDATE
       SET id = excluded.id, request_hash = excluded.request_hash,
           response_status = NULL, response_body = NULL,
           created_at = excluded.created_at, expires_at = excluded.expires_at
     WHERE idempotency_keys.expires_at <= excluded.created_at
RETURNING id
"""


class InProgress(DomainError):
    """A request with this key is at work; ask again in a moment."""

    code = "request_in_progress"

    def __init__(self) -> None:
        super().__init__(_("This request is being worked on. Ask again in a moment."))


class KeyReused(DomainError):
    """The key belongs to a request with another content."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(
            _("This key was sent with another request. Take a new key for a new one.")
        )


@dataclass(frozen=True)
class Fresh:
    """The key is the caller's: do the work, then `finish` or `release` with this id."""

    claim_id: UUID


@dataclass(frozen=True)
class Replay:
    """The work was done: answer as it was answered then."""

    status: int
    body: Any


def claim(*, scope: str, key: str, request_hash: str, now: datetime) -> Fresh | Replay:
    """Take a key, or find what it was answered.

    scope: whose keys these are and for what. A claim that was neither finished nor released
    is free after LEASE, an answer is forgotten after KEPT. Raises InProgress and KeyReused.
    """
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                CLAIM,
                {
                    "id": uuid7(now),
                    "scope": scope,
                    "key": key,
                    "hash": request_hash,
                    "now": now,
                    "until": now + LEASE,
                },
            )
            taken = cursor.fetchone()
        if taken:
            return Fresh(UUID(str(taken[0])))
        row = IdempotencyKey.objects.filter(scope=scope, key=key).first()
        if row is None:
            # Released between the two statements.
            continue
        if row.request_hash != request_hash:
            raise KeyReused
        if row.response_status is None:
            raise InProgress
        return Replay(row.response_status, row.response_body)


def finish(*, claim_id: UUID, status: int, body: Any, now: datetime) -> bool:
    """Keep the answer for those who ask again; False when the claim was lost meanwhile.

    body: JSON. Whoever is slower than LEASE loses the claim to the next one.
    """
    mine = IdempotencyKey.objects.filter(pk=claim_id, response_status=None)
    kept = mine.update(
        response_status=status, response_body=body, expires_at=now + KEPT
    )
    return kept == 1


def release(*, claim_id: UUID) -> None:
    """Nothing was done: the key is free again. May be repeated."""
    IdempotencyKey.objects.filter(pk=claim_id, response_status=None).delete()


def drop_expired_keys(*, now: datetime) -> int:
    """Forget answers and claims whose time is over; returns how many. May be repeated."""
    dropped = 0
    while True:
        expired = IdempotencyKey.objects.filter(expires_at__lte=now).order_by(
            "expires_at"
        )
        ids = list(expired.values_list("pk", flat=True)[:ROWS_A_STATEMENT])
        # Looked at again: a key may have been taken anew since.
        dropped += IdempotencyKey.objects.filter(
            pk__in=ids, expires_at__lte=now
        ).delete()[0]
        if len(ids) < ROWS_A_STATEMENT:
            return dropped
