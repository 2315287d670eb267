"""Carts, orders and what follows from them in the admin.

Orders are placed, moved on and corrected by services; here they are read, with room for a
note. Promotions and coupons are made here, and so are ways to deliver and rates of tax.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.decorators import action, display

from orders.countries import COUNTRIES
from orders.models import (
    AbandonedCart,
    Cart,
    CartItem,
    Checkout,
    Coupon,
    Customer,
    DeliveryMethod,
    DeliveryZone,
    Invoice,
    InvoiceCounter,
    Order,
    OrderCoupon,
    OrderItem,
    OrderMessage,
    OrderNote,
    OrderReturn,
    OrderReturnItem,
    OrderReturnPhoto,
    OrderStatusChange,
    OrderTracking,
    Promotion,
    ShipmentItem,
    ShippingAddress,
    TaxRate,
)
from orders.services.invoice_documents import invoice_document
from shop.admin.base import (
    HistoryAdmin,
    HistoryInline,
    ModelAdmin,
    TabularInline,
    belonging_to,
)
from shop.admin.columns import badge, link, money
from shop.admin.filters import choices, days, yes_no
from shop.admin.finding import FEW, Hit, finds, row_hit
from shop.encryption import email_hash
from shop.ids import parse_id


def orders_numbered(number: str) -> Q:
    """Rows of the order with this number."""
    found = Order.objects.filter(order_number__in={number, number.upper()})
    return belonging_to(found, "order")


class OrderItems(HistoryInline):
    model = OrderItem
    fields = ("sku", "name", "quantity", "unit_price", "sum", "discount")
    readonly_fields = ("unit_price", "sum", "discount")
    joined = ("order",)
    tab = False
    verbose_name_plural = "items"
    unit_price = staticmethod(money("price", currency="order__currency"))
    sum = staticmethod(money("subtotal", "sum", currency="order__currency"))
    discount = staticmethod(
        money("total_discount", "discount", currency="order__currency")
    )


class StatusChanges(HistoryInline):
    model = OrderStatusChange
    fields = ("created_at", "status", "user", "notes", "notify_customer")
    joined = ("user",)
    ordering = ("created_at",)
    verbose_name_plural = "history"


class Returns(HistoryInline):
    model = OrderReturn
    fields = ("event_time", "status", "reason", "refund_total")
    verbose_name_plural = "returns"


class Invoices(HistoryInline):
    model = Invoice
    fields = ("invoice_number", "issued_at", "total", "tax", "currency", "paid_at")
    verbose_name_plural = "invoices"


class Parcels(HistoryInline):
    model = OrderTracking
    fields = ("carrier", "tracking_number", "current_location", "delivered_at")
    verbose_name_plural = "parcels"


class CouponsUsed(HistoryInline):
    model = OrderCoupon
    fields = ("promotion", "coupon", "discount")
    joined = ("promotion", "coupon")
    verbose_name_plural = "promotions"


@admin.register(Order)
class OrderAdmin(ModelAdmin):
    """An order as it was placed; only the house's own note is written here."""

    list_display = (
        "order_number",
        link("shop"),
        money("total_price", "total"),
        badge("status"),
        badge("financial_status", "payment"),
        badge("fulfillment_status", "fulfilment"),
        "payment_method",
        "event_time",
    )
    list_filter = (
        choices("status"),
        choices("financial_status"),
        choices("fulfillment_status"),
        choices("payment_method"),
        days("event_time"),
    )
    search_fields = ("=order_number",)
    search_help_text = "A whole order number, the buyer's e-mail address, or an id."
    search_ids = ("checkout_id", "customer_id", "shop_id", "user_id")
    ordering = ("-event_time",)
    allows_add = False
    allows_delete = False
    written = ("internal_notes",)
    actions_detail = ("one_page",)
    total = staticmethod(money("total_price", "total"))
    subtotal = staticmethod(money("subtotal_price", "goods"))
    discount = staticmethod(money("total_discount", "discount"))
    shipping = staticmethod(money("total_shipping", "shipping"))
    tax = staticmethod(money("total_tax", "tax"))
    inlines = (
        OrderItems,
        StatusChanges,
        Returns,
        Invoices,
        Parcels,
        CouponsUsed,
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "order_number",
                    "shop",
                    "status",
                    "financial_status",
                    "fulfillment_status",
                    "event_time",
                    "internal_notes",
                )
            },
        ),
        (
            "Money",
            {
                "fields": (
                    "subtotal",
                    "discount",
                    "shipping",
                    "tax",
                    "total",
                    "payment_method",
                    "payments",
                )
            },
        ),
        (
            "Buyer",
            {
                "classes": ("tab",),
                "fields": (
                    "customer",
                    "user",
                    "email",
                    "shipping_address",
                    "billing_address",
                    "notes",
                ),
            },
        ),
        (
            "More",
            {
                "classes": ("tab",),
                "fields": (
                    "id",
                    "order_ref",
                    "checkout",
                    "processed_at",
                    "completed_at",
                    "cancelled_at",
                    "cancel_reason",
                    "created_at",
                    "updated_at",
                    "extra_data",
                ),
            },
        ),
    )

    @action(description="One-page history", url_path="story", icon="timeline")
    def one_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        # A higher app's: named by its URL, never imported.
        key = parse_id(str(object_id))
        if key is None:
            raise Http404
        return redirect("order_story", key)

    @display(description="payments")
    def payments(self, order: Order) -> SafeString:
        # A higher app: named by its URL, never imported.
        url = reverse("admin:payments_payment_changelist", query={"q": order.pk})
        return format_html('<a href="{}">Payments of this order</a>', url)

    def search(self, term: str) -> Q:
        if "@" in term:
            buyers = Customer.objects.filter(email_hash=email_hash(term))
            return belonging_to(buyers, "customer")
        return super().search(term)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        named = [name for _, options in self.fieldsets for name in options["fields"]]
        return tuple(name for name in named if name not in self.written)


