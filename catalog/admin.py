"""The catalogue in the admin: departments, brands, products, stock and what is said of them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.postgres.search import SearchQuery
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.views import ChangeList

from catalog.brand_admin import BrandMerge
from catalog.category_admin import CategoryTree
from catalog.models import (
    Brand,
    Category,
    InventoryLog,
    LowStockLine,
    LowStockNotice,
    PriceChange,
    Product,
    ProductAddress,
    ProductBuyer,
    ProductImage,
    ProductReview,
    ProductTag,
    ProductVariant,
    ProductView,
    RetiredProduct,
    ReviewImage,
    ReviewReport,
    ReviewVote,
    SavedView,
    StockAlert,
    StockReservation,
    Tag,
    Wishlist,
    WishlistItem,
)
from catalog.services.prices import hold_product, record_price, show_lowest_prices
from catalog.services.reviews import forget_photos, moderate_review
from shop.admin.base import HistoryAdmin, HistoryInline, ModelAdmin, TabularInline
from shop.admin.columns import badge, link, money, reference
from shop.admin.filters import choices, days, yes_no
from shop.admin.finding import FEW, Hit, finds, prefix_query, row_hit


def thumbnail(image: Any) -> SafeString | str:
    """A small picture, for a list."""
    if not image:
        return ""
    return format_html(
        '<img class="thumbnail" src="{}" alt="" width="40" height="40" loading="lazy">',
        image.url,
    )


class TreeChangeList(ChangeList):
    """In the tree's own order: parents first, then their children."""

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[str]:
        return ["tree_ordering"]


@admin.register(Category)
class CategoryAdmin(CategoryTree, ModelAdmin):
    """The departments as the tree they are: children stand indented below their parent."""

    list_display = ("branch", "slug", "is_active", "sort_order")
    list_filter = (yes_no("is_active"),)
    search_fields = ("^name", "=slug")
    search_help_text = "The beginning of a name, a slug, or an id."
    search_ids = ("parent_id",)
    prepopulated_fields = {"slug": ("name",)}
    list_per_page = 200
    actions_list = ("tree",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).with_tree_fields()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ()

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return []

    def get_changelist(self, request: HttpRequest, **options: Any) -> Any:
        return TreeChangeList

    @display(description="name")
    def branch(self, category: Category) -> SafeString:
        depth = min(getattr(category, "tree_depth", 0), 9)
        return format_html('<span class="branch depth-{}">{}</span>', depth, category)


@admin.register(Brand)
class BrandAdmin(BrandMerge, ModelAdmin):
    list_display = ("name", "slug", "website_url", "is_active", link("merged_into"))
    actions = ("merge",)
    list_filter = (yes_no("is_active"),)
    search_fields = ("^name", "=slug")
    search_help_text = "The beginning of a name, a slug, or an id."
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Tag)
class TagAdmin(ModelAdmin):
    list_display = ("name", "slug")
    search_fields = ("^name", "=slug")
    search_help_text = "The beginning of a tag, a slug, or an id."
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}


def _record_price(request: HttpRequest, form: Any) -> None:
    """The history of a price that a form has changed."""
    if {"price", "compare_price"} & set(form.changed_data):
        record_price(
            variant=form.instance,
            old_price=form.initial.get("price"),
            now=timezone.now(),
            user_id=request.user.pk,
        )


class Variants(TabularInline):
    model = ProductVariant
    fields = ("sku", "name", "price", "stock", "position")
    readonly_fields = ("stock",)
    verbose_name_plural = "variants"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields

    @display(description="available of stock")
    def stock(self, variant: ProductVariant) -> str:
        return f"{variant.available_quantity} of {variant.inventory_quantity}"


