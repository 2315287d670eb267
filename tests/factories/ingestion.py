import factory
from django.utils import timezone

from ingestion.models import (
    ExternalReference,
    FileStatus,
    IngestionFile,
    IngestionRecord,
    IngestionRowError,
    RawApiResponse,
    RecordAction,
    SyncCursor,
)
from shop.ids import uuid7


class IngestionFileFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = IngestionFile

    kind = "soko"
    filename = factory.Sequence(lambda n: f"products-{n}.csv")
    content_hash = factory.Sequence(lambda n: f"{n:064x}")
    status = FileStatus.COMPLETED


class IngestionRowErrorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = IngestionRowError

    file = factory.SubFactory(IngestionFileFactory)
    line = factory.Sequence(lambda n: n + 2)
    column = "price"
    value = "cheap"
    message = "is not a number such as 12.50"


class IngestionRecordFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = IngestionRecord

    file = factory.SubFactory(IngestionFileFactory)
    line = factory.Sequence(lambda n: n + 2)
    entity_type = "product"
    entity_id = factory.LazyFunction(uuid7)
    action = RecordAction.CREATED


class ExternalReferenceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ExternalReference

    source = "olist"
    kind = "customer"
    ref = factory.Sequence(lambda n: f"{n:032x}")
    entity_id = factory.LazyFunction(uuid7)


class RawApiResponseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RawApiResponse

    endpoint = "/metrics"
    response_data = factory.LazyFunction(dict)
    timestamp = factory.LazyFunction(timezone.now)
    api_version = "1"


class SyncCursorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SyncCursor

    source = "klaviyo"
    resource = factory.Sequence(lambda n: f"resource-{n}")