@finds("orders.order", "Orders", "shopping_bag")
def find_orders(term: str) -> list[Hit]:
    """By the beginning of a number, or by the buyer's whole address; the newest first."""
    if "@" in term:
        buyers = Customer.objects.filter(email_hash=email_hash(term))
        wanted = Q(customer__in=buyers)
    else:
        wanted = Q(order_number__startswith=term.upper())
    orders = Order.objects.filter(wanted).select_related("shop")
    return [
        row_hit(
            order,
            title=order.order_number,
            detail=f"{order.shop}, {order.get_status_display().lower()},"
            f" {order.total_price} {order.currency}",
            is_exact=term.upper() == order.order_number,
        )
        for order in orders.order_by("-event_time")[:FEW]
    ]


@admin.register(OrderItem)
class OrderItemAdmin(HistoryAdmin):
    list_display = (
        "name",
        "sku",
        link("order"),
        "quantity",
        money("price", currency="order__currency"),
        money("subtotal", "sum", currency="order__currency"),
    )
    search_ids = ("order_id", "product_id", "variant_id")
    search_help_text = "An order number, or the id of an order, product or variant."

    def search(self, term: str) -> Q:
        return orders_numbered(term)


@admin.register(OrderStatusChange)
class OrderStatusChangeAdmin(HistoryAdmin):
    list_display = ("created_at", link("order"), badge(), link("user", "by"), "notes")
    list_filter = (choices("status"),)
    search_ids = ("order_id",)
    search_help_text = "An order number, or the id of an order."

    def search(self, term: str) -> Q:
        return orders_numbered(term)


@admin.register(OrderReturn)
class OrderReturnAdmin(HistoryAdmin):
    list_display = (
        "event_time",
        link("order"),
        badge(),
        money("refund_total", "given back", currency="order__currency"),
        "restock",
    )
    list_filter = (choices("status"), days("event_time"))
    ordering = ("-event_time",)
    search_ids = ("order_id",)
    search_help_text = "An order number, or the id of an order or a return."

    def search(self, term: str) -> Q:
        return orders_numbered(term)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return (ReturnedItems, ReturnPhotos)


class ReturnPhotos(HistoryInline):
    model = OrderReturnPhoto
    fields = ("created_at", "picture")
    readonly_fields = ("picture",)
    verbose_name_plural = "photos"

    @display(description="photo")
    def picture(self, photo: OrderReturnPhoto) -> SafeString:
        return photo_link(photo)


class ReturnedItems(HistoryInline):
    model = OrderReturnItem
    fields = ("product", "quantity", "price", "amount", "restocked")
    joined = ("product",)
    tab = False
    verbose_name_plural = "items"


@admin.register(OrderReturnItem)
class OrderReturnItemAdmin(HistoryAdmin):
    list_display = (
        "id",
        link("order_return", "return"),
        link("product"),
        "quantity",
        money("amount", currency="order_return__order__currency"),
        "restocked",
    )
    search_ids = ("order_return_id", "order_item_id", "product_id")
    search_help_text = "The id of a return, of an order's item, or of a product."