class Images(TabularInline):
    model = ProductImage
    fields = ("picture", "src", "alt", "position", "is_primary")
    readonly_fields = ("picture",)
    verbose_name_plural = "pictures"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields

    @display(description="picture")
    def picture(self, image: ProductImage) -> SafeString | str:
        return thumbnail(image.src)


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    list_display = (
        "name",
        "sku",
        link("shop"),
        link("category"),
        money("price"),
        badge(),
        "rating_average",
        "event_time",
    )
    list_filter = (choices("status"), yes_no("is_featured"), days("event_time"))
    search_fields = ("words",)
    search_help_text = "Words of the name or description, a SKU, or an id."
    search_ids = ("shop_id", "category_id", "brand_id")
    ordering = ("-event_time",)
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("rating_average", "review_count")
    inlines = (Variants, Images)
    fieldsets = (
        (None, {"fields": ("shop", "name", "slug", "sku", "status", "is_featured")}),
        ("Shelf", {"fields": ("category", "brand", "tags")}),
        (
            "Price",
            {"fields": ("price", "compare_price", "cost_price", "currency")},
        ),
        (
            "Words",
            {
                "classes": ("tab",),
                "fields": (
                    "short_description",
                    "description",
                    "seo_title",
                    "seo_description",
                ),
            },
        ),
        (
            "Details",
            {
                "classes": ("tab",),
                "fields": (
                    "track_inventory",
                    "weight",
                    "dimensions",
                    "attributes",
                    "extra_data",
                    "rating_average",
                    "review_count",
                    "event_time",
                ),
            },
        ),
    )

    def search(self, term: str) -> Q:
        words = SearchQuery(term, config="english", search_type="websearch")
        exact = SearchQuery(term, config="simple", search_type="phrase")
        return Q(search_vector=words) | Q(search_vector=exact)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        if obj is None:
            return own
        # What it costs is what its variants cost: theirs is the one price to change.
        shown = ("price", "compare_price") if obj.variants.exists() else ()
        # Orders, stock and prices were made in the shop and in its currency.
        return (*own, "shop", "currency", *shown)

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: bool
    ) -> None:
        for row in formset.forms:
            if isinstance(row.instance, ProductVariant):
                row.instance.shop_id = form.instance.shop_id
        if formset.model is not ProductVariant:
            super().save_formset(request, form, formset, change)
            return
        hold_product(product_id=form.instance.pk)
        super().save_formset(request, form, formset, change)
        for row in formset.initial_forms:
            if row not in formset.deleted_forms:
                _record_price(request, row)
        for variant in formset.new_objects:
            record_price(
                variant=variant,
                old_price=None,
                now=timezone.now(),
                user_id=request.user.pk,
            )
        # The cheapest one may have been deleted.
        show_lowest_prices(product_ids=[form.instance.pk], now=timezone.now())


@finds("catalog.product", "Products", "inventory_2")
def find_products(term: str) -> list[Hit]:
    """By the beginnings of the words of its name and description."""
    query = prefix_query(term)
    if not query:
        return []
    words = SearchQuery(query, config="simple", search_type="raw")
    found = Product.objects.filter(search_vector=words).select_related("shop")
    return [
        row_hit(
            product,
            detail=f"{product.shop}, {product.get_status_display().lower()}",
            is_exact=False,
        )
        for product in found.order_by("-event_time")[:FEW]
    ]


@finds("catalog.productvariant", "SKUs", "style")
def find_variants(term: str) -> list[Hit]:
    """By the whole SKU, which several shops may have."""
    spellings = {term, term.upper(), term.lower()}
    found = ProductVariant.objects.filter(sku__in=sorted(spellings))
    return [
        row_hit(
            variant.product,
            title=variant.sku,
            detail=f"{variant.product}, {variant.product.shop}",
            is_exact=True,
        )
        for variant in found.select_related("product__shop").order_by("pk")[:FEW]
    ]


