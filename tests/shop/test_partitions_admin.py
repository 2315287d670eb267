"""The operators' page of partitions."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from shop.models import AuditEntry
from shop.partitions import ensure_range
from tests.factories.shop import AuditEntryFactory
from tests.factories.users import OperatorFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = "/admin/partitions/"


@pytest.fixture
def operator(client):
    client.force_login(OperatorFactory())
    return client


def test_page_lists_every_table_with_its_strays(operator):
    AuditEntryFactory(timestamp=datetime(2025, 2, 3, tzinfo=UTC))

    page = operator.get(URL)

    audit = next(t for t in page.context["tables"] if t.name == "audit_log")
    assert (audit.count, audit.strays, audit.keep_days) == (0, 1, 365)
    assert "?table=global_events" in page.content.decode()


def test_page_of_a_table_lists_its_partitions_newest_first(operator):
    ensure_range(
        AuditEntry,
        datetime(2025, 2, 3, tzinfo=UTC),
        datetime(2025, 3, 3, tzinfo=UTC),
    )

    page = operator.get(URL, {"table": "audit_log"})

    assert [child.name for child in page.context["page"]] == [
        "audit_log_default",
        "audit_log_p2025_03",
        "audit_log_p2025_02",
    ]
    assert "2025-04-01 00:00" in page.content.decode()


def test_unknown_table_is_not_found(operator):
    assert operator.get(URL, {"table": "pg_class"}).status_code == 404


def test_page_asks_the_same_for_many_partitions_as_for_few(
    operator, django_assert_max_num_queries
):
    ensure_range(
        AuditEntry,
        datetime(2021, 2, 3, tzinfo=UTC),
        datetime(2025, 3, 3, tzinfo=UTC),
    )

    with django_assert_max_num_queries(12):
        operator.get(URL, {"table": "audit_log"})


def test_page_is_not_shown_without_the_right(client):
    client.force_login(UserFactory(is_staff=True))
    staff = client.get(URL)
    client.force_login(UserFactory(is_staff=False))
    shopper = client.get(URL)

    assert staff.status_code == 403
    assert (shopper.status_code, shopper.url.split("?")[0]) == (
        302,
        reverse("admin:login"),
    )