def photo_link(photo: OrderReturnPhoto) -> SafeString:
    """The file is private: it has an address for operators only."""
    url = reverse("admin:orders_orderreturnphoto_picture", args=[photo.pk])
    return format_html('<a href="{}">Look at it</a>', url)


@admin.register(OrderReturnPhoto)
class OrderReturnPhotoAdmin(HistoryAdmin):
    list_display = ("created_at", link("order_return", "return"), "picture")
    readonly_fields = ("picture",)
    hidden = (*HistoryAdmin.hidden, "photo")
    search_ids = ("order_return_id",)
    search_help_text = "The id of a return, or of the photo."

    @display(description="photo")
    def picture(self, photo: OrderReturnPhoto) -> SafeString:
        return photo_link(photo)

    def get_urls(self) -> Any:
        show = self.admin_site.admin_view(self.show_picture)
        name = "orders_orderreturnphoto_picture"
        return [path("<uuid:photo_id>/picture/", show, name=name), *super().get_urls()]

    def show_picture(self, request: HttpRequest, photo_id: UUID) -> HttpResponse:
        photo = get_object_or_404(OrderReturnPhoto, pk=photo_id)
        if not self.has_view_permission(request, photo):
            raise PermissionDenied
        # As `clean_picture` made it.
        return HttpResponse(photo.photo.read(), content_type="image/webp")


@admin.register(Customer)
class CustomerAdmin(HistoryAdmin):
    """Buyers without personal data: an address finds its buyer by its keyed hash."""

    list_display = ("name", "region", "first_order_at", "last_order_at", "created_at")
    list_filter = (days("last_order_at"),)
    search_fields = ("=region",)
    search_help_text = "A whole e-mail address, a region, or an id."

    def search(self, term: str) -> Q:
        return Q(email_hash=email_hash(term)) if "@" in term else super().search(term)

    @display(description="customer")
    def name(self, customer: Customer) -> str:
        return str(customer)


class CartItems(HistoryInline):
    model = CartItem
    fields = ("variant", "quantity", "added_price")
    joined = ("variant",)
    tab = False
    verbose_name_plural = "items"


@admin.register(Cart)
class CartAdmin(HistoryAdmin):
    list_display = ("id", link("user"), badge(), "currency", "updated_at")
    list_filter = (choices("status"),)
    hidden = (*HistoryAdmin.hidden, "session_id")
    search_ids = ("user_id",)
    search_help_text = "The id of a person, or of the cart."
    inlines = (CartItems,)


@admin.register(CartItem)
class CartItemAdmin(HistoryAdmin):
    list_display = (
        "id",
        link("cart"),
        link("variant"),
        "quantity",
        money("added_price", "price", currency="cart__currency"),
    )
    search_ids = ("cart_id", "variant_id")
    search_help_text = "The id of a cart, or of a variant."


@admin.register(AbandonedCart)
class AbandonedCartAdmin(HistoryAdmin):
    list_display = (
        "abandoned_at",
        link("user"),
        money("total_price", "total", currency="cart__currency"),
        "recovery_email_sent",
        "recovered_at",
    )
    list_filter = (yes_no("recovery_email_sent"), days("abandoned_at"))
    ordering = ("-abandoned_at",)
    hidden = (*HistoryAdmin.hidden, "session_id")
    search_ids = ("cart_id", "user_id")
    search_help_text = "The id of a cart, or of a person."


class CheckoutOrders(HistoryInline):
    model = Order
    fields = ("order_number", "shop", "status", "total_price", "currency")
    joined = ("shop",)
    tab = False
    verbose_name_plural = "orders"


@admin.register(Checkout)
class CheckoutAdmin(HistoryAdmin):
    list_display = (
        "id",
        link("user"),
        money("total_price", "total"),
        badge(),
        "source",
        "expires_at",
    )
    list_filter = (choices("status"),)
    hidden = (*HistoryAdmin.hidden, "idempotency_key")
    search_ids = ("cart_id", "user_id")
    search_help_text = "The id of a cart, of a person, or of the checkout."
    inlines = (CheckoutOrders,)