@admin.register(ProductVariant)
class ProductVariantAdmin(ModelAdmin):
    """Stock is read here: it changes through the stock ledger alone."""

    list_display = (
        "sku",
        "name",
        link("product"),
        money("price", currency="product__currency"),
        "inventory_quantity",
        "reserved_quantity",
        "inventory_policy",
    )
    list_filter = (choices("inventory_policy"), yes_no("inventory_tracking"))
    search_fields = ("=sku",)
    search_help_text = "A whole SKU, or an id."
    search_ids = ("product_id", "shop_id")
    ordering = ("-id",)
    readonly_fields = ("inventory_quantity", "reserved_quantity", "shop")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return (*own, "product") if obj else own

    def delete_model(self, request: HttpRequest, obj: ProductVariant) -> None:
        self.delete_queryset(request, ProductVariant.objects.filter(pk=obj.pk))

    @transaction.atomic
    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[ProductVariant]
    ) -> None:
        products = sorted(set(queryset.values_list("product_id", flat=True)))
        for product_id in products:
            hold_product(product_id=product_id)
        super().delete_queryset(request, queryset)
        show_lowest_prices(product_ids=products, now=timezone.now())

    def save_model(
        self, request: HttpRequest, obj: ProductVariant, form: Any, change: bool
    ) -> None:
        obj.shop_id = obj.product.shop_id
        hold_product(product_id=obj.product_id)
        super().save_model(request, obj, form, change)
        if change:
            _record_price(request, form)
        else:
            record_price(
                variant=obj,
                old_price=None,
                now=timezone.now(),
                user_id=request.user.pk,
            )


@admin.register(ProductImage)
class ProductImageAdmin(ModelAdmin):
    list_display = ("picture", link("product"), "alt", "hue", "position", "is_primary")
    list_filter = (yes_no("is_primary"), choices("hue"))
    list_display_links = ("picture", "alt")
    search_ids = ("product_id", "variant_id")
    search_help_text = "The id of a product, of a variant, or of the picture."
    ordering = ("-id",)

    @display(description="picture")
    def picture(self, image: ProductImage) -> SafeString | str:
        return thumbnail(image.src)


@admin.register(ProductTag)
class ProductTagAdmin(ModelAdmin):
    list_display = ("id", link("product"), link("tag"))
    search_ids = ("product_id", "tag_id")
    search_help_text = "The id of a product or of a tag."


class Photos(HistoryInline):
    model = ReviewImage
    fields = ("picture", "alt", "created_at")
    readonly_fields = ("picture", "alt", "created_at")
    verbose_name_plural = "photos"

    @display(description="photo")
    def picture(self, photo: ReviewImage) -> SafeString:
        return photo_link(photo)


def photo_link(photo: ReviewImage) -> SafeString:
    """A small picture that leads to the whole one: who moderates must see it."""
    return format_html('<a href="{}">{}</a>', photo.src.url, thumbnail(photo.src))


class Reported(admin.SimpleListFilter):
    """The queue of what shops report: open, or decided."""

    title = "reported"
    parameter_name = "reported"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "To decide"), ("decided", "Decided")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ProductReview]
    ) -> QuerySet[ProductReview]:
        if self.value() not in ("open", "decided"):
            return queryset
        is_open = self.value() == "open"
        reports = ReviewReport.objects.filter(decided_at__isnull=is_open)
        return queryset.filter(pk__in=reports.values("review"))


class Reports(HistoryInline):
    model = ReviewReport
    fields = ("reason", "words", "reporter", "created_at", "decided_at", "was_kept")
    readonly_fields = fields
    verbose_name_plural = "reports of the shop"


