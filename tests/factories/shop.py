import factory
from django.utils import timezone

from shop.entities import EntityType
from shop.ids import uuid7
from shop.models import (
    AuditEntry,
    EventDelivery,
    FailedTask,
    GlobalEntity,
    GlobalEvent,
    IdempotencyKey,
    Job,
    JobRow,
    Shop,
    ShopStatus,
    Stream,
)
from tests.factories.users import UserFactory


class ShopFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Shop

    owner = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Shop {n}")
    slug = factory.Sequence(lambda n: f"shop-{n}")
    currency = "USD"
    country = "US"
    status = ShopStatus.ACTIVE


class GlobalEntityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = GlobalEntity

    entity_id = factory.LazyFunction(uuid7)
    event_time = factory.LazyFunction(timezone.now)
    entity_type = EntityType.ORDER


class GlobalEventFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = GlobalEvent

    event_type = "order.placed"
    stream = Stream.ORDER
    entity_id = factory.LazyFunction(uuid7)
    entity_type = EntityType.ORDER


class EventDeliveryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = EventDelivery

    event_id = factory.LazyFunction(uuid7)
    event_time = factory.LazyFunction(timezone.now)
    event_type = "order.placed"
    entity_id = factory.LazyFunction(uuid7)
    receiver = "tests.receiver"


class AuditEntryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = AuditEntry

    table_name = "orders"
    operation = AuditEntry.Operation.UPDATE
    row_id = factory.LazyFunction(lambda: str(uuid7()))


class IdempotencyKeyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = IdempotencyKey

    scope = "tests"
    key = factory.Sequence(lambda n: f"key-{n}")
    request_hash = "0" * 64
    expires_at = "2031-01-01T00:00:00Z"


class JobFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Job

    shop = factory.SubFactory(ShopFactory)
    kind = "tests.count"
    language = "en"
    touched_at = factory.LazyFunction(timezone.now)


class FailedTaskFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = FailedTask

    task = "shop.tasks.run_job"
    error = "RuntimeError: broken"
    failed_at = factory.LazyFunction(timezone.now)


class JobRowFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = JobRow

    job = factory.SubFactory(JobFactory)
    entity_id = factory.LazyFunction(uuid7)
    label = "A row"