@admin.register(ShippingAddress)
class ShippingAddressAdmin(HistoryAdmin):
    """Where orders go. The list names towns; a street shows on the row's own page."""

    list_display = ("id", "city", "country", link("user"), link("order"), "is_default")
    search_ids = ("user_id", "order_id")
    search_help_text = "An order number, or the id of a person or an order."

    def search(self, term: str) -> Q:
        return orders_numbered(term)


class ShippedItems(HistoryInline):
    model = ShipmentItem
    fields = ("order_item", "quantity")
    joined = ("order_item",)
    tab = False
    verbose_name_plural = "items"


@admin.register(OrderTracking)
class OrderTrackingAdmin(ModelAdmin):
    list_display = (
        "created_at",
        link("order"),
        "carrier",
        "tracking_number",
        "estimated_delivery",
        "delivered_at",
    )
    search_ids = ("order_id",)
    search_help_text = "An order number, or the id of an order."
    inlines = (ShippedItems,)

    def search(self, term: str) -> Q:
        return orders_numbered(term)


@admin.register(ShipmentItem)
class ShipmentItemAdmin(HistoryAdmin):
    """What is in a parcel: written when it is sent."""

    list_display = (
        "id",
        link("tracking", "parcel"),
        link("order_item", "item"),
        "quantity",
    )
    search_ids = ("tracking_id", "order_item_id")
    search_help_text = "The id of a parcel, or of an order's item."


@admin.register(Invoice)
class InvoiceAdmin(HistoryAdmin):
    """Numbers without gaps: nothing is added, changed or taken away by hand."""

    list_display = (
        "invoice_number",
        link("shop"),
        link("order"),
        money("total"),
        money("tax"),
        "issued_at",
        "paid_at",
    )
    list_filter = (days("issued_at"),)
    search_fields = ("=invoice_number",)
    search_help_text = "An invoice number, an order number, or an id."
    search_ids = ("order_id", "shop_id", "user_id")
    readonly_fields = ("pdf",)
    # The file is private: its own address is nobody's.
    hidden = (*HistoryAdmin.hidden, "document")

    def search(self, term: str) -> Q:
        return super().search(term) | orders_numbered(term)

    @display(description="document")
    def pdf(self, invoice: Invoice) -> SafeString:
        url = reverse("admin:orders_invoice_pdf", args=[invoice.pk])
        return format_html('<a href="{}">{}.pdf</a>', url, invoice.invoice_number)

    def get_urls(self) -> Any:
        show = self.admin_site.admin_view(self.show_pdf)
        name = "orders_invoice_pdf"
        return [path("<uuid:invoice_id>/pdf/", show, name=name), *super().get_urls()]

    def show_pdf(self, request: HttpRequest, invoice_id: UUID) -> HttpResponse:
        invoice = get_object_or_404(Invoice, pk=invoice_id)
        if not self.has_view_permission(request, invoice):
            raise PermissionDenied
        response = HttpResponse(
            invoice_document(invoice_id=invoice.pk), content_type="application/pdf"
        )
        response["Content-Disposition"] = "inline"
        return response


@admin.register(OrderMessage)
class OrderMessageAdmin(HistoryAdmin):
    """Which e-mails an order's buyer was sent; one that was claimed and not sent is tried again."""

    list_display = ("claimed_at", link("order"), "kind", "sent_at")
    list_filter = (days("claimed_at"),)
    search_ids = ("order_id",)
    search_help_text = "An order number, or an id."

    def search(self, term: str) -> Q:
        return super().search(term) | orders_numbered(term)


@admin.register(OrderNote)
class OrderNoteAdmin(HistoryAdmin):
    """What somebody of the shop wrote down; the buyer never sees it."""

    list_display = ("created_at", link("order"), link("author"))
    list_filter = (days("created_at"),)
    search_ids = ("order_id",)
    search_help_text = "The id of an order, or of the note."


@admin.register(InvoiceCounter)
class InvoiceCounterAdmin(HistoryAdmin):
    """The last number of each shop: another one would leave a gap."""

    list_display = (link("shop"), "last_number")
    list_display_links = ("last_number",)
    search_ids = ("shop_id",)
    search_help_text = "The id of a shop."


def country_code(typed: str) -> str:
    """In capitals, as addresses have it: another spelling would match nothing."""
    code = typed.strip().upper()
    if code not in COUNTRIES:
        sentence = _("%(code)s is no country's code of two letters, such as KE.")
        raise ValidationError(sentence % {"code": typed})
    return code


