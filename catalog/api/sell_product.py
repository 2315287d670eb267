"""One product for programs: its fields, variants, combinations and pictures.

The version of a product is its ETag: a change names the one it was made to in `If-Match`, and is
refused with 412 and what stands there now where a colleague was faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import Http404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.sell_products import ProductListView
from catalog.errors import NotAPicture
from catalog.models import Brand, Category, Product, ProductImage, ProductStatus
from catalog.queries.sell_product import (
    VariantFilter,
    product_pictures,
    product_variants,
    shop_product,
)
from catalog.services import pictures as picture_services
from catalog.services.copies import duplicate_product
from catalog.services.editor import (
    FieldRefused,
    ProductChanged,
    create_product,
    read_values,
    save_product,
    version_of,
)
from catalog.services.matrix import (
    MOST_OPTIONS,
    MOST_VARIANTS,
    WantedOption,
    make_matrix,
    plan_matrix,
)
from catalog.services.stock import MOST_UNITS
from catalog.services.variants import (
    VARIANT_FIELDS,
    RowsRefused,
    VariantEdit,
    edit_variants,
    remove_variants,
    seen_of,
)
from shop.api.problems import MEDIA_TYPE
from shop.forms import PICTURE_BYTES
from shop.keyset import keyset_page
from shop.services.jobs import CHUNK
from users.api.counter import OfShop
from users.rights import Right

PAGE = 100
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The version it was made to."
)


class ProductFieldsSerializer(serializers.Serializer[Any]):
    """What a shop says of a product. Times in UTC; empty texts and null for none."""

    name = serializers.CharField(max_length=255, required=False)
    short_description = serializers.CharField(
        max_length=500, allow_blank=True, required=False
    )
    description = serializers.CharField(
        max_length=50_000, allow_blank=True, required=False
    )
    status = serializers.ChoiceField(choices=ProductStatus.choices, required=False)
    publish_at = serializers.DateTimeField(allow_null=True, required=False)
    withdraw_at = serializers.DateTimeField(allow_null=True, required=False)
    category = serializers.SlugRelatedField[Any](
        slug_field="slug",
        queryset=Category.objects.all(),
        allow_null=True,
        required=False,
    )
    brand = serializers.SlugRelatedField[Any](
        slug_field="slug", queryset=Brand.objects.all(), allow_null=True, required=False
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=100), max_length=200, required=False
    )
    facts = serializers.DictField(
        child=serializers.CharField(max_length=255),
        required=False,
        help_text="Attributes: name -> value.",
    )
    tax_class = serializers.CharField(max_length=32, required=False)
    slug = serializers.CharField(max_length=255, required=False)
    seo_title = serializers.CharField(max_length=255, allow_blank=True, required=False)
    seo_description = serializers.CharField(
        max_length=500, allow_blank=True, required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        keys: dict[str, Any] = {
            name: attrs[name].pk if attrs[name] else None
            for name in ("category", "brand")
            if name in attrs
        }
        return {**attrs, **keys}


class EditedProductSerializer(ProductFieldsSerializer):
    """version: for `If-Match`. price: of the cheapest variant that is on sale."""

    id = serializers.UUIDField()
    sku = serializers.CharField()
    price = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()
    version = serializers.CharField()
    updated_at = serializers.DateTimeField()


class NewProductSerializer(serializers.Serializer[Any]):
    """sku: left out or empty for one made from the name. units: in stock."""

    name = serializers.CharField(max_length=255)
    sku = serializers.CharField(max_length=100, allow_blank=True, default="")
    price = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)
    units = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, default=0)


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an editor, with slugs in place of keys."""
    shown = dict(values)
    for name, model in (("category", Category), ("brand", Brand)):
        rows = model._default_manager.filter(pk=values[name])
        shown[name] = rows.values_list("slug", flat=True).first()
    for name in ("publish_at", "withdraw_at"):
        shown[name] = values[name].isoformat() if values[name] else None
    return shown


def _body(product: Product) -> dict[str, Any]:
    values = read_values(product)
    return {
        **_shown(values),
        "id": str(product.pk),
        "sku": product.sku,
        "price": str(product.price),
        "currency": product.currency,
        "version": version_of(values),
        "updated_at": product.updated_at.isoformat(),
    }


def _answer(product: Product, status: HTTPStatus = HTTPStatus.OK) -> Response:
    body = _body(product)
    return Response(body, status=status, headers={"ETag": f'"{body["version"]}"'})


