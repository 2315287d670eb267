"""Every model's pages in the admin, generated over the registry: a new one is covered too."""

import importlib
import inspect
import pkgutil
from datetime import UTC, datetime
from ipaddress import IPv4Address
from random import getrandbits
from uuid import UUID

import factory
import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import tests.factories
from catalog.models import Category, ProductVariant
from orders.models import Order
from shop.admin import paging
from shop.admin.base import HistoryAdmin, ModelAdmin
from shop.encryption import email_hash
from shop.ids import parse_id, uuid7
from shop.models import EventRelay, GlobalEntity, GlobalEvent
from tests.factories.catalog import CategoryFactory, ProductFactory
from tests.factories.orders import (
    CartFactory,
    CustomerFactory,
    OrderFactory,
    OrderItemFactory,
)
from tests.factories.payments import FraudFlagFactory, PaymentFactory
from tests.factories.shop import GlobalEventFactory, ShopFactory
from tests.factories.users import (
    PASSWORD,
    OperatorFactory,
    RoleFactory,
    UserConnectionFactory,
    UserFactory,
    UserRoleFactory,
)
from tests.shop.bad_values import FULL
from users.models import Role, User, UserRole, UserSocial

pytestmark = pytest.mark.django_db

OURS = ("shop", "users", "catalog", "orders", "payments", "analytics", "ingestion")
# What happened: no operator adds, changes or deletes it.
HISTORY = {
    "admin.logentry",
    "catalog.inventorylog",
    "catalog.pricechange",
    "catalog.productview",
    "orders.invoice",
    "orders.invoicecounter",
    "orders.orderitem",
    "orders.orderreturn",
    "orders.orderreturnitem",
    "orders.orderstatuschange",
    "orders.shipmentitem",
    "payments.gatewaywebhook",
    "payments.ledgerentry",
    "payments.payment",
    "payments.paymentattempt",
    "payments.payout",
    "payments.refund",
    "shop.auditentry",
    "shop.eventdelivery",
    "shop.eventrelay",
    "shop.failedtask",
    "shop.globalentity",
    "shop.globalevent",
    "shop.idempotencykey",
    "users.impersonatedrequest",
    "users.impersonation",
    "users.useractivity",
}
# What books and orders refer to: closed by its status, never deleted here.
NEVER_DELETED = {"orders.order", "shop.shop", "users.user"}
# A list is a handful of questions; a page with inlines asks one or two for each.
LIST_QUERIES = 12
# What costs more for three rows than for one does so for each; a full run makes sure.
MANY = 100 if FULL else 3
PAGE_QUERIES = 40


def email_address():
    person = UserFactory()
    return EmailAddress.objects.create(user=person, email=person.email)


def log_entry():
    person = UserFactory()
    return LogEntry.objects.create(
        user=person,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(person.pk),
        object_repr=str(person),
        action_flag=CHANGE,
    )


def factories():
    """A maker of rows for each model: the factory named after it."""
    found = {EmailAddress: email_address, LogEntry: log_entry}
    found[UserSocial] = UserConnectionFactory
    # One row, which is there or is not.
    found[EventRelay] = lambda: EventRelay.objects.get_or_create(id=1)
    for info in pkgutil.iter_modules(tests.factories.__path__):
        module = importlib.import_module(f"tests.factories.{info.name}")
        for name, maker in inspect.getmembers(module, inspect.isclass):
            if issubclass(maker, factory.django.DjangoModelFactory):
                model = maker._meta.get_model_class()
                if model is not None and name == f"{model.__name__}Factory":
                    found[model] = maker
    return found


MAKERS = factories()
PAGES = sorted(admin.site._registry.values(), key=lambda page: page.opts.label)


def every_page_where(condition):
    pages = [page for page in PAGES if condition(page)]
    return pytest.mark.parametrize("page", pages, ids=lambda page: page.opts.label)


every_page = every_page_where(lambda page: True)


@pytest.fixture
def operator(client) -> Client:
    client.force_login(OperatorFactory())
    return client