@admin.register(ProductReview)
class ProductReviewAdmin(ModelAdmin):
    """Moderation: a review is shown or hidden, its words are its writer's.

    Either decides what shops report of it.
    """

    actions = ("keep", "hide")
    list_display = (
        "headline",
        link("product"),
        link("shop"),
        "is_approved",
        "is_verified_purchase",
        "event_time",
    )
    list_filter = (
        Reported,
        yes_no("is_approved"),
        yes_no("is_verified_purchase"),
        days("event_time"),
    )
    search_ids = ("product_id", "shop_id", "user_id")
    search_help_text = "The id of a product, shop, person or review."
    ordering = ("-event_time",)
    allows_add = False
    inlines = (Photos, Reports)
    readonly_fields = (
        "shop",
        "product",
        "variant",
        "user",
        "rating",
        "title",
        "review",
        "helpful_count",
        "is_verified_purchase",
        "answer",
        "event_time",
    )

    @admin.action(description="Show them; reports are decided", permissions=["change"])
    def keep(self, request: HttpRequest, queryset: QuerySet[ProductReview]) -> None:
        self._decide(request, queryset, is_approved=True)

    @admin.action(description="Hide them; reports are decided", permissions=["change"])
    def hide(self, request: HttpRequest, queryset: QuerySet[ProductReview]) -> None:
        self._decide(request, queryset, is_approved=False)

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[ProductReview],
        *,
        is_approved: bool,
    ) -> None:
        ids = list(queryset.order_by("id").values_list("pk", flat=True))
        for review_id in ids:
            moderate_review(
                review_id=review_id, is_approved=is_approved, now=timezone.now()
            )
        done = "shown" if is_approved else "hidden"
        self.message_user(request, f"{len(ids)} reviews are {done}.")

    def save_model(
        self, request: HttpRequest, obj: ProductReview, form: Any, change: bool
    ) -> None:
        moderate_review(
            review_id=obj.pk, is_approved=obj.is_approved, now=timezone.now()
        )

    def delete_model(self, request: HttpRequest, obj: ProductReview) -> None:
        forget_photos(review_ids=[obj.pk])
        super().delete_model(request, obj)

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[ProductReview]
    ) -> None:
        forget_photos(review_ids=queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)

    @display(description="review")
    def headline(self, review: ProductReview) -> str:
        stars = "★" * review.rating + "☆" * (5 - review.rating)
        return f"{stars} {review.title}".strip()


@admin.register(ReviewImage)
class ReviewImageAdmin(HistoryAdmin):
    list_display = ("id", "picture", link("review"), "alt", "created_at")
    ordering = ("-created_at",)
    search_ids = ("review_id",)
    search_help_text = "The id of a review, or of the photo."

    @display(description="photo")
    def picture(self, photo: ReviewImage) -> SafeString:
        return photo_link(photo)


@admin.register(ReviewVote)
class ReviewVoteAdmin(HistoryAdmin):
    list_display = ("id", link("review"), link("user"))
    search_ids = ("review_id", "user_id")
    search_help_text = "The id of a review, of a person, or of the vote."


@admin.register(ProductBuyer)
class ProductBuyerAdmin(HistoryAdmin):
    """Who is known to have bought what: the badge of a review."""

    list_display = ("bought_at", link("product"), link("user"))
    search_ids = ("product_id", "user_id")
    search_help_text = "The id of a product, of a person, or of the row."


@admin.register(RetiredProduct)
class RetiredProductAdmin(HistoryAdmin):
    """Addresses of deleted products; a trigger writes them."""

    list_display = ("slug", "name", reference("shop_id", "shop.shop"), "retired_at")
    search_fields = ("=slug",)
    search_help_text = "A slug, or an id."


@admin.register(ProductAddress)
class ProductAddressAdmin(HistoryAdmin):
    """Addresses that products had before; they lead to the ones of now."""

    list_display = ("slug", link("product"), "created_at")
    search_fields = ("=slug",)
    search_ids = ("product_id",)
    search_help_text = "A slug, or the id of a product."


@admin.register(InventoryLog)
class InventoryLogAdmin(HistoryAdmin):
    list_display = (
        "created_at",
        reference("variant_id", "catalog.productvariant"),
        reference("product_id", "catalog.product"),
        "old_quantity",
        "adjustment",
        "new_quantity",
        badge("reason"),
        reference("user_id", "users.user", "by"),
    )
    list_filter = (choices("reason"), days("created_at"))
    search_ids = ("variant_id", "product_id")
    search_help_text = "The id of a variant, of a product, or of the entry."
    ordering = ("-created_at",)


