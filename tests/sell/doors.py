"""Every address behind the counter: the right it needs, whose things it names, what it takes.

To be read as a table. A route without a row here fails a test, and so does a row without a
route.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sell.world import Stall
from users.rights import Right

Args = Callable[[Stall], Mapping[str, Any]]


def nothing(_stall: Stall) -> Mapping[str, Any]:
    return {}


def _return(stall: Stall) -> Mapping[str, Any]:
    return {"return_id": stall.order_return.pk}


def _customer(stall: Stall) -> Mapping[str, Any]:
    return {"customer_id": stall.order.customer_id}


def _review(stall: Stall) -> Mapping[str, Any]:
    return {"review_id": stall.review.pk}


def _variant(stall: Stall) -> Mapping[str, Any]:
    return {"variant_id": stall.variant.pk}


def _level(stall: Stall) -> int:
    stall.variant.refresh_from_db()
    return int(stall.variant.inventory_quantity)


def _zone(stall: Stall) -> Mapping[str, Any]:
    return {"zone_id": stall.zone.pk}


def _method(stall: Stall) -> Mapping[str, Any]:
    return {"zone_id": stall.zone.pk, "method_id": stall.method.pk}


def _promotion(stall: Stall) -> Mapping[str, Any]:
    return {"promotion_id": stall.promotion.pk}


def _coupon(stall: Stall) -> Mapping[str, Any]:
    return {"promotion_id": stall.promotion.pk, "coupon_id": stall.coupon.pk}


def _promotion_sent(stall: Stall) -> Mapping[str, Any]:
    return {
        "name": "Sale",
        "kind": "percentage",
        "value": "10",
        "comes": "code",
        "starts_at": "2030-01-01T09:00",
        "products": stall.variant.sku,
    }


def _promotion_json(stall: Stall) -> Mapping[str, Any]:
    return {
        "name": "Sale",
        "kind": "percentage",
        "value": "10",
        "starts_at": "2030-01-01T09:00:00Z",
        "conditions": {"products": [str(stall.product.pk)]},
    }


def _rate(stall: Stall) -> Mapping[str, Any]:
    return {"rate_id": stall.rate.pk}


def _removal(_stall: Stall) -> Mapping[str, Any]:
    return {"remove": "1"}


def _neighbours(_stall: Stall) -> Mapping[str, Any]:
    return {"name": "Neighbours", "countries": ["UG"]}


def _way(_stall: Stall) -> Mapping[str, Any]:
    return {"name": "Rider", "price": "100", "min_days": 1, "max_days": 2}


def _rate_sent(_stall: Stall) -> Mapping[str, Any]:
    return {
        "country": "UG",
        "tax_class": "standard",
        "name": "VAT",
        "percent": "18",
        "rate": "0.18",
    }


@dataclass(frozen=True)
class Door:
    """right: None for a door that everybody who is logged in may go through.

    args: of the address besides the shop, from the shop's things. sends: method -> what
    is sent, from the shop's things; `{}` for a button. is_json: how. is_read: it answers GET.
    """

    right: Right | None
    args: Args = nothing
    sends: Mapping[str, Args] = field(default_factory=dict)
    is_read: bool = True
    is_json: bool = False
    # In whose place another right is needed for a method.
    rights: Mapping[str, Right] = field(default_factory=dict)

    def right_for(self, method: str) -> Right | None:
        return self.rights.get(method, self.right)


def _job(stall: Stall) -> Mapping[str, Any]:
    return {"job_id": stall.job.pk}


def _order(stall: Stall) -> Mapping[str, Any]:
    return {"order_id": stall.order.pk}


def _draft(stall: Stall) -> Mapping[str, Any]:
    return {"checkout_id": stall.draft.pk}


def _product(stall: Stall) -> Mapping[str, Any]:
    return {"product_id": stall.product.pk}


def _of_product(method: str, sent: Args, *, is_read: bool = True) -> Door:
    """A part of a product, for programs: read by all who work there, changed by few."""
    return Door(
        Right.SEE_PRODUCTS,
        args=_product,
        sends={method: sent},
        is_read=is_read,
        is_json=True,
        rights={method: Right.EDIT_PRODUCTS},
    )


def _variant_sent(stall: Stall) -> Mapping[str, Any]:
    key = stall.variant.pk
    return {"row": key, f"sku-{key}": "NEW-1", f"price-{key}": "9"}


def _order_action(right: Right, sent: Mapping[str, Any]) -> Door:
    """A button of an order, for programs."""
    return Door(
        right,
        args=_order,
        sends={"POST": lambda _stall: sent},
        is_read=False,
        is_json=True,
    )


DOORS: dict[str, Door] = {
    "sell:choose": Door(None),
    "sell:open": Door(None),
    "sell:invitation": Door(None, args=lambda _stall: {"key": "unknown"}),
    "sell:settings": Door(Right.SETTINGS, sends={"POST": nothing}),
    "sell:closure": Door(
        Right.SETTINGS, sends={"POST": lambda _stall: {"open": "1"}}, is_read=False
    ),
    "sell:members": Door(
        Right.MEMBERS,
        sends={"POST": lambda _stall: {"email": "x@example.com", "role": "staff"}},
    ),
    "sell:member_role": Door(
        Right.MEMBERS,
        args=lambda stall: {"member_id": stall.member.pk},
        sends={"POST": lambda _stall: {"role": "staff"}},
        is_read=False,
    ),
    "sell:leave": Door(Right.SEE_SHOP, sends={"POST": nothing}, is_read=False),
    "sell:member_remove": Door(
        Right.MEMBERS,
        args=lambda stall: {"member_id": stall.member.pk},
        sends={"POST": nothing},
        is_read=False,
    ),
    "sell:invitation_withdraw": Door(
        Right.MEMBERS,
        args=lambda stall: {"invitation_id": stall.invitation.pk},
        sends={"POST": nothing},
        is_read=False,
    ),
    "sell:promotions": Door(Right.PROMOTE),
    "sell:promotion_new": Door(Right.PROMOTE, sends={"POST": _promotion_sent}),
    "sell:promotion_words": Door(
        Right.PROMOTE, sends={"POST": _promotion_sent}, is_read=False
    ),
    "sell:promotion": Door(
        Right.PROMOTE, args=_promotion, sends={"POST": _promotion_sent}
    ),
    "sell:promotion_switch": Door(
        Right.PROMOTE, args=_promotion, sends={"POST": nothing}, is_read=False
    ),
    "sell:promotion_duplicate": Door(
        Right.PROMOTE, args=_promotion, sends={"POST": nothing}, is_read=False
    ),
    "sell:promotion_results": Door(Right.PROMOTE, args=_promotion),
    "sell:promotion_code": Door(
        Right.PROMOTE,
        args=_promotion,
        sends={"POST": lambda _stall: {"one-code": "NEWCODE"}},
        is_read=False,
    ),
    "sell:promotion_codes": Door(
        Right.PROMOTE,
        args=_promotion,
        sends={"POST": lambda _stall: {"many-count": "2"}},
        is_read=False,
    ),
    "sell:promotion_codes_file": Door(Right.PROMOTE, args=_promotion),
    "sell:promotion_code_remove": Door(
        Right.PROMOTE, args=_coupon, sends={"POST": nothing}, is_read=False
    ),
    "v1:sell-promotions": Door(
        Right.PROMOTE, sends={"POST": _promotion_json}, is_json=True
    ),
    "v1:sell-promotion": Door(
        Right.PROMOTE, args=_promotion, sends={"PUT": _promotion_json}, is_json=True
    ),
    "v1:sell-promotion-switch": Door(
        Right.PROMOTE,
        args=_promotion,
        sends={"POST": lambda _stall: {"is_active": False}},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-promotion-duplicate": Door(
        Right.PROMOTE,
        args=_promotion,
        sends={"POST": nothing},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-promotion-results": Door(Right.PROMOTE, args=_promotion),
    "v1:sell-promotion-codes": Door(
        Right.PROMOTE,
        args=_promotion,
        sends={"POST": lambda _stall: {"code": "NEWCODE"}},
        is_json=True,
    ),
    "v1:sell-promotion-codes-many": Door(
        Right.PROMOTE,
        args=_promotion,
        sends={"POST": lambda _stall: {"count": 2}},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-promotion-code": Door(
        Right.PROMOTE,
        args=_coupon,
        sends={"DELETE": nothing},
        is_read=False,
        is_json=True,
    ),
    "sell:home": Door(Right.SEE_SHOP),
    "sell:returns": Door(Right.RECEIVE_RETURNS),
    "sell:return": Door(Right.RECEIVE_RETURNS, args=_return),
    "sell:return_photo": Door(
        Right.RECEIVE_RETURNS, args=lambda stall: {"photo_id": stall.photo.pk}
    ),
    "sell:return_approve": Door(
        Right.DECIDE_RETURNS,
        args=_return,
        sends={"POST": lambda _stall: {"approve-answer": "To us"}},
        is_read=False,
    ),
    "sell:return_refuse": Door(
        Right.DECIDE_RETURNS,
        args=_return,
        sends={"POST": lambda _stall: {"refuse-answer": "Worn"}},
        is_read=False,
    ),
    "sell:return_sent": Door(
        Right.RECEIVE_RETURNS, args=_return, sends={"POST": nothing}, is_read=False
    ),
    "sell:return_receive": Door(
        Right.RECEIVE_RETURNS, args=_return, sends={"POST": nothing}, is_read=False
    ),
    "sell:return_refund": Door(Right.REFUND, args=_return, sends={"POST": nothing}),
    "v1:sell-returns": Door(Right.RECEIVE_RETURNS),
    "v1:sell-return": Door(Right.RECEIVE_RETURNS, args=_return),
    "v1:sell-return-approve": Door(
        Right.DECIDE_RETURNS,
        args=_return,
        sends={"POST": lambda _stall: {"answer": "To us"}},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-return-refuse": Door(
        Right.DECIDE_RETURNS,
        args=_return,
        sends={"POST": lambda _stall: {"answer": "Worn"}},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-return-sent": Door(
        Right.RECEIVE_RETURNS,
        args=_return,
        sends={"POST": nothing},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-return-receive": Door(
        Right.RECEIVE_RETURNS,
        args=_return,
        sends={
            "POST": lambda stall: {
                "lines": [{"line": stall.order_return.pk, "good": 1}]
            }
        },
        is_read=False,
        is_json=True,
    ),
    "v1:sell-return-refund": Door(
        Right.REFUND, args=_return, sends={"POST": nothing}, is_json=True
    ),
    "sell:customers": Door(Right.SEE_CUSTOMERS),
    "sell:customer": Door(Right.SEE_CUSTOMERS, args=_customer),
    "v1:sell-customers": Door(Right.SEE_CUSTOMERS),
    "v1:sell-customer": Door(Right.SEE_CUSTOMERS, args=_customer),
    "sell:reviews": Door(Right.ANSWER_REVIEWS),
    "sell:review": Door(Right.ANSWER_REVIEWS, args=_review),
    "sell:review_answer": Door(
        Right.ANSWER_REVIEWS,
        args=_review,
        sends={"POST": lambda _stall: {"answer": "Thank you"}},
        is_read=False,
    ),
    "sell:review_answer_remove": Door(
        Right.ANSWER_REVIEWS, args=_review, sends={"POST": nothing}, is_read=False
    ),
    "sell:review_report": Door(
        Right.ANSWER_REVIEWS,
        args=_review,
        sends={"POST": lambda _stall: {"reason": "abuse"}},
        is_read=False,
    ),
    "v1:sell-reviews": Door(Right.ANSWER_REVIEWS),
    "v1:sell-review": Door(Right.ANSWER_REVIEWS, args=_review),
    "v1:sell-review-answer": Door(
        Right.ANSWER_REVIEWS,
        args=_review,
        sends={"PUT": lambda _stall: {"answer": "Thank you"}, "DELETE": nothing},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-review-report": Door(
        Right.ANSWER_REVIEWS,
        args=_review,
        sends={"POST": lambda _stall: {"reason": "abuse"}},
        is_read=False,
        is_json=True,
    ),
    "sell:numbers": Door(Right.SEE_NUMBERS),
    "sell:numbers_csv": Door(Right.SEE_NUMBERS),
    "sell:numbers_promotions_csv": Door(Right.SEE_NUMBERS),
    "v1:sell-numbers": Door(Right.SEE_NUMBERS),
    "sell:orders": Door(Right.SEE_ORDERS),
    "sell:order_slips": Door(Right.SEE_ORDERS),
    "sell:orders_all": Door(
        Right.PACK_ORDERS,
        sends={"POST": lambda _stall: {"do": "send", "expected": "1"}},
    ),
    "sell:orders_ship": Door(
        Right.PACK_ORDERS, sends={"POST": lambda stall: {"order": stall.order.pk}}
    ),
    "sell:drafts": Door(Right.CHANGE_ORDERS, sends={"POST": nothing}),
    "sell:draft": Door(
        Right.CHANGE_ORDERS, args=_draft, sends={"POST": lambda _stall: {"do": "place"}}
    ),
    "sell:order": Door(Right.SEE_ORDERS, args=_order),
    "sell:order_note": Door(
        Right.PACK_ORDERS,
        args=_order,
        sends={"POST": lambda _stall: {"text": "Fragile"}},
        is_read=False,
    ),
    "sell:order_ship": Door(
        Right.PACK_ORDERS,
        args=_order,
        sends={"POST": lambda stall: {str(stall.item.pk): "1"}},
    ),
    "sell:order_delivered": Door(
        Right.PACK_ORDERS, args=_order, sends={"POST": nothing}, is_read=False
    ),
    "sell:order_cancel": Door(
        Right.CHANGE_ORDERS,
        args=_order,
        sends={"POST": lambda _stall: {"reason": "Sold out"}},
    ),
    "sell:order_link": Door(
        Right.CHANGE_ORDERS, args=_order, sends={"POST": nothing}, is_read=False
    ),
    "sell:order_invoice": Door(Right.SEE_ORDERS, args=_order),
    "sell:order_refund": Door(
        Right.REFUND,
        args=_order,
        sends={"POST": lambda stall: {f"unsent-{stall.item.pk}": "1"}},
    ),
    "sell:order_edit": Door(
        Right.CHANGE_ORDERS,
        args=_order,
        sends={"POST": lambda stall: {f"remove-{stall.item.pk}": "1"}},
    ),
    "v1:sell-orders": Door(Right.SEE_ORDERS),
    "v1:sell-orders-change": Door(
        Right.PACK_ORDERS,
        sends={"POST": lambda _stall: {"action": "send", "filter": {}}},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-orders-ship": Door(
        Right.PACK_ORDERS,
        sends={"POST": lambda stall: {"orders": [{"order": str(stall.order.pk)}]}},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-order": Door(Right.SEE_ORDERS, args=_order),
    "v1:sell-order-invoice": Door(Right.SEE_ORDERS, args=_order),
    "v1:sell-order-notes": _order_action(Right.PACK_ORDERS, {"text": "Fragile"}),
    "v1:sell-order-ship": _order_action(Right.PACK_ORDERS, {}),
    "v1:sell-order-delivered": _order_action(Right.PACK_ORDERS, {}),
    "v1:sell-order-cancel": _order_action(Right.CHANGE_ORDERS, {"reason": "Sold out"}),
    "v1:sell-order-link": _order_action(Right.CHANGE_ORDERS, {}),
    "v1:sell-order-refund": Door(
        Right.REFUND,
        args=_order,
        sends={"POST": lambda _stall: {"amount": "1.00"}},
        is_json=True,
    ),
    "v1:sell-order-refund-preview": _order_action(Right.REFUND, {"amount": "1.00"}),
    "v1:sell-order-edit": _order_action(Right.CHANGE_ORDERS, {}),
    "v1:sell-order-edit-preview": _order_action(Right.CHANGE_ORDERS, {}),
    "v1:sell-drafts": Door(
        Right.CHANGE_ORDERS,
        sends={
            "POST": lambda stall: {
                "items": [{"variant": str(stall.variant.pk), "quantity": 1}]
            }
        },
        is_read=False,
        is_json=True,
    ),
    "v1:sell-draft": Door(
        Right.CHANGE_ORDERS,
        args=lambda stall: {"draft_id": stall.draft.pk},
        sends={"PATCH": lambda _stall: {"notes": "x"}, "DELETE": nothing},
        is_json=True,
    ),
    "v1:sell-draft-place": Door(
        Right.CHANGE_ORDERS,
        args=lambda stall: {"draft_id": stall.draft.pk},
        sends={"POST": lambda _stall: {"total": "1.00"}},
        is_read=False,
        is_json=True,
    ),
    **{
        f"sell:{name}": Door(Right.SEE_SHOP, args=_job)
        for name in ("job", "job_results")
    },
    **{
        f"sell:{name}": Door(
            Right.SEE_SHOP, args=_job, sends={"POST": nothing}, is_read=False
        )
        for name in ("job_cancel", "job_undo")
    },
    "sell:jobs": Door(Right.SEE_SHOP),
    "sell:products": Door(Right.SEE_PRODUCTS),
    "sell:change_many": Door(
        Right.EDIT_PRODUCTS,
        sends={
            "POST": lambda stall: {
                "id": stall.product.pk,
                "do": "price",
                "to-percent": "10",
            }
        },
    ),
    "sell:view_save": Door(
        Right.SEE_PRODUCTS,
        sends={"POST": lambda _stall: {"name": "Drafts", "status": "draft"}},
        is_read=False,
    ),
    "sell:view_remove": Door(
        Right.SEE_PRODUCTS,
        sends={"POST": lambda _stall: {"name": "Drafts"}},
        is_read=False,
    ),
    "v1:sell-product-views": Door(
        Right.SEE_PRODUCTS,
        sends={"POST": lambda _stall: {"name": "All"}, "DELETE": nothing},
        is_json=True,
    ),
    "sell:grid": Door(
        Right.COUNT_STOCK,
        sends={"POST": lambda stall: {"paste": f"SKU;stock\n{stall.variant.sku};9"}},
    ),
    "sell:grid_apply": Door(
        Right.COUNT_STOCK, sends={"POST": lambda _stall: {"plan": "x"}}, is_read=False
    ),
    "sell:product_new": Door(
        Right.EDIT_PRODUCTS,
        sends={"POST": lambda _stall: {"name": "Lamp", "price": "9"}},
    ),
    "sell:product_choices": Door(Right.EDIT_PRODUCTS),
    "sell:product": Door(
        Right.SEE_PRODUCTS,
        args=_product,
        sends={"POST": lambda _stall: {"name": "Taken", "slug": "x", "tax_class": "x"}},
        rights={"POST": Right.EDIT_PRODUCTS},
    ),
    "sell:product_state": Door(
        Right.EDIT_PRODUCTS,
        args=_product,
        sends={"POST": lambda _stall: {"status": "archived"}},
        is_read=False,
    ),
    "sell:product_duplicate": Door(
        Right.EDIT_PRODUCTS, args=_product, sends={"POST": nothing}, is_read=False
    ),
    "sell:product_variants": Door(
        Right.SEE_PRODUCTS,
        args=_product,
        sends={"POST": _variant_sent},
        rights={"POST": Right.EDIT_PRODUCTS},
    ),
    "sell:product_variants_change": Door(
        Right.EDIT_PRODUCTS,
        args=_product,
        sends={"POST": lambda stall: {"pick": stall.variant.pk, "do": "off"}},
        is_read=False,
    ),
    "sell:product_options": Door(
        Right.EDIT_PRODUCTS,
        args=_product,
        sends={"POST": lambda _stall: {"name1": "Size", "values1": "S, M"}},
    ),
    "sell:product_pictures": Door(
        Right.SEE_PRODUCTS,
        args=_product,
        sends={"POST": lambda stall: {"discard": stall.picture.pk}},
        rights={"POST": Right.EDIT_PRODUCTS},
    ),
    "sell:products_export": Door(Right.EDIT_PRODUCTS),
    "v1:sell-products-file": Door(Right.EDIT_PRODUCTS),
    "sell:products_import": Door(Right.EDIT_PRODUCTS, sends={"POST": nothing}),
    **{
        f"sell:{name}": Door(
            Right.EDIT_PRODUCTS, args=lambda stall: {"file_id": stall.file.pk}
        )
        for name in ("products_file", "products_corrected")
    },
    "sell:products_undo": Door(
        Right.EDIT_PRODUCTS,
        args=lambda stall: {"file_id": stall.file.pk},
        sends={"POST": nothing},
        is_read=False,
    ),
    "v1:sell-jobs": Door(Right.SEE_SHOP),
    **{
        f"v1:{name}": Door(Right.SEE_SHOP, args=_job)
        for name in ("sell-job", "sell-job-rows")
    },
    "v1:sell-job-cancel": Door(
        Right.SEE_SHOP,
        args=_job,
        sends={"POST": nothing},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-job-undo": Door(
        Right.SEE_SHOP,
        args=_job,
        sends={"POST": nothing},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-products": Door(
        Right.SEE_PRODUCTS,
        sends={"POST": lambda _stall: {"name": "Lamp", "price": "9"}},
        is_json=True,
        rights={"POST": Right.EDIT_PRODUCTS},
    ),
    "v1:sell-product": _of_product("PATCH", lambda _stall: {"name": "Taken"}),
    "v1:sell-product-duplicate": _of_product("POST", nothing, is_read=False),
    "v1:sell-product-variants": _of_product(
        "PATCH", lambda stall: {"rows": [{"id": stall.variant.pk, "price": "1"}]}
    ),
    "v1:sell-product-variants-remove": _of_product(
        "POST", lambda stall: {"ids": [stall.variant.pk]}, is_read=False
    ),
    "v1:sell-product-options": _of_product(
        "POST", lambda _stall: {"options": []}, is_read=False
    ),
    "v1:sell-product-pictures": _of_product("POST", nothing),
    "v1:sell-product-pictures-order": _of_product(
        "PUT", lambda stall: {"ids": [stall.picture.pk]}, is_read=False
    ),
    "v1:sell-product-picture": Door(
        Right.EDIT_PRODUCTS,
        args=lambda stall: {**_product(stall), "picture_id": stall.picture.pk},
        sends={"PATCH": lambda _stall: {"alt": "Taken"}, "DELETE": nothing},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-products-change": Door(
        Right.EDIT_PRODUCTS,
        sends={
            "POST": lambda stall: {
                "ids": [str(stall.product.pk)],
                "action": "price",
                "fields": {"percent": "10"},
            }
        },
        is_read=False,
        is_json=True,
    ),
    "v1:sell-products-sheet": Door(
        Right.COUNT_STOCK,
        sends={
            "POST": lambda stall: {"rows": [{"sku": stall.variant.sku, "stock": "9"}]}
        },
        is_read=False,
        is_json=True,
    ),
    "sell:delivery": Door(Right.SETTINGS),
    "sell:zone_new": Door(Right.SETTINGS, sends={"POST": _neighbours}),
    "sell:zone": Door(Right.SETTINGS, args=_zone, sends={"POST": _removal}),
    "sell:method_new": Door(Right.SETTINGS, args=_zone, sends={"POST": _way}),
    "sell:method": Door(Right.SETTINGS, args=_method, sends={"POST": _removal}),
    "sell:taxes": Door(
        Right.SETTINGS, sends={"POST": lambda _stall: {"prices_include_tax": "no"}}
    ),
    "sell:tax_rate_new": Door(Right.SETTINGS, sends={"POST": _rate_sent}),
    "sell:tax_rate": Door(Right.SETTINGS, args=_rate, sends={"POST": _removal}),
    "v1:sell-shops": Door(
        None,
        sends={
            "POST": lambda _stall: {
                "name": "Corner",
                "country": "KE",
                "currency": "KES",
                "timezone": "Africa/Nairobi",
            }
        },
        is_json=True,
    ),
    "v1:sell-invitation-accept": Door(
        None,
        args=lambda _stall: {"key": "unknown"},
        sends={"POST": nothing},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-people": Door(Right.MEMBERS),
    "v1:sell-person": Door(
        Right.MEMBERS,
        args=lambda stall: {"member_id": stall.member.pk},
        sends={"PATCH": lambda _stall: {"role": "staff"}, "DELETE": nothing},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-invitations": Door(
        Right.MEMBERS,
        sends={"POST": lambda _stall: {"email": "x@example.com", "role": "staff"}},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-invitation": Door(
        Right.MEMBERS,
        args=lambda stall: {"invitation_id": stall.invitation.pk},
        sends={"DELETE": nothing},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-settings": Door(
        Right.SETTINGS, sends={"PATCH": lambda _stall: {"phone": "1"}}, is_json=True
    ),
    "v1:sell-closure": Door(
        Right.SETTINGS,
        sends={"PUT": lambda _stall: {"closed_from": None}},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-delivery-zones": Door(
        Right.SETTINGS, sends={"POST": _neighbours}, is_json=True
    ),
    "v1:sell-delivery-zone": Door(
        Right.SETTINGS,
        args=_zone,
        sends={"PUT": _neighbours, "DELETE": nothing},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-delivery-methods": Door(
        Right.SETTINGS, args=_zone, sends={"POST": _way}, is_read=False, is_json=True
    ),
    "v1:sell-delivery-method": Door(
        Right.SETTINGS,
        args=_method,
        sends={"PUT": _way, "DELETE": nothing},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-tax-rates": Door(Right.SETTINGS, sends={"POST": _rate_sent}, is_json=True),
    "v1:sell-tax-rate": Door(
        Right.SETTINGS,
        args=_rate,
        sends={"PUT": _rate_sent, "DELETE": nothing},
        is_read=False,
        is_json=True,
    ),
    "sell:stock": Door(Right.COUNT_STOCK),
    "sell:stock_shop_threshold": Door(
        Right.EDIT_PRODUCTS,
        sends={"POST": lambda _stall: {"low-threshold": "7"}},
        is_read=False,
    ),
    "sell:stock_count": Door(
        Right.COUNT_STOCK,
        sends={"POST": lambda stall: {"scanned": f"{stall.variant.sku};9"}},
    ),
    "sell:stock_count_apply": Door(
        Right.COUNT_STOCK, sends={"POST": lambda _stall: {"plan": "x"}}, is_read=False
    ),
    "sell:stock_ledger": Door(Right.COUNT_STOCK, args=_variant),
    "sell:stock_ledger_csv": Door(Right.COUNT_STOCK, args=_variant),
    "sell:stock_set": Door(
        Right.COUNT_STOCK,
        args=_variant,
        sends={
            "POST": lambda stall: {"count-counted": "9", "count-seen": _level(stall)}
        },
        is_read=False,
    ),
    "sell:stock_change": Door(
        Right.COUNT_STOCK,
        args=_variant,
        sends={
            "POST": lambda stall: {
                "change-change": "2",
                "change-reason": "delivery",
                "change-seen": _level(stall),
            }
        },
        is_read=False,
    ),
    "sell:stock_threshold": Door(
        Right.EDIT_PRODUCTS,
        args=_variant,
        sends={"POST": lambda _stall: {"low-threshold": "3"}},
        is_read=False,
    ),
    "v1:sell-stock": Door(Right.COUNT_STOCK),
    "v1:sell-stock-low": Door(
        Right.COUNT_STOCK,
        sends={"PUT": lambda _stall: {"low_stock_threshold": 7}},
        is_json=True,
        rights={"PUT": Right.EDIT_PRODUCTS},
    ),
    "v1:sell-stock-counts": Door(
        Right.COUNT_STOCK,
        sends={
            "POST": lambda stall: {"lines": [{"code": stall.variant.sku, "units": "9"}]}
        },
        is_read=False,
        is_json=True,
    ),
    "v1:sell-stock-variant": Door(
        Right.COUNT_STOCK,
        args=_variant,
        sends={"PATCH": lambda _stall: {"low_stock_threshold": 3}},
        is_json=True,
        rights={"PATCH": Right.EDIT_PRODUCTS},
    ),
    "v1:sell-stock-ledger": Door(Right.COUNT_STOCK, args=_variant),
    "v1:sell-stock-count": Door(
        Right.COUNT_STOCK,
        args=_variant,
        sends={"POST": lambda _stall: {"counted": 9}},
        is_read=False,
        is_json=True,
    ),
    "v1:sell-stock-change": Door(
        Right.COUNT_STOCK,
        args=_variant,
        sends={"POST": lambda _stall: {"change": 2, "reason": "delivery"}},
        is_read=False,
        is_json=True,
    ),
}