def make(page, rows):
    if page.model not in MAKERS:
        pytest.fail(f"{page.opts.label} has no {page.model.__name__}Factory.")
    for _ in range(rows):
        MAKERS[page.model]()


def list_of(page):
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")


def page_url(changes, row):
    return changes.context["cl"].url_for_result(row)


def asked(client, url):
    """The response, and the SQL it took, without what only a first request asks."""
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(url)
    assert response.status_code == 200, url
    return response, [query["sql"] for query in queries]


def empty_inlines(shown):
    """What a browser sends of the inlines that nobody touched."""
    return {
        f"{inline.formset.prefix}-{name}": "0"
        for inline in shown.context["inline_admin_formsets"]
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }


def permit(user, *codenames):
    role = RoleFactory()
    role.permissions.set(Permission.objects.filter(codename__in=codenames))
    UserRoleFactory(user=user, role=role)
    return role


@pytest.mark.parametrize("label", OURS)
def test_every_model_stands_in_the_admin(label):
    missing = [
        model._meta.label
        for model in apps.get_app_config(label).get_models()
        if model not in admin.site._registry
    ]

    assert missing == []


@every_page
def test_pages_start_from_the_careful_base(page):
    assert isinstance(page, ModelAdmin)


@every_page
def test_list_asks_the_same_for_one_row_and_many(operator, page):
    make(page, 1)
    _, for_one = asked(operator, list_of(page))
    make(page, MANY - 1)
    _, for_many = asked(operator, list_of(page))

    assert len(for_one) == len(for_many), "\n".join(for_many)
    assert len(for_many) <= LIST_QUERIES, "\n".join(for_many)


@every_page
def test_change_page_asks_the_same_for_one_row_and_three(operator, page):
    make(page, 1)
    changes = operator.get(list_of(page))
    url = page_url(changes, changes.context["cl"].result_list[0])
    _, for_one = asked(operator, url)
    make(page, 2)
    _, for_three = asked(operator, url)

    assert len(for_one) == len(for_three), "\n".join(for_three)
    assert len(for_three) <= PAGE_QUERIES, "\n".join(for_three)


@every_page
def test_list_never_counts_a_large_table(operator, page, monkeypatch):
    make(page, 3)
    _, of_small = asked(operator, list_of(page))
    monkeypatch.setattr(paging, "estimated_rows", lambda *_: 5_000_000)
    _, of_large = asked(operator, list_of(page) + "?_facets=True")

    unbounded = [sql for sql in of_small if "COUNT(" in sql and "LIMIT" not in sql]
    assert unbounded == []
    assert [sql for sql in of_large if "COUNT(" in sql] == []


@every_page
def test_adding_is_offered_or_refused(operator, page):
    url = list_of(page) + "add/"
    before = page.model._default_manager.count()

    shown, sent = operator.get(url), operator.post(url, {})

    expected = (200, 200) if page.allows_add else (403, 403)
    assert (shown.status_code, sent.status_code) == expected
    assert page.model._default_manager.count() == before


