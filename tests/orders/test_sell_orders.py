"""A shop's work on its orders: found, sent once, taken out, written for buyers."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.errors import InvalidQuantity, OutOfStock
from orders.errors import (
    EmptyNote,
    HoldInvalid,
    NotInOrder,
    NotOfShop,
    QuoteChanged,
    TooManyUnits,
    WrongStatus,
)
from orders.models import (
    Cart,
    Checkout,
    FulfillmentStatus,
    Order,
    OrderNote,
    OrderStatus,
    OrderTracking,
    ShipmentItem,
)
from orders.queries.checkout import price_checkout
from orders.queries.sell_orders import (
    OrderSearch,
    OrderTab,
    listed_orders,
    order_numbered,
    packing_slips,
    sell_order,
    tab_counts,
)
from orders.services import drafts
from orders.services import fulfillment as work
from orders.services.checkout import expire_checkouts
from orders.services.orders import cancel_order, mark_paid, ship_items
from orders.tasks import mail_pay_link
from tests.factories.catalog import ProductVariantFactory
from tests.factories.shop import ShopFactory
from tests.orders.crowds import at_once, kinds
from tests.orders.purchases import ADDRESS, NOON, buy, fill_checkout, say_yes

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=3)


def lamp(**more):
    made = {"inventory_quantity": 20, "price": 10, **more}
    if "product__shop" not in more:
        made["product__shop__country"] = ""
    return ProductVariantFactory(**made)


def bought(variant=None, units=2, **more) -> Order:
    return buy({variant or lamp(): units}, **more)[0]


def sent(order: Order, **quantities) -> OrderTracking:
    return ship_items(
        order_id=order.pk,
        quantities={item.pk: item.quantity for item in order.items.all()},
        carrier="Post",
        tracking_number="1",
        now=LATER,
        by=None,
    )


def rest(order: Order) -> OrderTracking | None:
    return work.ship_rest(
        order_id=order.pk, carrier="Post", tracking_number="9", by=None, now=LATER
    )


# ------------------------------------------------------------------ the list


def in_tab(order: Order, tab: OrderTab, **more) -> list[str]:
    search = OrderSearch(tab=tab, **more)
    _page, rows = listed_orders(shop=order.shop, search=search)
    return [row.order.order_number for row in rows]


def test_each_order_is_in_the_tab_of_its_state() -> None:
    variant = lamp()
    packing, part, gone = (bought(variant) for _ in range(3))
    item = part.items.get()
    ship_items(
        order_id=part.pk,
        quantities={item.pk: 1},
        carrier="",
        tracking_number="",
        now=LATER,
        by=None,
    )
    sent(gone)
    waiting = say_yes(fill_checkout({variant: 1}))[0]

    found = {tab: set(in_tab(packing, tab)) for tab in OrderTab}

    assert found == {
        OrderTab.TO_PACK: {packing.order_number},
        OrderTab.PARTLY_SENT: {part.order_number},
        OrderTab.SENT: {gone.order_number},
        OrderTab.DELIVERED: set(),
        OrderTab.UNPAID: {waiting.order_number},
        OrderTab.CANCELLED: set(),
        OrderTab.REFUNDED: set(),
        OrderTab.ALL: {one.order_number for one in (packing, part, gone, waiting)},
    }
    assert tab_counts(shop_id=packing.shop_id) == {
        OrderTab.TO_PACK: 1,
        OrderTab.PARTLY_SENT: 1,
        OrderTab.SENT: 1,
        OrderTab.UNPAID: 1,
    }


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("buyer@exa", True),
        ("BUYER@", True),
        ("lovel", True),
        ("Ada Lovelace", True),
        ("Bob Lovelace", False),
        ("nobody", False),
        ("%", False),
        ("\0", False),
    ],
)
def test_orders_are_found_by_the_beginning_of_mail_or_name(text, is_found) -> None:
    order = bought()

    assert bool(in_tab(order, OrderTab.ALL, text=text)) is is_found


def test_orders_are_found_by_sku_date_country_and_payment() -> None:
    variant = lamp(sku="LAMP-9")
    order = bought(variant)
    bought(lamp(product__shop=order.shop))
    number = [order.order_number]

    assert in_tab(order, OrderTab.ALL, text="lamp-9") == number
    day = NOON.date()
    assert len(in_tab(order, OrderTab.ALL, since=day, until=day)) == 2
    assert in_tab(order, OrderTab.ALL, since=day + timedelta(days=1)) == []
    assert len(in_tab(order, OrderTab.ALL, until=date.max)) == 2
    assert len(in_tab(order, OrderTab.ALL, country="KE", payment="paid")) == 2
    assert in_tab(order, OrderTab.ALL, country="DE") == []
    assert in_tab(order, OrderTab.ALL, payment="refunded") == []


def test_a_number_is_found_in_its_own_shop_only() -> None:
    order, other = bought(), ShopFactory()

    text = f" #{order.order_number.lower()} "

    assert order_numbered(shop_id=order.shop_id, text=text) == order.pk
    assert order_numbered(shop_id=other.pk, text=text) is None


def test_a_list_and_a_page_cost_the_same_for_one_and_many() -> None:
    variant = lamp(inventory_quantity=500)
    order = bought(variant)

    def statements() -> tuple[int, int]:
        fresh = Order.objects.select_related("shop", "checkout__adds_to").get(
            pk=order.pk
        )
        with CaptureQueriesContext(connection) as listing:
            listed_orders(shop=fresh.shop, search=OrderSearch(text="buyer"))
        with CaptureQueriesContext(connection) as page:
            sell_order(order=fresh, now=LATER)
        return len(listing), len(page)

    before = statements()
    for _ in range(4):
        bought(variant)
    person = order.shop.owner
    for words in ("one", "two"):
        work.add_note(order_id=order.pk, text=words, by=person, now=LATER)

    assert statements() == before
    assert before[0] <= 6


# ------------------------------------------------------------------ sending


def test_all_that_is_left_is_sent_once() -> None:
    order = bought(units=3)
    item = order.items.get()
    ship_items(
        order_id=order.pk,
        quantities={item.pk: 1},
        carrier="",
        tracking_number="",
        now=LATER,
        by=None,
    )

    parcel, again = rest(order), rest(order)

    order.refresh_from_db()
    assert parcel is not None
    assert again is None
    assert [line.quantity for line in parcel.items.all()] == [2]
    assert (order.status, order.fulfillment_status) == (
        OrderStatus.SHIPPED,
        FulfillmentStatus.FULFILLED,
    )


def test_what_is_not_paid_or_cancelled_is_not_sent() -> None:
    waiting = say_yes(fill_checkout({lamp(): 1}))[0]
    gone = bought()
    cancel_order(order_id=gone.pk, reason="", by=None, now=LATER)

    for order in (waiting, gone):
        with pytest.raises(WrongStatus):
            rest(order)

    assert not OrderTracking.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_ten_people_packing_the_same_list_send_each_order_once() -> None:
    variant = lamp(inventory_quantity=100)
    orders = [bought(variant, units=2) for _ in range(4)]

    results = at_once(rest, orders * 10, workers=10)

    assert kinds(results) == {"OrderTracking": 4, "NoneType": 36}
    assert OrderTracking.objects.count() == 4
    assert sum(ShipmentItem.objects.values_list("quantity", flat=True)) == 8


# ------------------------------------------------------------------ taking out


def take_out(order: Order, units: int, *, item=None, restock=True) -> Order:
    item = item or order.items.order_by("id").first()
    return work.remove_units(
        order_id=order.pk,
        quantities={item.pk: units},
        restock=[item.pk] if restock else [],
        by=None,
        now=LATER,
    )


def test_what_is_taken_out_is_not_sent_and_is_on_the_shelf() -> None:
    variant = lamp(inventory_quantity=10)
    order = bought(variant, units=3)

    take_out(order, 1)
    parcel = rest(order)

    variant.refresh_from_db()
    assert [line.quantity for line in parcel.items.all()] == [2]
    assert variant.inventory_quantity == 8


def test_what_is_broken_does_not_go_back_on_the_shelf() -> None:
    variant = lamp(inventory_quantity=10)
    order = bought(variant, units=3)

    take_out(order, 1, restock=False)

    variant.refresh_from_db()
    assert variant.inventory_quantity == 7


@pytest.mark.parametrize("units", [0, -1, 3, 99])
def test_no_more_is_taken_out_than_is_left(units) -> None:
    order = bought(units=2)

    with pytest.raises((TooManyUnits, WrongStatus)):
        take_out(order, units)

    assert order.items.get().removed_quantity == 0


def test_taking_out_everything_is_cancelling() -> None:
    order = bought(units=2)

    with pytest.raises(WrongStatus):
        take_out(order, 2)

    assert order.items.get().removed_quantity == 0


def test_another_orders_item_is_not_taken_out() -> None:
    order, other = bought(), bought()

    with pytest.raises(NotInOrder):
        take_out(order, 1, item=other.items.get())


def test_taking_out_the_rest_of_a_part_ends_it() -> None:
    order = bought(units=3)
    item = order.items.get()
    ship_items(
        order_id=order.pk,
        quantities={item.pk: 2},
        carrier="",
        tracking_number="",
        now=LATER,
        by=None,
    )

    done = take_out(order, 1)

    assert (done.status, done.fulfillment_status) == (
        OrderStatus.SHIPPED,
        FulfillmentStatus.FULFILLED,
    )


def test_a_cancelled_order_gives_back_only_what_was_still_in_it() -> None:
    variant = lamp(inventory_quantity=10)
    order = bought(variant, units=3)
    take_out(order, 1)

    cancel_order(order_id=order.pk, reason="", by=None, now=LATER)

    variant.refresh_from_db()
    assert variant.inventory_quantity == 10


def test_a_cancelled_order_may_leave_its_items_off_the_shelf() -> None:
    variant = lamp(inventory_quantity=10)
    order = bought(variant, units=3)

    cancel_order(order_id=order.pk, reason="", by=None, now=LATER, restock=False)

    variant.refresh_from_db()
    assert variant.inventory_quantity == 7


def test_slips_say_what_is_left_and_are_of_the_shop_only() -> None:
    order, other = bought(units=3), bought()
    take_out(order, 1)

    (slip,) = packing_slips(shop_id=order.shop_id, order_ids=[order.pk, other.pk])

    assert [(item.sku, units) for item, units in slip.lines] == [
        (order.items.get().sku, 2)
    ]


def test_a_note_has_words_and_an_author() -> None:
    order = bought()
    person = order.shop.owner

    work.add_note(order_id=order.pk, text=" Fragile\0 ", by=person, now=LATER)
    with pytest.raises(EmptyNote):
        work.add_note(order_id=order.pk, text=" \0 ", by=person, now=LATER)

    note = OrderNote.objects.get()
    assert (note.text, note.author, note.created_at) == ("Fragile", person, LATER)


# ------------------------------------------------------------------ drafts


def written(variant, units=2, **more) -> Checkout:
    shop = variant.product.shop
    draft = drafts.open_draft(shop_id=shop.pk, by=shop.owner, now=NOON)
    whose = {"shop_id": shop.pk, "checkout_id": draft.pk, "now": NOON}
    drafts.set_draft_items(**whose, quantities={variant.pk: units})
    drafts.set_draft_buyer(
        **whose, **{"email": "call@example.com", "shipping": ADDRESS, **more}
    )
    return Checkout.objects.select_related("cart").get(pk=draft.pk)


def placed(draft: Checkout, *, hold=timedelta(hours=5), more=0, shop=None) -> Order:
    total = price_checkout(checkout=draft, now=NOON).quote.total
    return drafts.place_draft(
        shop_id=(shop or draft.shop).pk,
        checkout_id=draft.pk,
        expected=total + more,
        hold=hold,
        by=draft.shop.owner,
        now=NOON,
    )


def test_a_draft_becomes_an_order_whose_stock_is_held_until_it_is_paid() -> None:
    variant = lamp(inventory_quantity=5)
    draft = written(variant)

    order, again = placed(draft), placed(draft)

    variant.refresh_from_db()
    draft.refresh_from_db()
    assert again == order
    assert (order.status, order.email) == (OrderStatus.PENDING, "call@example.com")
    assert variant.reserved_quantity == 2
    assert draft.expires_at == NOON + timedelta(hours=5)
    assert mark_paid(checkout_id=draft.pk, now=LATER) == [order]


def test_a_draft_nobody_pays_ends_by_itself() -> None:
    variant = lamp(inventory_quantity=5)
    order = placed(written(variant))
    carts = Cart.objects.count()

    expire_checkouts(now=NOON + timedelta(hours=4))
    variant.refresh_from_db()
    held = variant.reserved_quantity
    expire_checkouts(now=NOON + timedelta(hours=6))

    variant.refresh_from_db()
    order.refresh_from_db()
    assert (held, variant.reserved_quantity) == (2, 0)
    assert order.status == OrderStatus.CANCELLED
    # Nobody gets the shop's draft as a cart.
    assert Cart.objects.count() == carts


def test_a_draft_takes_nothing_of_another_shop() -> None:
    mine, theirs = lamp(), lamp()
    draft = written(mine)
    whose = {"checkout_id": draft.pk, "now": NOON}

    with pytest.raises(NotOfShop):
        drafts.set_draft_items(
            **whose, shop_id=draft.shop_id, quantities={theirs.pk: 1}
        )
    with pytest.raises(NotOfShop):
        drafts.set_draft_items(
            **whose, shop_id=theirs.product.shop_id, quantities={theirs.pk: 1}
        )
    with pytest.raises(NotOfShop):
        placed(draft, shop=theirs.product.shop)
    with pytest.raises(InvalidQuantity):
        drafts.set_draft_items(**whose, shop_id=draft.shop_id, quantities={mine.pk: -1})

    assert [item.variant for item in draft.cart.items.all()] == [mine]
    assert not Order.objects.exists()


def test_a_draft_is_placed_as_it_was_shown() -> None:
    draft = written(lamp())

    with pytest.raises(QuoteChanged):
        placed(draft, more=Decimal("0.01"))
    for hold in (timedelta(0), timedelta(days=15), timedelta(days=-1)):
        with pytest.raises(HoldInvalid):
            placed(draft, hold=hold)

    assert not Order.objects.exists()


def test_a_draft_of_more_than_there_is_places_nothing() -> None:
    draft = written(lamp(inventory_quantity=1), units=2)

    with pytest.raises(OutOfStock):
        placed(draft)

    assert not Order.objects.exists()


def test_the_link_goes_by_mail_once_and_leads_to_the_payment(client) -> None:
    order = placed(written(lamp()))

    for _ in range(2):
        mail_pay_link(order_id=str(order.pk), about="first")
    mail_pay_link(order_id=str(order.pk), about="asked again")

    assert [message.to for message in mail.outbox] == [["call@example.com"]] * 2
    link = next(word for word in mail.outbox[0].body.split() if "/pay/link/" in word)
    assert order.order_number in mail.outbox[0].body
    path = "/" + link.split("/", 3)[3]
    there = f"/pay/{order.checkout_id}/"
    assert client.get(there).status_code == 404
    assert client.get(path).headers["Location"] == there
    assert client.get(path[:-3] + "xx/").status_code == 404


def test_a_buyers_own_checkout_has_no_link(client) -> None:
    (order,) = say_yes(fill_checkout({lamp(): 1}))
    token = drafts.pay_link_token(order.checkout_id)

    assert client.get(f"/pay/link/{token}/").status_code == 404


def test_what_is_added_travels_with_the_order_and_costs_no_delivery() -> None:
    order = bought()
    extra = lamp(product__shop=order.shop, price=4)
    person = order.shop.owner
    view = drafts.quote_addition(
        order=order, quantities={extra.pk: 2}, by=person, now=LATER
    )
    before = Checkout.objects.count()

    added = [
        drafts.add_to_order(
            order_id=order.pk,
            quantities={extra.pk: 2},
            expected=view.quote.total,
            hold=timedelta(hours=2),
            by=person,
            now=LATER,
            key="once",
        )
        for _ in range(2)
    ]

    assert added[0] == added[1]
    assert Checkout.objects.count() == before + 1
    assert (added[0].total_price, added[0].total_shipping) == (Decimal(8), Decimal(0))
    assert added[0].checkout.adds_to == order
    assert added[0].shipping_address == order.shipping_address


def test_nothing_is_added_to_what_was_sent() -> None:
    order = bought()
    sent(order)
    extra = lamp(product__shop=order.shop)

    with pytest.raises(WrongStatus):
        drafts.add_to_order(
            order_id=order.pk,
            quantities={extra.pk: 1},
            expected=Decimal(10),
            hold=timedelta(hours=2),
            by=order.shop.owner,
            now=LATER,
        )