class NoVersion(APIException):
    """A change that does not say what it was made to."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_code = "version_needed"

    def __init__(self) -> None:
        super().__init__(_("Name the version that you change, in If-Match."))


def _conflict(request: Request, conflict: ProductChanged) -> Response:
    status = HTTPStatus.PRECONDITION_FAILED
    return Response(
        {
            "type": "about:blank",
            "title": status.phrase,
            "status": int(status),
            "code": conflict.code,
            "detail": conflict.message,
            "instance": request.path,
            "theirs": _shown(conflict.theirs),
            "version": conflict.version,
        },
        status=status,
        content_type=MEDIA_TYPE,
        headers={"ETag": f'"{conflict.version}"'},
    )


class OfProduct(OfShop):
    """`self.product` of the seller's shop, or 404; whatever changes something may be an editor's."""

    rights: ClassVar[dict[str, Right]] = {
        "get": Right.SEE_PRODUCTS,
        "options": Right.SEE_PRODUCTS,
        **dict.fromkeys(("post", "put", "patch", "delete"), Right.EDIT_PRODUCTS),
    }
    product: Product

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        product = shop_product(
            shop_id=self.seller.shop.pk, product_id=kwargs["product_id"]
        )
        if product is None:
            raise Http404
        self.product = product

    @property
    def whose(self) -> dict[str, Any]:
        """What every service takes."""
        return {
            "shop_id": self.seller.shop.pk,
            "product_id": self.product.pk,
            "now": timezone.now(),
            "by": self.seller.user,
        }


class ProductsView(ProductListView):
    """Products of the shop in every state, the newest first; POST adds a draft."""

    rights: ClassVar[dict[str, Right]] = {
        **ProductListView.rights,
        "post": Right.EDIT_PRODUCTS,
    }

    @extend_schema(
        request=NewProductSerializer, responses={201: EditedProductSerializer}
    )
    def post(self, request: Request, shop: str) -> Response:
        payload = NewProductSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        try:
            made = create_product(
                shop_id=self.seller.shop.pk,
                now=timezone.now(),
                by=self.seller.user,
                **payload.validated_data,
            )
        except FieldRefused as refusal:
            raise ValidationError({refusal.field: [refusal.message]}) from refusal
        made.refresh_from_db()
        return _answer(made, HTTPStatus.CREATED)


class ProductView(OfProduct, APIView):
    """One product as its shop edits it."""

    @extend_schema(responses=EditedProductSerializer)
    def get(self, request: Request, **_: Any) -> Response:
        return _answer(self.product)

    @extend_schema(
        parameters=[IF_MATCH],
        request=ProductFieldsSerializer,
        responses=EditedProductSerializer,
    )
    def patch(self, request: Request, **_: Any) -> Response:
        """Change some fields, all or none. 412 with `theirs` where a colleague was faster."""
        version = request.headers.get("If-Match", "").removeprefix("W/").strip('"')
        if not version:
            raise NoVersion
        payload = ProductFieldsSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        try:
            save_product(**self.whose, changes=payload.validated_data, version=version)
        except ProductChanged as conflict:
            return _conflict(request, conflict)
        except FieldRefused as refusal:
            raise ValidationError({refusal.field: [refusal.message]}) from refusal
        self.product.refresh_from_db()
        return _answer(self.product)


class DuplicateView(OfProduct, APIView):
    """The product once more."""

    @extend_schema(request=None, responses={201: EditedProductSerializer})
    def post(self, request: Request, **_: Any) -> Response:
        """A draft with SKUs of its own and no stock. Each call makes another one."""
        copy = duplicate_product(**self.whose)
        copy.refresh_from_db()
        return _answer(copy, HTTPStatus.CREATED)


# ------------------------------------------------------------------ variants
class EditedVariantSerializer(serializers.Serializer[Any]):
    """version: changes with every change of the row. weight: in grams."""

    id = serializers.UUIDField()
    sku = serializers.CharField(max_length=100, required=False)
    name = serializers.CharField(read_only=True)
    option1 = serializers.CharField(read_only=True)
    option2 = serializers.CharField(read_only=True)
    option3 = serializers.CharField(read_only=True)
    price = serializers.DecimalField(max_digits=12, decimal_places=2, required=False)
    compare_price = serializers.DecimalField(
        max_digits=12, decimal_places=2, allow_null=True, required=False
    )
    barcode = serializers.CharField(max_length=100, allow_blank=True, required=False)
    weight = serializers.DecimalField(
        max_digits=8, decimal_places=2, allow_null=True, required=False
    )
    is_active = serializers.BooleanField(required=False)
    available_quantity = serializers.IntegerField(read_only=True)
    version = serializers.CharField(max_length=64, required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        instance.version = seen_of(instance)
        return super().to_representation(instance)


class VariantPageSerializer(serializers.Serializer[Any]):
    """next, previous: for `at`; empty at that end."""

    results = EditedVariantSerializer(many=True)
    next = serializers.CharField()
    previous = serializers.CharField()


class VariantRowsSerializer(serializers.Serializer[Any]):
    rows = EditedVariantSerializer(many=True)

    def validate_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(rows) > CHUNK:
            raise ValidationError(_("At most %(most)d at once.") % {"most": CHUNK})
        return rows


class ChangedSerializer(serializers.Serializer[Any]):
    changed = serializers.IntegerField()


class VariantsView(OfProduct, APIView):
    """The variants of a product, in its order."""

    @extend_schema(
        parameters=[
            OpenApiParameter(name, str)
            for name in ("words", "option1", "option2", "option3", "state", "at")
        ],
        responses=VariantPageSerializer,
    )
    def get(self, request: Request, **_: Any) -> Response:
        wanted = VariantFilter.of(request.query_params)
        page = keyset_page(
            product_variants(product_id=self.product.pk, wanted=wanted),
            order=["position", "id"],
            cursor=request.query_params.get("at", ""),
            size=PAGE,
        )
        rows = EditedVariantSerializer(page.rows, many=True).data
        return Response({"results": rows, "next": page.next, "previous": page.previous})

    @extend_schema(request=VariantRowsSerializer, responses=ChangedSerializer)
    def patch(self, request: Request, **_: Any) -> Response:
        """Change rows, all or none; a row may name the version that it changes."""
        payload = VariantRowsSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        edits = [
            VariantEdit(
                row["id"],
                {name: row[name] for name in VARIANT_FIELDS if name in row},
                row.get("version", ""),
            )
            for row in payload.validated_data["rows"]
        ]
        try:
            changed = edit_variants(**self.whose, edits=edits)
        except RowsRefused as refusal:
            raise ValidationError(
                {
                    f"{key}.{field}" if field else str(key): [message]
                    for key, row in refusal.errors.items()
                    for field, message in row.items()
                }
            ) from refusal
        return Response({"changed": changed})


class VariantIdsSerializer(serializers.Serializer[Any]):
    ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_VARIANTS
    )


class RemovedSerializer(serializers.Serializer[Any]):
    """switched_off: those that were ordered or counted."""

    deleted = serializers.IntegerField()
    switched_off = serializers.IntegerField()


class RemoveVariantsView(OfProduct, APIView):
    """Variants are taken out."""

    @extend_schema(request=VariantIdsSerializer, responses=RemovedSerializer)
    def post(self, request: Request, **_: Any) -> Response:
        """Delete what nobody had to do with, switch the others off. 409 for one not here."""
        payload = VariantIdsSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        deleted, switched_off = remove_variants(
            **self.whose, variant_ids=set(payload.validated_data["ids"])
        )
        return Response({"deleted": deleted, "switched_off": switched_off})


class OptionSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    values = serializers.ListField(
        child=serializers.CharField(max_length=100),
        min_length=1,
        max_length=MOST_VARIANTS,
    )


class OptionsSerializer(serializers.Serializer[Any]):
    """version: of the plan that shall be made; left out to be told the plan alone."""

    options = OptionSerializer(many=True)
    version = serializers.CharField(max_length=64, required=False)

    def validate_options(self, options: list[Any]) -> list[Any]:
        if len(options) > MOST_OPTIONS:
            raise ValidationError(_("A product has up to three options."))
        return options


class PlanSerializer(serializers.Serializer[Any]):
    """What the combinations are: all, those there already, new, and taken out."""

    total = serializers.IntegerField()
    kept = serializers.IntegerField()
    new = serializers.IntegerField()
    gone = serializers.IntegerField()
    is_made = serializers.BooleanField()
    version = serializers.CharField()


class OptionsView(OfProduct, APIView):
    """Options, and the variants they make."""

    @extend_schema(request=OptionsSerializer, responses=PlanSerializer)
    def post(self, request: Request, **_: Any) -> Response:
        """Without a version: how many there would be. With the plan's: make them so."""
        payload = OptionsSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        options = [
            WantedOption(one["name"], tuple(one["values"])) for one in sent["options"]
        ]
        version = sent.get("version", "")
        try:
            plan = (
                make_matrix(**self.whose, options=options, version=version)
                if version
                else plan_matrix(product=self.product, options=options)
            )
        except FieldRefused as refusal:
            raise ValidationError({refusal.field: [refusal.message]}) from refusal
        counts = {name: len(getattr(plan, name)) for name in ("kept", "new", "gone")}
        told = {"total": plan.total, "is_made": bool(version), "version": plan.version}
        return Response({**counts, **told})


