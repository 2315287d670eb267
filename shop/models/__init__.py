from shop.models.audit import AuditEntry
from shop.models.delivery import EventDelivery
from shop.models.event import GlobalEvent, Stream
from shop.models.failure import FailedTask
from shop.models.idempotency import IdempotencyKey
from shop.models.job import Job, JobRow, JobState, RowState
from shop.models.registry import GlobalEntity
from shop.models.relay import EventRelay
from shop.models.shop import Shop, ShopStatus

__all__ = [
    "AuditEntry",
    "EventDelivery",
    "EventRelay",
    "FailedTask",
    "GlobalEntity",
    "GlobalEvent",
    "IdempotencyKey",
    "Job",
    "JobRow",
    "JobState",
    "RowState",
    "Shop",
    "ShopStatus",
    "Stream",
]