@admin.register(PriceChange)
class PriceChangeAdmin(HistoryAdmin):
    list_display = (
        "changed_at",
        reference("variant_id", "catalog.productvariant"),
        reference("product_id", "catalog.product"),
        "old_price",
        "new_price",
        reference("user_id", "users.user", "by"),
    )
    list_filter = (days("changed_at"),)
    search_ids = ("variant_id", "product_id")
    search_help_text = "The id of a variant, of a product, or of the change."
    ordering = ("-changed_at",)


@admin.register(ProductView)
class ProductViewAdmin(HistoryAdmin):
    """Who looked at what; where from stays hidden."""

    list_display = (
        "viewed_at",
        reference("product_id", "catalog.product"),
        reference("user_id", "users.user"),
    )
    list_filter = (days("viewed_at"),)
    hidden = (*HistoryAdmin.hidden, "ip_address", "user_agent", "session_id")
    search_ids = ("product_id", "user_id")
    search_help_text = "The id of a product, of a person, or of the view."


@admin.register(StockReservation)
class StockReservationAdmin(HistoryAdmin):
    list_display = (
        "id",
        link("variant"),
        "quantity",
        reference("checkout_id", "orders.checkout"),
        "expires_at",
    )
    list_filter = (days("expires_at"),)
    search_ids = ("variant_id", "checkout_id")
    search_help_text = "The id of a variant, of a checkout, or of the reservation."


@admin.register(StockAlert)
class StockAlertAdmin(ModelAdmin):
    list_display = ("id", link("variant"), link("user"), "notified_at")
    search_ids = ("variant_id", "user_id")
    search_help_text = "The id of a variant, of a person, or of the alert."


class LowStockLines(HistoryInline):
    model = LowStockLine
    fields = ("variant", "left", "threshold", "refilled_at")
    joined = ("variant",)
    verbose_name_plural = "lines"


@admin.register(LowStockNotice)
class LowStockNoticeAdmin(HistoryAdmin):
    """What the people of a shop were told of a day."""

    list_display = ("day", link("shop"), "created_at")
    list_filter = (days("created_at"),)
    search_ids = ("shop_id",)
    search_help_text = "The id of a shop, or of the notice."
    inlines = (LowStockLines,)


@admin.register(LowStockLine)
class LowStockLineAdmin(HistoryAdmin):
    list_display = ("id", link("variant"), "left", "threshold", "refilled_at")
    search_ids = ("variant_id", "notice_id")
    search_help_text = "The id of a variant, of a notice, or of the line."


class WishlistItems(HistoryInline):
    model = WishlistItem
    fields = ("product", "variant")
    joined = ("product", "variant")
    verbose_name_plural = "items"


@admin.register(Wishlist)
class WishlistAdmin(HistoryAdmin):
    list_display = ("name", link("user"), "is_shared")
    hidden = (*HistoryAdmin.hidden, "share_token")
    search_ids = ("user_id",)
    search_help_text = "The id of a person, or of the list."
    inlines = (WishlistItems,)

    @display(description="shared", boolean=True)
    def is_shared(self, wishlist: Wishlist) -> bool:
        return bool(wishlist.share_token)


@admin.register(WishlistItem)
class WishlistItemAdmin(HistoryAdmin):
    list_display = ("id", link("wishlist"), link("product"), link("variant"))
    search_ids = ("wishlist_id", "product_id", "variant_id")
    search_help_text = "The id of a list, product or variant."


@admin.register(ReviewReport)
class ReviewReportAdmin(HistoryAdmin):
    """What shops ask to be looked at; decided with the review itself."""

    list_display = ("created_at", link("review"), "reason", "decided_at", "was_kept")
    list_filter = (choices("reason"), days("created_at"))
    search_ids = ("review_id",)
    search_help_text = "The id of a review, or of the report."


@admin.register(SavedView)
class SavedViewAdmin(HistoryAdmin):
    list_display = ("name", link("shop"), link("user"))
    search_ids = ("shop_id", "user_id")
    search_help_text = "The id of a shop, of a person, or of the view."