# ------------------------------------------------------------------ pictures
class ProductPictureSerializer(serializers.ModelSerializer[ProductImage]):
    """The first is the main one. variant: null for a picture of the whole product."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = ProductImage
        fields = ("id", "url", "width", "height", "alt", "variant", "is_primary")
        read_only_fields = fields

    def get_url(self, picture: ProductImage) -> str:
        return default_storage.url(picture.src.name)


class SentPicturesSerializer(serializers.Serializer[Any]):
    pictures = serializers.ListField(
        child=serializers.FileField(), min_length=1, max_length=12
    )
    alt = serializers.CharField(max_length=500, allow_blank=True, default="")

    def validate_pictures(self, files: list[Any]) -> list[Any]:
        for file in files:
            if file.size > PICTURE_BYTES:
                raise ValidationError(
                    _("%(name)s is larger than %(most)d MB.")
                    % {"name": file.name, "most": PICTURE_BYTES // 1024**2}
                )
        return files


class PicturesView(OfProduct, APIView):
    """The pictures of a product, in the order of the store."""

    parser_classes = (MultiPartParser,)

    @extend_schema(responses=ProductPictureSerializer(many=True))
    def get(self, request: Request, **_: Any) -> Response:
        rows = product_pictures(product_id=self.product.pk)
        return Response(ProductPictureSerializer(rows, many=True).data)

    @extend_schema(
        request=SentPicturesSerializer,
        responses={201: ProductPictureSerializer(many=True)},
    )
    def post(self, request: Request, **_: Any) -> Response:
        """Add pictures behind the others, all or none."""
        payload = SentPicturesSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = payload.validated_data
        try:
            added = picture_services.add_pictures(
                **self.whose,
                pictures=[
                    picture_services.SentPicture(file.name, file.read())
                    for file in sent["pictures"]
                ],
                alt=sent["alt"],
            )
        except NotAPicture as refusal:
            raise ValidationError({"pictures": [refusal.message]}) from refusal
        body = ProductPictureSerializer(added, many=True).data
        return Response(body, status=HTTPStatus.CREATED)


class PictureOrderSerializer(serializers.Serializer[Any]):
    ids = serializers.ListField(child=serializers.UUIDField(), max_length=100)


class PictureOrderView(OfProduct, APIView):
    """The order of a product's pictures."""

    @extend_schema(request=PictureOrderSerializer, responses={204: None})
    def put(self, request: Request, **_: Any) -> Response:
        """All of them, the main one first. 409 where others are there."""
        payload = PictureOrderSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        picture_services.order_pictures(**self.whose, ids=payload.validated_data["ids"])
        return Response(status=HTTPStatus.NO_CONTENT)


