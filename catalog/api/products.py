"""A product, its variants, and word when one of them is back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, generics, permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.found import or_not_found
from catalog.limits import may_ask_for_alert
from catalog.models import Product, ProductImage, ProductVariant
from catalog.product_forms import LONGEST_EMAIL
from catalog.queries.products import gone_product
from catalog.services.alerts import ask_for_alert
from shop.api.guests import SessionOrGuest
from shop.api.pagination import NewestFirst
from shop.ids import parse_id
from shop.models import Shop

LONGEST_KEY = 255


class Gone(exceptions.APIException):
    status_code = HTTPStatus.GONE
    default_code = "gone"


class InOrder(NewestFirst):
    """As the shop has put them."""

    ordering: Any = ("position", "id")


class PictureSerializer(serializers.ModelSerializer[ProductImage]):
    url = serializers.SerializerMethodField()

    class Meta:
        model = ProductImage
        fields = ("url", "alt", "width", "height", "variant")
        read_only_fields = fields

    def get_url(self, image: ProductImage) -> str:
        address: str = self.context["request"].build_absolute_uri(
            default_storage.url(image.src.name)
        )
        return address


class ProductShopSerializer(serializers.ModelSerializer[Shop]):
    """Who sells it. While it is closed nothing of it can be bought."""

    is_closed = serializers.SerializerMethodField()

    class Meta:
        model = Shop
        fields = (
            *("slug", "name", "rating_average", "review_count"),
            *("is_closed", "closed_until", "closed_note"),
        )
        read_only_fields = fields

    def get_is_closed(self, shop: Shop) -> bool:
        return shop.is_closed_at(timezone.now())


class ProductSerializer(serializers.ModelSerializer[Product]):
    """A product on sale. `price` is that of the variant that costs least."""

    url = serializers.SerializerMethodField()
    shop = ProductShopSerializer()
    brand: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField(
        slug_field="slug", read_only=True, allow_null=True
    )
    category: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField(
        slug_field="slug", read_only=True, allow_null=True
    )
    pictures = PictureSerializer(source="images", many=True)
    prices_include_tax = serializers.BooleanField(source="shop.prices_include_tax")

    class Meta:
        model = Product
        fields = (
            "id",
            "slug",
            "sku",
            "name",
            "url",
            "short_description",
            "description",
            "price",
            "compare_price",
            "lowest_before",
            "currency",
            "prices_include_tax",
            "option_names",
            "attributes",
            "tags",
            "weight",
            "rating_average",
            "review_count",
            "shop",
            "brand",
            "category",
            "pictures",
        )
        read_only_fields = fields

    def get_url(self, product: Product) -> str:
        address: str = self.context["request"].build_absolute_uri(
            product.get_absolute_url()
        )
        return address


class VariantSerializer(serializers.ModelSerializer[ProductVariant]):
    """What goes in a cart. `options` are the values of the product's `option_names`."""

    options = serializers.SerializerMethodField()
    is_available = serializers.SerializerMethodField()

    class Meta:
        model = ProductVariant
        fields = (
            "id",
            "sku",
            "name",
            "price",
            "compare_price",
            "options",
            "is_available",
            "weight",
            "barcode",
        )
        read_only_fields = fields

    def get_options(self, variant: ProductVariant) -> list[str]:
        values = [variant.option1, variant.option2, variant.option3]
        return [value for value in values if value]

    def get_is_available(self, variant: ProductVariant) -> bool:
        return variant.can_sell(1)


class AlertSerializer(serializers.Serializer[Any]):
    """email: of a guest; an account is told at its own address."""

    variant = serializers.UUIDField()
    email = serializers.EmailField(max_length=LONGEST_EMAIL, required=False)


def product_of(key: str) -> Product:
    """By id or slug. Raises NotFound, and Gone for what was sold here once."""
    wanted = {"pk": found} if (found := parse_id(key)) else {"slug": key[:LONGEST_KEY]}
    on_sale = Product.objects.on_sale().select_related("shop", "brand", "category")
    # The sign that PostgreSQL cannot look for.
    product = None if "\0" in key else on_sale.filter(**wanted).first()
    if product is not None:
        return product
    if "\0" not in key and found is None and gone_product(slug=key[:LONGEST_KEY]):
        raise Gone(_("This product is not sold any more."))
    raise exceptions.NotFound


class ProductView(APIView):
    """A product by its slug or id."""

    permission_classes = (permissions.AllowAny,)

    @extend_schema(
        operation_id="products_retrieve", responses=ProductSerializer, auth=[]
    )
    def get(self, request: Request, key: str) -> Response:
        serializer = ProductSerializer(product_of(key), context={"request": request})
        return Response(serializer.data)


class VariantListView(generics.ListAPIView[ProductVariant]):
    """The variants of a product, as the shop has put them."""

    queryset = ProductVariant.objects.none()
    permission_classes = (permissions.AllowAny,)
    serializer_class = VariantSerializer
    pagination_class = InOrder
    filter_backends = ()

    def get_queryset(self) -> QuerySet[ProductVariant]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        product = product_of(self.kwargs["key"])
        return ProductVariant.objects.filter(product=product, is_active=True)


class AlertView(APIView):
    """Tell me once when a variant that is sold out is back."""

    authentication_classes = (SessionOrGuest,)
    permission_classes = (permissions.AllowAny,)

    @extend_schema(
        request=AlertSerializer,
        responses={
            202: OpenApiResponse(description="The same for whoever waits already.")
        },
    )
    def post(self, request: Request) -> Response:
        sent = AlertSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        person: UUID | None = request.user.pk
        email = sent.validated_data.get("email", "")
        if person is None and not email:
            raise serializers.ValidationError(
                {"email": _("Write the address that we should tell.")}
            )
        if not may_ask_for_alert(request):
            raise exceptions.Throttled(wait=3600)
        with or_not_found():
            ask_for_alert(
                variant_id=sent.validated_data["variant"],
                user_id=person,
                email=email,
                language=get_language() or "",
            )
        return Response(status=HTTPStatus.ACCEPTED)