class ZoneForm(forms.ModelForm):
    def clean_countries(self) -> list[str]:
        typed = self.cleaned_data["countries"] or []
        return list(dict.fromkeys(country_code(one) for one in typed))


class TaxRateForm(forms.ModelForm):
    def clean_country(self) -> str:
        return country_code(self.cleaned_data["country"])


class DeliveryMethods(TabularInline):
    model = DeliveryMethod
    fields = ("name", "price", "free_from", "min_days", "max_days", "is_active")
    tab = False
    verbose_name_plural = "ways to deliver"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields


@admin.register(DeliveryZone)
class DeliveryZoneAdmin(ModelAdmin):
    """Where a shop sends to, and how; the first zone that names the country counts."""

    form = ZoneForm
    list_display = ("name", link("shop"), "where", "position")
    search_fields = ("^name",)
    search_help_text = "The beginning of a name, or the id of a zone or a shop."
    search_ids = ("shop_id",)
    inlines = (DeliveryMethods,)

    @display(description="countries")
    def where(self, zone: DeliveryZone) -> str:
        return ", ".join(zone.countries) or "everywhere else"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        # Prices are in the shop's currency.
        return (*own, "shop") if obj else own


@admin.register(DeliveryMethod)
class DeliveryMethodAdmin(ModelAdmin):
    list_display = (
        "name",
        link("zone"),
        link("zone__shop", "shop"),
        money("price", currency="zone__shop__currency"),
        money("free_from", currency="zone__shop__currency"),
        "min_days",
        "max_days",
        "is_active",
    )
    list_filter = (yes_no("is_active"),)
    search_fields = ("^name",)
    search_help_text = "The beginning of a name, or the id of a way or a zone."
    search_ids = ("zone_id",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return (*own, "zone") if obj else own


@admin.register(TaxRate)
class TaxRateAdmin(ModelAdmin):
    """What is added or contained; placed orders keep the rate they were placed with."""

    form = TaxRateForm
    list_display = (
        "name",
        "country",
        "province",
        "tax_class",
        link("shop"),
        "percent",
        "applies_to_shipping",
    )
    list_filter = (yes_no("applies_to_shipping"),)
    search_fields = ("=country", "^name")
    search_help_text = "A country's code, the beginning of a name, or an id."
    ordering = ("country", "province", "tax_class")

    @display(description="rate")
    def percent(self, rate: TaxRate) -> str:
        return f"{(rate.rate * 100).normalize():f} %"


class Coupons(TabularInline):
    model = Coupon
    fields = ("code", "usage_limit", "usage_limit_per_user", "usage_count")
    readonly_fields = ("usage_count",)
    verbose_name_plural = "coupons"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields


@admin.register(Promotion)
class PromotionAdmin(ModelAdmin):
    list_display = (
        "name",
        link("shop"),
        "kind",
        "value",
        "starts_at",
        "ends_at",
        "usage_count",
        "is_active",
    )
    list_filter = (choices("kind"), yes_no("is_active"), days("starts_at"))
    search_fields = ("^name",)
    search_help_text = "The beginning of a name, or an id."
    search_ids = ("shop_id",)
    readonly_fields = ("usage_count",)
    inlines = (Coupons,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return (*own, "shop") if obj else own

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: bool
    ) -> None:
        for row in formset.forms:
            row.instance.shop_id = form.instance.shop_id
        super().save_formset(request, form, formset, change)


@admin.register(Coupon)
class CouponAdmin(ModelAdmin):
    list_display = (
        "code",
        link("promotion"),
        link("shop"),
        "usage_count",
        "usage_limit",
    )
    search_help_text = "A whole code, or the id of a coupon, promotion or shop."
    search_ids = ("promotion_id", "shop_id")
    readonly_fields = ("usage_count", "shop")

    def search(self, term: str) -> Q:
        return Q(code__iexact=term)

    def save_model(
        self, request: HttpRequest, obj: Coupon, form: Any, change: bool
    ) -> None:
        obj.shop_id = obj.promotion.shop_id
        super().save_model(request, obj, form, change)


@admin.register(OrderCoupon)
class OrderCouponAdmin(HistoryAdmin):
    list_display = (
        "id",
        link("order"),
        link("promotion"),
        link("coupon"),
        money("discount", currency="order__currency"),
    )
    search_ids = ("order_id", "coupon_id", "promotion_id")
    search_help_text = (
        "An order number, or the id of an order, a coupon or a promotion."
    )

    def search(self, term: str) -> Q:
        return orders_numbered(term)