class PictureWordsSerializer(serializers.Serializer[Any]):
    alt = serializers.CharField(max_length=500, allow_blank=True, required=False)
    variant = serializers.UUIDField(allow_null=True, required=False)


class PictureView(OfProduct, APIView):
    """One picture of a product."""

    @extend_schema(request=PictureWordsSerializer, responses=ProductPictureSerializer)
    def patch(self, request: Request, picture_id: UUID, **_: Any) -> Response:
        """What it shows, and of which variant it is."""
        picture = self._find(picture_id)
        payload = PictureWordsSerializer(data=request.data)
        payload.is_valid(raise_exception=True)
        sent = {"alt": picture.alt, "variant": picture.variant_id}
        sent |= payload.validated_data
        words = picture_services.PictureWords(sent["alt"], sent["variant"])
        picture_services.describe_pictures(**self.whose, words={picture_id: words})
        return Response(ProductPictureSerializer(self._find(picture_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, picture_id: UUID, **_: Any) -> Response:
        self._find(picture_id)
        picture_services.remove_picture(**self.whose, picture_id=picture_id)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _find(self, picture_id: UUID) -> ProductImage:
        found = ProductImage.objects.filter(product=self.product, pk=picture_id).first()
        if found is None:
            raise Http404
        return found


PRODUCTS = "sell/<slug:shop>/products/"
PRODUCT = f"{PRODUCTS}<uuid:product_id>/"
urlpatterns = [
    path(PRODUCTS, ProductsView.as_view(), name="sell-products"),
    path(PRODUCT, ProductView.as_view(), name="sell-product"),
    path(
        f"{PRODUCT}duplicate/", DuplicateView.as_view(), name="sell-product-duplicate"
    ),
    path(f"{PRODUCT}variants/", VariantsView.as_view(), name="sell-product-variants"),
    path(
        f"{PRODUCT}variants/remove/",
        RemoveVariantsView.as_view(),
        name="sell-product-variants-remove",
    ),
    path(f"{PRODUCT}options/", OptionsView.as_view(), name="sell-product-options"),
    path(f"{PRODUCT}pictures/", PicturesView.as_view(), name="sell-product-pictures"),
    path(
        f"{PRODUCT}pictures/order/",
        PictureOrderView.as_view(),
        name="sell-product-pictures-order",
    ),
    path(
        f"{PRODUCT}pictures/<uuid:picture_id>/",
        PictureView.as_view(),
        name="sell-product-picture",
    ),
]
