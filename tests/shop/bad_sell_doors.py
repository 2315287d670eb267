"""What the doors behind a shop's counter take, field by field.

Addresses and rights stand in `tests/sell/doors.py`; a door without fields here is tried with
what stands there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import uuid4

from tests.sell.doors import DOORS
from tests.sell.doors import Door as Row
from tests.sell.world import Stall
from tests.shop.bad_fields import Door, Field, Sent, address_fields, id_field
from tests.shop.bad_values import picture

Fields = Mapping[str, Field]
FREE = Field("word", "free")
EMPTY = Field("", "free")
ON = Field("on", "free")
SWITCH = Field(True, "switch")
REASON = Field("word", "text", 1000)
CARRIER = {
    "carrier": Field("Post", "text", 100),
    "tracking_number": Field("1", "text", 100),
    "tracking_url": Field("https://example.com/1", "text", 200),
}


def sell_doors(ours: Stall, theirs: Stall) -> dict[str, Door]:
    """By the name of the route; "seller" owns `ours`."""
    told = _pages(ours) | _programs(ours)
    unknown = told.keys() - DOORS.keys()
    assert not unknown, f"no such doors: {sorted(unknown)}"
    return {
        name: _door(name, row, ours, theirs, told.get(name, {}))
        for name, row in DOORS.items()
    }


def _door(
    name: str, row: Row, ours: Stall, theirs: Stall, told: Mapping[str, Sent]
) -> Door:
    shop = {"shop": ours.shop.slug} if row.right else {}
    mine, others = dict(row.args(ours)), dict(row.args(theirs))
    return Door(
        "seller",
        args={**shop, **mine},
        others={**shop, **others} if others != mine else {},
        is_read=row.is_read,
        sends={
            method: _as_told(row, method, ours) for method in row.sends.keys() - told
        }
        | told,
    )


def _as_told(row: Row, method: str, ours: Stall) -> Sent:
    # As JSON has it: keys of rows are words.
    plain = json.loads(json.dumps(row.sends[method](ours), default=str))
    fields = {name: Field(value, "free") for name, value in plain.items()}
    return Sent(fields, "json" if row.is_json else "form")


def _pages(s: Stall) -> dict[str, dict[str, Sent]]:
    def form(**fields: Field) -> dict[str, Sent]:
        return {"POST": Sent(fields)}

    def lines(fields: Fields, kind: str = "form") -> dict[str, Sent]:
        return {"POST": Sent(fields, kind)}

    units = Field("1", "form_quantity")
    item, line = s.item.pk, s.line.pk
    key = Field(uuid4().hex, "free")
    profile = {
        "name": Field("Lamp works", "text", 100),
        "description": Field("word", "text", 5000),
        "contact_email": Field("a@example.com", "email"),
        "phone": Field("1", "text", 32),
        "timezone": Field("Africa/Nairobi", "choice"),
        "tax_number": Field("1", "text", 64),
        "prices_include_tax": ON,
        "return_days": Field("14", "form_quantity"),
        "return_rule": Field("word", "text", 5000),
        "logo_file": Field(picture(), "picture"),
        "banner_file": Field(picture(), "picture"),
    }
    way = {
        "name": Field("Rider", "text", 100),
        "price": Field("100", "number"),
        "free_from": Field("900", "number"),
        "min_days": Field("1", "form_quantity"),
        "max_days": Field("2", "form_quantity"),
        "is_active": ON,
    }
    zone = form(
        name=Field("Neighbours", "text", 100), is_rest=EMPTY, countries=Field("UG", "country")
    )  # fmt: skip
    rate = form(
        name=Field("VAT", "text", 100),
        country=Field("UG", "country"),
        province=Field("", "text", 100),
        tax_class=Field("standard", "text", 32),
        percent=Field("18", "number"),
        applies_to_shipping=ON,
    )
    refund = {
        f"unsent-{item}": units,
        f"restock-{item}": ON,
        "delivery": Field("0", "number"),
        "amount": Field("1.00", "number"),
        "expected": Field("", "free"),
        "reason": REASON,
        "key": key,
        "do": Field("refund", "free"),
    }
    edit = {
        f"remove-{item}": units,
        f"add-{s.variant.pk}": units,
        "expected_refund": Field("0", "number"),
        "expected_due": Field("0", "number"),
        "restock": ON,
        "hold": Field("24", "form_quantity"),
        "key": key,
    }
    draft = {
        "do": Field("items", "free"),
        f"units-{s.variant.pk}": Field("1", "free"),
        "add": Field(str(s.variant.pk), "free"),
        "email": Field("a@example.com", "free"),
        **{name: Field(one.valid, "free") for name, one in address_fields(is_json=False).items()},
        "notes": FREE,
        "method": Field("", "free"),
        "hold": Field("24", "free"),
        "expected": Field("1.00", "free"),
    }  # fmt: skip
    cells = {
        "sku": Field(s.variant.sku, "free"),
        "price": Field("9.00", "free"),
        "compare_price": EMPTY,
        "stock": Field("9", "free"),
        "seen": Field("1000.00||50", "free"),
    }
    bulk = {
        "id": Field(str(s.product.pk), "free"),
        "do": Field("price", "free"),
        "to-percent": Field("10", "free"),
        "to-amount": EMPTY,
        "to-ending": EMPTY,
        "to-compare": Field("keep", "free"),
        "expected": Field("1", "free"),
        "token": key,
    }
    return {
        "sell:open": form(
            name=Field("Lamps", "text", 100),
            country=Field("KE", "country"),
            currency=Field("KES", "choice"),
            timezone=Field("Africa/Nairobi", "choice"),
        ),
        "sell:invitation": form(),
        "sell:settings": lines(profile, "multipart"),
        "sell:closure": lines({
            "closure-closed_from": Field("2030-01-01T10:00", "number"),
            "closure-closed_until": Field("2030-01-02T10:00", "number"),
            "closure-note": Field("word", "text", 500),
        }),
        "sell:members": form(email=Field("x@example.com", "email"), role=Field("staff", "choice")),
        "sell:member_role": form(role=Field("staff", "choice")),
        "sell:return_approve": lines({"approve-answer": Field("word", "text", 2000)}),
        "sell:return_refuse": lines({"refuse-answer": Field("word", "text", 2000)}),
        "sell:return_receive": lines({
            f"good-{line}": units, f"damaged-{line}": Field("0", "form_quantity"),
            f"restock-{line}": ON,
        }),
        "sell:return_refund": form(
            amount=Field("1.00", "number"), expected=EMPTY, reason=REASON
        ),
        "sell:review_answer": form(answer=Field("word", "text", 2000), seen=EMPTY),
        "sell:review_report": form(reason=Field("abuse", "choice"), words=Field("", "text", 1000)),
        "sell:orders_ship": lines({
            "order": Field(str(s.order.pk), "free"), "carrier": Field("Post", "text", 100),
            f"number-{s.order.pk}": Field("1", "text", 100),
        }),
        "sell:draft": lines(draft),
        "sell:order_note": form(text=Field("word", "text", 2000)),
        "sell:order_ship": lines({str(item): units, **CARRIER}),
        "sell:order_cancel": form(reason=REASON, restock=ON),
        "sell:order_refund": lines(refund),
        "sell:order_edit": lines(edit),
        "sell:change_many": lines(bulk),
        "sell:view_save": form(name=FREE, status=FREE, sort=FREE),
        "sell:view_remove": form(name=FREE),
        "sell:grid": lines(cells),
        "sell:grid_apply": form(plan=FREE, token=key),
        "sell:products_import": lines(
            {"file": Field(b"sku,name,price\n", "free_file"), "is_check": ON}, "multipart"
        ),
        "sell:product_pictures": lines({"pictures": Field(picture(), "picture")}, "multipart"),
        "sell:zone_new": zone,
        "sell:zone": zone,
        "sell:method_new": lines(way),
        "sell:method": lines(way),
        "sell:taxes": form(prices_include_tax=Field("no", "choice")),
        "sell:tax_rate_new": rate,
        "sell:tax_rate": rate,
    }  # fmt: skip


def _programs(s: Stall) -> dict[str, dict[str, Sent]]:
    def sent(
        method: str, fields: Fields, *, needs_key: bool = False
    ) -> dict[str, Sent]:
        return {method: Sent(fields, "json", needs_key)}

    units = Field(1, "quantity")
    zone = {
        "name": Field("Neighbours", "text", 100),
        "countries": Field(["UG"], "list"),
    }
    way = {
        "name": Field("Rider", "text", 100),
        "price": Field("100.00", "number"),
        "free_from": Field(None, "free"),
        "min_days": Field(1, "number"),
        "max_days": Field(2, "number"),
        "is_active": SWITCH,
    }
    rate = {
        "country": Field("UG", "country"),
        "province": Field("", "text", 100),
        "tax_class": Field("standard", "text", 32),
        "name": Field("VAT", "text", 100),
        "rate": Field("0.18", "number"),
        "applies_to_shipping": SWITCH,
    }
    refund = {
        "items.0.item": id_field(s.item),
        "items.0.unsent": Field(1, "number"),
        "items.0.sent": Field(0, "number"),
        "items.0.restock": SWITCH,
        "delivery": Field("0.00", "number"),
        "amount": Field("1.00", "amount"),
        "expected": Field("1.00", "free"),
        "reason": REASON,
    }
    edit = {
        "remove.0.item": id_field(s.item),
        "remove.0.quantity": units,
        "add.0.variant": id_field(s.variant),
        "add.0.quantity": units,
    }
    agreed = {
        "refund": Field("0.00", "number"),
        "due": Field("0.00", "number"),
        "restock": SWITCH,
        "hold_hours": Field(24, "quantity"),
    }
    draft = {
        "items.0.variant": id_field(s.variant),
        "items.0.quantity": units,
        "email": Field("a@example.com", "free"),
        **address_fields(is_json=True, at="shipping_address."),
        "notes": Field("word", "text", 1000),
    }
    answer = {"answer": Field("To us", "text", 2000)}
    return {
        "v1:sell-settings": sent("PATCH", {
            "name": Field("Lamp works", "text", 100),
            "description": Field("word", "text", 5000),
            "contact_email": Field("a@example.com", "email"),
            "phone": Field("1", "text", 32),
            "timezone": Field("UTC", "choice"),
            "tax_number": Field("1", "text", 64),
            "prices_include_tax": SWITCH,
            "return_days": Field(14, "number"),
            "return_rule": Field("word", "text", 5000),
        }),
        "v1:sell-closure": sent("PUT", {
            "closed_from": Field("2030-01-01T10:00:00Z", "free"),
            "closed_until": Field("2030-01-02T10:00:00Z", "free"),
            "note": Field("word", "text", 500),
        }),
        "v1:sell-delivery-zones": sent("POST", zone),
        "v1:sell-delivery-zone": sent("PUT", zone) | sent("DELETE", {}),
        "v1:sell-delivery-methods": sent("POST", way),
        "v1:sell-delivery-method": sent("PUT", way) | sent("DELETE", {}),
        "v1:sell-tax-rates": sent("POST", rate),
        "v1:sell-tax-rate": sent("PUT", rate) | sent("DELETE", {}),
        "v1:sell-order-notes": sent("POST", {"text": Field("word", "text", 2000)}),
        "v1:sell-order-ship": sent("POST", {
            "items.0.item": id_field(s.item), "items.0.quantity": units, **CARRIER
        }),
        "v1:sell-orders-ship": sent("POST", {
            "carrier": Field("Post", "text", 100),
            "orders.0.order": Field(str(s.order.pk), "free"),
            "orders.0.tracking_number": Field("1", "text", 100),
        }),
        "v1:sell-order-cancel": sent("POST", {"reason": REASON, "restock": SWITCH}),
        "v1:sell-order-refund": sent("POST", refund),
        "v1:sell-order-refund-preview": sent("POST", refund),
        "v1:sell-order-edit": sent("POST", edit | agreed),
        "v1:sell-order-edit-preview": sent("POST", edit),
        "v1:sell-drafts": sent("POST", draft),
        "v1:sell-draft": sent("PATCH", draft) | sent("DELETE", {}),
        "v1:sell-draft-place": sent("POST", {
            "total": Field("1.00", "number"), "hold_hours": Field(24, "quantity"),
        }),
        "v1:sell-return-approve": sent("POST", answer),
        "v1:sell-return-refuse": sent("POST", answer),
        "v1:sell-return-receive": sent("POST", {
            "lines.0.line": id_field(s.line),
            "lines.0.good": Field(1, "number"),
            "lines.0.damaged": Field(0, "number"),
            "lines.0.restock": SWITCH,
        }),
        "v1:sell-return-refund": sent("POST", {
            "amount": Field("1.00", "number"), "expected": Field(None, "free"), "reason": REASON,
        }),
        "v1:sell-review-answer": sent("PUT", {
            "answer": Field("Thank you", "text", 2000), "seen": EMPTY,
        }) | sent("DELETE", {}),
        "v1:sell-review-report": sent("POST", {
            "reason": Field("abuse", "choice"), "words": Field("", "text", 1000),
        }),
        "v1:sell-product-pictures": {"POST": Sent({
            "pictures": Field(picture(), "picture"), "alt": Field("", "free"),
        }, "multipart")},
        "v1:sell-products-change": sent("POST", {
            "ids": Field([str(s.product.pk)], "list"),
            "action": Field("price", "choice"),
            "fields": Field({"percent": "10"}, "free"),
            "expected": Field(1, "number"),
            "token": Field(str(uuid4()), "free"),
        }),
        "v1:sell-product-views": sent("POST", {
            "name": Field("Reduced", "text", 60), "sort": Field("name", "choice"),
        }) | sent("DELETE", {}),
        "v1:sell-products-sheet": sent("POST", {
            "rows.0.sku": Field(s.variant.sku, "free"),
            "rows.0.price": Field("9.00", "free"),
            "rows.0.compare_price": EMPTY,
            "rows.0.stock": Field("9", "free"),
            "is_check": SWITCH,
            "skip_wrong": SWITCH,
            "token": Field(str(uuid4()), "free"),
        }),
    }  # fmt: skip