@every_page_where(lambda page: page.opts.label_lower in HISTORY | NEVER_DELETED)
def test_what_is_history_refuses_to_be_written(operator, page):
    label = page.opts.label_lower
    make(page, 1)
    changes = operator.get(list_of(page))
    row = changes.context["cl"].result_list[0]
    url, _, query = page_url(changes, row).partition("?")

    delete = url.replace("/change/", "/delete/")
    assert operator.post(f"{delete}?{query}", {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": str(row.pk)}
    operator.post(list_of(page), action | {"post": "yes"})
    assert page.model._default_manager.filter(pk=row.pk).exists()
    if label in HISTORY:
        assert operator.post(f"{url}?{query}", {}).status_code == 403
        assert operator.post(list_of(page) + "add/", {}).status_code == 403


@pytest.mark.parametrize("label", sorted(HISTORY))
def test_history_stands_in_the_admin_to_be_read(label):
    assert isinstance(admin.site._registry[apps.get_model(label)], HistoryAdmin)


@every_page_where(lambda page: isinstance(page.opts.pk, models.UUIDField))
def test_search_finds_a_row_by_its_id(operator, page):
    make(page, 3)
    wanted = page.model._default_manager.order_by("pk")[1]

    shown = operator.get(list_of(page), {"q": f" {wanted.pk} "})

    assert [row.pk for row in shown.context["cl"].result_list] == [wanted.pk]


@every_page
def test_search_for_any_words_is_answered(operator, page):
    make(page, 1)

    for words in ("Walnut 3 m", "a@b.example", "'; --", "\u202e", "x" * 500):
        assert operator.get(list_of(page), {"q": words}).status_code == 200


@every_page
def test_every_filter_is_answered(operator, page):
    make(page, 1)
    first = operator.get(list_of(page)).context["cl"]

    for spec in first.filter_specs:
        for name in spec.expected_parameters():
            for value in ("2030-01-01", "1", "nonsense"):
                answer = operator.get(list_of(page), {name: value})
                assert answer.status_code in (200, 302), (name, value)


@every_page
def test_staff_without_a_role_see_nothing(client, page):
    make(page, 1)
    client.force_login(UserFactory(is_staff=True))

    index = client.get(reverse("admin:index"))

    assert index.context["app_list"] == []
    assert client.get(list_of(page)).status_code == 403
    assert client.get(list_of(page) + "add/").status_code == 403


def test_estimate_stands_in_for_a_count(operator, monkeypatch):
    OrderFactory.create_batch(3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders")
    monkeypatch.setattr(paging, "EXACT_UP_TO", 2)

    shown, statements = asked(operator, reverse("admin:orders_order_changelist"))

    assert shown.context["cl"].result_count == 3
    assert [sql for sql in statements if "COUNT(" in sql] == []


def test_filtered_list_is_counted_up_to_a_bound(operator, monkeypatch):
    OrderFactory.create_batch(3)
    monkeypatch.setattr(paging, "EXACT_UP_TO", 1)
    monkeypatch.setattr(admin.site._registry[Order], "list_per_page", 0)

    rows = Order.objects.filter(status="processing").order_by("pk")
    paginator = paging.BoundedPaginator(rows, 0, page=1)

    assert paginator.count == 2


def test_estimate_adds_up_the_children_of_a_partitioned_table():
    GlobalEventFactory.create_batch(3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE global_events")

    assert paging.estimated_rows(GlobalEvent) == 3


def test_row_of_a_partitioned_table_opens_wherever_it_lies(operator):
    long_ago = datetime(2019, 5, 1, tzinfo=UTC)
    event = GlobalEventFactory(event_time=long_ago)

    changes = operator.get(reverse("admin:shop_globalevent_changelist"))
    opened = operator.get(page_url(changes, event))

    assert opened.context["original"].event_time == long_ago


def test_role_grants_exactly_what_it_holds(client):
    order = OrderFactory()
    person = UserFactory(is_staff=True)
    permit(person, "view_order")
    client.force_login(person)

    shown = client.get(reverse("admin:orders_order_changelist"))
    page = reverse("admin:orders_order_change", args=[order.pk])

    assert [row.pk for row in shown.context["cl"].result_list] == [order.pk]
    assert client.get(page).status_code == 200
    assert client.post(page, {"internal_notes": "x"}).status_code == 403
    assert client.get(reverse("admin:payments_payment_changelist")).status_code == 403
    order.refresh_from_db()
    assert order.internal_notes == ""


def test_order_takes_a_note_and_nothing_else(operator):
    order = OrderFactory()
    page = reverse("admin:orders_order_change", args=[order.pk])
    form = empty_inlines(operator.get(page)) | {"internal_notes": "call back"}

    sent = operator.post(page, form | {"total_price": "0.01", "status": "refunded"})

    order.refresh_from_db()
    assert sent.status_code == 302
    assert (order.internal_notes, str(order.total_price), order.status) == (
        "call back",
        "10.00",
        "processing",
    )


def test_order_is_found_by_number_and_by_the_buyers_address(operator):
    wanted = OrderFactory(
        order_number="T-FIND-1",
        customer=CustomerFactory(email_hash=email_hash("ada@example.com")),
    )
    OrderFactory()
    url = reverse("admin:orders_order_changelist")

    found = [
        [row.pk for row in operator.get(url, {"q": term}).context["cl"].result_list]
        for term in ("t-find-1", "Ada@Example.com", "T-FIND", "nobody@example.com")
    ]

    assert found == [[wanted.pk], [wanted.pk], [], []]


def test_payment_is_found_by_its_orders_number(operator):
    payment = PaymentFactory(order__order_number="T-PAID-1")
    PaymentFactory()

    shown = operator.get(
        reverse("admin:payments_payment_changelist"), {"q": "T-PAID-1"}
    )

    assert [row.pk for row in shown.context["cl"].result_list] == [payment.pk]


def test_product_is_found_by_words_and_by_sku(operator):
    lamp = ProductFactory(name="Walnut lamps", sku="LAMP-77/B")
    ProductFactory(name="Chair")
    url = reverse("admin:catalog_product_changelist")

    found = [
        [row.pk for row in operator.get(url, {"q": term}).context["cl"].result_list]
        for term in ("lamp", "LAMP-77/B", "table")
    ]

    assert found == [[lamp.pk], [lamp.pk], []]


def test_order_page_asks_the_same_however_many_items(operator):
    order = OrderFactory()
    OrderItemFactory(order=order)
    page = reverse("admin:orders_order_change", args=[order.pk])
    _, for_one = asked(operator, page)
    OrderItemFactory.create_batch(2, order=order)
    shown, for_three = asked(operator, page)

    assert len(for_one) == len(for_three), "\n".join(for_three)
    assert shown.content.count(b"10.00 USD") >= 6


def test_categories_stand_as_an_indented_tree(operator):
    root = CategoryFactory(name="Root", sort_order=1)
    other = CategoryFactory(name="Other", sort_order=2)
    child = CategoryFactory(name="Child", parent=root, sort_order=9)

    shown = operator.get(reverse("admin:catalog_category_changelist"))

    rows = [(row.pk, row.tree_depth) for row in shown.context["cl"].result_list]
    assert rows == [(root.pk, 0), (child.pk, 1), (other.pk, 0)]
    assert b"depth-1" in shown.content


def test_new_variant_belongs_to_its_products_shop_and_starts_empty(operator):
    product = ProductFactory()
    url = reverse("admin:catalog_productvariant_add")

    operator.post(
        url,
        {
            "product": str(product.pk),
            "sku": "NEW-1",
            "price": "3.00",
            "inventory_quantity": "50",
            "inventory_policy": "deny",
            "position": "0",
            "event_time_0": "2030-01-01",
            "event_time_1": "00:00:00",
            "extra_data": "{}",
        },
    )

    variant = ProductVariant.objects.get(sku="NEW-1")
    assert (variant.shop_id, variant.inventory_quantity) == (product.shop_id, 0)


def test_fraud_flag_remembers_who_resolved_it(operator):
    flag = FraudFlagFactory()

    operator.post(
        reverse("admin:payments_fraudflag_change", args=[flag.pk]),
        {"is_resolved": "on", "resolution_notes": "Known buyer."},
    )

    flag.refresh_from_db()
    assert (flag.is_resolved, flag.resolved_by) == (True, flag.resolved_by)
    assert flag.resolved_by.is_superuser
    assert flag.resolved_at is not None


# ------------------------------------------------------------------ people
def test_new_person_can_log_in_and_has_the_keyed_hash(operator, client):
    operator.post(
        reverse("admin:users_user_add"),
        {
            "email": "New@Example.com",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    person = User.objects.get(email__iexact="new@example.com")
    assert person.email_hash == email_hash("new@example.com")
    assert person.check_password(PASSWORD)
    assert person.is_staff is False


def test_second_account_of_an_address_is_refused_beside_the_field(operator):
    UserFactory(email="ada@example.com")

    answer = operator.post(
        reverse("admin:users_user_add"),
        {"email": "ADA@example.com", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert answer.context["adminform"].form.errors["email"] == [
        "Somebody has this e-mail address already."
    ]


def account_form(person, **changes):
    return {
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "status": person.status,
        "is_active": "on",
        "user_roles-TOTAL_FORMS": "0",
        "user_roles-INITIAL_FORMS": "0",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        **{
            f"{seen}-{count}_FORMS": "0"
            for seen in ("impersonations", "impersonated")
            for count in ("TOTAL", "INITIAL")
        },
        **changes,
    }


def test_new_address_takes_its_hash_along_and_the_old_one_no_longer_logs_in(operator):
    person = UserFactory(email_verified=True)
    EmailAddress.objects.create(user=person, email=person.email, verified=True)
    page = reverse("admin:users_user_change", args=[person.pk])

    sent = operator.post(page, account_form(person, email="other@example.com"))

    person.refresh_from_db()
    assert sent.status_code == 302
    assert person.email_hash == email_hash("other@example.com")
    assert person.email_verified is False
    assert not EmailAddress.objects.filter(user=person).exists()


def test_account_page_shows_no_secret(operator):
    person = UserFactory(phone="+254700000000")

    page = operator.get(reverse("admin:users_user_change", args=[person.pk]))

    shown = page.content.decode()
    assert "A password is set." in shown
    for secret in (person.password, person.email_hash, "+254700000000"):
        assert secret not in shown


def test_password_is_set_by_its_own_page(operator):
    person = UserFactory()
    url = reverse("admin:auth_user_password_change", args=[person.pk])

    operator.post(
        url,
        {
            "usable_password": "true",
            "password1": "another fine horse",
            "password2": "another fine horse",
            "set-password": "1",
        },
    )

    person.refresh_from_db()
    assert person.check_password("another fine horse")


def test_role_is_given_in_the_account_and_says_by_whom(operator):
    person, role = UserFactory(), RoleFactory()
    page = reverse("admin:users_user_change", args=[person.pk])

    operator.post(
        page,
        account_form(
            person,
            **{"user_roles-TOTAL_FORMS": "1", "user_roles-0-role": str(role.pk)},
        ),
    )

    given = UserRole.objects.get(user=person)
    assert (given.role, given.granted_by.is_superuser) == (role, True)


def test_operator_cannot_raise_themselves_or_others(client):
    person = UserFactory(is_staff=True)
    permit(person, "view_user", "change_user", "add_userrole", "view_userrole")
    mighty = RoleFactory()
    mighty.permissions.set(Permission.objects.filter(codename="delete_shop"))
    client.force_login(person)
    page = reverse("admin:users_user_change", args=[person.pk])

    client.post(
        page,
        account_form(
            person,
            is_superuser="on",
            **{"user_roles-TOTAL_FORMS": "1", "user_roles-0-role": str(mighty.pk)},
        ),
    )
    client.post(page, account_form(person, is_superuser="on"))

    person.refresh_from_db()
    assert person.is_superuser is False
    assert not UserRole.objects.filter(user=person, role=mighty).exists()


def test_operator_cannot_take_over_a_superuser(client):
    boss = OperatorFactory()
    person = UserFactory(is_staff=True)
    permit(person, "view_user", "change_user")
    client.force_login(person)

    page = reverse("admin:users_user_change", args=[boss.pk])
    password = reverse("admin:auth_user_password_change", args=[boss.pk])

    sent = account_form(boss, email="mine@example.com")
    assert client.post(page, sent).status_code == 403
    assert client.post(password, {}).status_code == 403


def test_role_cannot_be_filled_beyond_ones_own_permissions(client):
    person = UserFactory(is_staff=True)
    own = permit(person, "view_role", "change_role", "add_role")
    more = Permission.objects.get(codename="delete_shop")
    client.force_login(person)
    page = reverse("admin:users_role_change", args=[own.pk])

    client.post(page, {"name": own.name, "permissions": [more.pk]})

    assert more not in Role.objects.get(pk=own.pk).permissions.all()


# ------------------------------------------------------------------ the way in
def policy(response):
    return dict(
        directive.strip().split(" ", 1)
        for directive in response["Content-Security-Policy"].split(";")
    )


def test_only_the_admins_own_pages_may_evaluate_scripts(operator, client):
    inside = policy(operator.get(reverse("admin:index")))
    client.logout()
    outside = policy(client.get(reverse("account_login")))

    assert inside["script-src"] == "'self' 'unsafe-eval'"
    assert inside["style-src"] == "'self' 'unsafe-inline'"
    assert (outside["script-src"], outside["style-src"]) == ("'self'", "'self'")


def sidebar(response):
    return {
        group["title"]: [item["title"] for item in group["items"]]
        for group in response.context["sidebar_navigation"]
    }


def test_sidebar_shows_what_a_person_may_see(client):
    person = UserFactory(is_staff=True)
    permit(person, "view_order", "view_globalentity")
    client.force_login(person)

    shown = sidebar(client.get(reverse("admin:index")))

    assert shown == {
        "Orders": ["Orders"],
        "System": ["Look up an id", "Audit of a day", "Global entities"],
    }


def test_partitions_stand_in_the_admin_for_those_who_see_events(client):
    person = UserFactory(is_staff=True)
    client.force_login(person)
    url = reverse("partitions")

    refused = client.get(url)
    permit(person, "view_globalevent")
    shown = client.get(url)

    assert (refused.status_code, shown.status_code) == (403, 200)
    assert "global_events" in {table.name for table in shown.context["tables"]}
    assert "Partitions" in sidebar(shown)["System"]


def test_sidebar_lights_one_line_for_the_page_one_is_on(operator):
    for url in ("admin:lookup", "admin:shop_globalentity_changelist"):
        shown = operator.get(reverse(url))
        lit = [
            item["link"]
            for group in shown.context["sidebar_navigation"]
            for item in group["items"]
            if item["active"]
        ]

        assert lit == [reverse(url)]


def test_admin_sends_to_the_one_log_in_and_lets_an_operator_in(client):
    person = OperatorFactory()

    away = client.get(reverse("admin:index"), follow=True)
    here = client.post(
        reverse("account_login"),
        {"login": person.email, "password": PASSWORD, "next": reverse("admin:index")},
        REMOTE_ADDR=str(IPv4Address(getrandbits(32))),
    )

    assert away.request["PATH_INFO"] == reverse("account_login")
    assert here.url == reverse("admin:index")
    assert client.get(here.url).status_code == 200


def test_shopper_is_told_that_the_admin_is_not_theirs(client):
    client.force_login(UserFactory())

    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_guessing_a_password_is_throttled(client):
    person = OperatorFactory(email=f"{uuid7().hex}@example.com")
    address = str(IPv4Address(getrandbits(32)))

    def log_in(password):
        form = {"login": person.email, "password": password}
        return client.post(reverse("account_login"), form, REMOTE_ADDR=address)

    for attempt in range(5):
        log_in(f"guess {attempt}")
    answer = log_in(PASSWORD)

    assert answer.status_code != 302
    assert "_auth_user_id" not in client.session


# ------------------------------------------------------------------ the look-up
def look_up(client, typed):
    return client.get(reverse("admin:lookup"), {"id": typed})


def test_look_up_says_what_an_id_is_and_leads_there(operator):
    order = OrderFactory()

    shown = look_up(operator, str(order.pk).upper())

    found = shown.context["found"]
    assert (found["type"], found["happened"]) == ("Order", order.event_time)
    assert found["deleted"] is None
    assert found["url"] == reverse("admin:orders_order_change", args=[order.pk])
    assert operator.get(found["url"]).status_code == 200


def test_look_up_knows_what_was_deleted(operator):
    shop = ShopFactory()
    key = shop.pk
    shop.delete()

    shown = look_up(operator, key)

    assert shown.context["found"]["type"] == "Shop"
    assert shown.context["found"]["deleted"] is not None
    assert b"Deleted on" in shown.content


def test_look_up_finds_what_the_register_does_not_list(operator):
    cart, event = CartFactory(), GlobalEventFactory()

    found = [look_up(operator, row.pk).context["found"] for row in (cart, event)]

    assert [one["type"] for one in found] == ["cart", "global event"]


@pytest.mark.parametrize("typed", ["hello", "1234", "'; DROP TABLE", "x" * 3000])
def test_look_up_answers_what_is_no_id_in_one_sentence(operator, typed):
    shown = look_up(operator, typed)

    assert shown.status_code == 200
    assert shown.context["error"].startswith("That is not a UUID.")


def test_look_up_says_that_nothing_has_an_id(operator):
    assert look_up(operator, uuid7()).context["error"].startswith("Nothing has this id")


def test_look_up_shows_no_row_that_a_person_may_not_see(client):
    order, cart = OrderFactory(), CartFactory()
    person = UserFactory(is_staff=True)
    permit(person, "view_globalentity")
    client.force_login(person)

    assert "url" not in look_up(client, order.pk).context["found"]
    assert "found" not in look_up(client, cart.pk).context


def test_look_up_is_for_those_who_may_see_the_register(client):
    client.force_login(UserFactory(is_staff=True))

    assert look_up(client, uuid7()).status_code == 403
    assert client.get(reverse("admin:audit_of_day")).status_code == 403


def test_audit_of_a_day_counts_by_type_and_hour(operator):
    day = datetime(2029, 3, 4, 9, 30, tzinfo=UTC)
    OrderFactory.create_batch(2, event_time=day)
    OrderFactory(event_time=day.replace(hour=23, minute=59))
    OrderFactory(event_time=day.replace(day=5, hour=0, minute=0))

    shown = operator.get(reverse("admin:audit_of_day"), {"day": "2029-03-04"})

    hours = {
        hour.hour: counts for hour, counts in shown.context["hours"] if any(counts)
    }
    assert (shown.context["types"], hours) == (["order"], {9: [2], 23: [1]})
    assert shown.context["total"] == 3


@pytest.mark.parametrize("typed", ["yesterday", "2030-02-31", "2030-13-01"])
def test_audit_of_no_day_is_one_sentence(operator, typed):
    shown = operator.get(reverse("admin:audit_of_day"), {"day": typed})

    assert shown.context["error"].startswith("That is not a day.")


def test_register_lists_by_type_and_time(operator):
    order = OrderFactory(event_time=datetime(2029, 3, 4, 23, 59, tzinfo=UTC))
    OrderFactory(event_time=datetime(2029, 3, 5, tzinfo=UTC))

    shown = operator.get(
        reverse("admin:shop_globalentity_changelist"),
        {
            "entity_type__exact": "order",
            "event_time_from": "2029-03-04",
            "event_time_to": "2029-03-04",
        },
    )

    rows = list(shown.context["cl"].result_list)
    assert [row.pk for row in rows] == [order.pk]
    assert isinstance(rows[0], GlobalEntity)


def test_ids_are_read_in_any_usual_spelling():
    key = UUID("0190b2f0-7b5a-7c3e-9f1a-2b3c4d5e6f70")

    spellings = [str(key), key.hex, f"{{{key}}}", f"urn:uuid:{key}", f" {key} "]

    assert {parse_id(spelling) for spelling in spellings} == {key}
    assert parse_id("0190b2f0") is None


def test_tree_of_categories_survives_an_id_search(operator):
    parent = CategoryFactory()
    child = CategoryFactory(parent=parent)

    shown = operator.get(
        reverse("admin:catalog_category_changelist"), {"q": str(child.pk)}
    )

    rows = shown.context["cl"].result_list
    assert [(row.pk, row.tree_depth) for row in rows] == [(child.pk, 1)]
    assert Category.objects.count() == 2
