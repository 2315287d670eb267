"""The market to read: products with their filters, categories, brands, shops. Open to all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.forms import Asked, read_asked
from catalog.models import Brand, Category, Product
from catalog.queries import listings as queries
from catalog.queries.facets import RATINGS, Value
from catalog.queries.listings import Card, Listing, Subtree
from catalog.search import search_products
from shop.models import Shop
from shop.pictures import sized_name

MANY: dict[str, Any] = {"many": True, "explode": True}


class SellerSerializer(serializers.Serializer[Card]):
    """Who sells a product."""

    slug = serializers.CharField(source="shop_slug")
    name = serializers.CharField(source="shop_name")


class CardSerializer(serializers.Serializer[Card]):
    """A product in a list. `has_dearer`: a variant costs more than `price`. `lowest_before`: of
    the 30 days before the price was reduced; null where it is not."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    url = serializers.SerializerMethodField()
    price = serializers.DecimalField(max_digits=12, decimal_places=2)
    compare_price = serializers.DecimalField(
        max_digits=12, decimal_places=2, allow_null=True
    )
    lowest_before = serializers.DecimalField(
        max_digits=12, decimal_places=2, allow_null=True
    )
    currency = serializers.CharField()
    has_dearer = serializers.BooleanField()
    is_available = serializers.BooleanField()
    rating_average = serializers.DecimalField(max_digits=3, decimal_places=2)
    review_count = serializers.IntegerField()
    shop = SellerSerializer(source="*")
    picture = serializers.SerializerMethodField(allow_null=True)
    picture_small = serializers.SerializerMethodField(
        allow_null=True,
        help_text="The smallest copy; the picture itself where it has none.",
    )

    def get_url(self, card: Card) -> str:
        return self._absolute(card.get_absolute_url())

    def get_picture(self, card: Card) -> str | None:
        if not card.picture:
            return None
        return self._absolute(default_storage.url(card.picture))

    def get_picture_small(self, card: Card) -> str | None:
        if not card.picture or not card.picture_sizes:
            return self.get_picture(card)
        small = sized_name(card.picture, card.picture_sizes[0])
        return self._absolute(default_storage.url(small))

    def _absolute(self, address: str) -> str:
        absolute: str = self.context["request"].build_absolute_uri(address)
        return absolute


class ValueSerializer(serializers.Serializer[Value]):
    """A value of a filter; `count` products would be left by it, null where the set is too
    large to count."""

    value = serializers.CharField(source="key")
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField(allow_null=True)


class FactSerializer(serializers.Serializer[Any]):
    """A fact that products state, such as a colour; asked for as `parameter`."""

    parameter = serializers.CharField()
    name = serializers.CharField()
    values = ValueSerializer(many=True)


class PricesSerializer(serializers.Serializer[Any]):
    """The least and the most price of one currency."""

    currency = serializers.CharField()
    min = serializers.DecimalField(source="least", max_digits=12, decimal_places=2)
    max = serializers.DecimalField(source="most", max_digits=12, decimal_places=2)


class FacetsSerializer(serializers.Serializer[Any]):
    """Every filter with its values. A count ignores the filter it belongs to."""

    category = ValueSerializer(many=True)
    brand = ValueSerializer(many=True)
    shop = ValueSerializer(many=True)
    rating = ValueSerializer(many=True)
    stock = ValueSerializer(many=True)
    sale = ValueSerializer(many=True)
    facts = FactSerializer(many=True)
    prices = PricesSerializer(many=True)


class ProductListSerializer(serializers.Serializer[Any]):
    """`count` is exact unless `is_bounded`, when there are more."""

    count = serializers.IntegerField()
    is_bounded = serializers.BooleanField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CardSerializer(many=True)
    facets = FacetsSerializer()


def _parameter(name: str, description: str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(name, description=description, **options)


PARAMETERS = [
    _parameter("q", "Words to search for."),
    _parameter("min", "The least price.", type=OpenApiTypes.DECIMAL),
    _parameter("max", "The most.", type=OpenApiTypes.DECIMAL),
    _parameter(
        "currency",
        "What the prices are in: the market's currency unless said, where there is any in it.",
    ),
    _parameter("stock", "Only what can be bought now.", enum=["1"]),
    _parameter("sale", "Only what cost more before.", enum=["1"]),
    _parameter("category", "Slugs; what is below counts too.", **MANY),
    _parameter("brand", "Slugs.", **MANY),
    _parameter("shop", "Slugs.", **MANY),
    _parameter(
        "f.{name}", "Words of the fact of this name, such as f.Colour=Blue.", **MANY
    ),
    _parameter("rating", "The least mean of the reviews.", enum=list(RATINGS)),
    _parameter(
        "sort",
        "The best match or the newest first, unless said.",
        enum=list(queries.SORTS),
    ),
    _parameter("page", "From 1.", type=OpenApiTypes.INT),
]


class ProductListView(APIView):
    """Products on sale, a page at a time, with every filter they can be narrowed by.

    Values of one filter are alternatives; filters narrow each other. What makes no sense is
    left out, as on the pages of the storefront.
    """

    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)

    @extend_schema(
        operation_id="products_list",
        parameters=PARAMETERS,
        responses=ProductListSerializer,
        auth=[],
    )
    def get(self, request: Request) -> Response:
        asked = read_asked(request.query_params)
        subtree = _subtree(asked)
        products: QuerySet[Product] = Product.objects.on_sale()
        is_ranked = bool(asked.words)
        if is_ranked:
            products = search_products(words=asked.words).products
        usual = queries.BY_RANK if is_ranked else queries.DEFAULT_SORT
        listing = queries.list_products(
            products=products,
            subtree=subtree,
            filters=asked.filters,
            sort=asked.sort or usual,
            number=asked.page,
            is_ranked=is_ranked,
        )
        answer = _answer(
            request, replace(asked, filters=listing.filters), listing, subtree
        )
        serializer = ProductListSerializer(answer, context={"request": request})
        return Response(serializer.data)


def _subtree(asked: Asked) -> Subtree:
    """The departments, and the categories that were asked for."""
    market = queries.subtree(category_id=None)
    known = {branch.slug for branch in market.branches}
    others = [slug for slug in asked.filters.categories if slug not in known]
    if not others:
        return market
    return replace(market, branches=[*market.branches, *queries.branches(slugs=others)])


def _answer(
    request: Request, asked: Asked, listing: Listing, subtree: Subtree
) -> dict[str, Any]:
    def page(number: int) -> str | None:
        if not 1 <= number <= listing.last:
            return None
        address: str = request.build_absolute_uri(request.path)
        return address + asked.query(page=number)

    return {
        "count": listing.count,
        "is_bounded": listing.facets.is_bounded,
        "page": listing.number,
        "pages": listing.last,
        "next": page(listing.number + 1),
        "previous": page(listing.number - 1),
        "results": listing.cards,
        "facets": _facets(listing, subtree),
    }


def _facets(listing: Listing, subtree: Subtree) -> dict[str, Any]:
    facets = listing.facets

    def told(values: Sequence[Value]) -> list[Any]:
        if facets.is_bounded:
            return [{"key": v.key, "label": v.label, "count": None} for v in values]
        return list(values)

    stars = [Value(str(least), str(least), n) for least, n in facets.ratings.items()]
    return {
        "category": told([v for v in subtree.values(facets) if v.count]),
        "brand": told(facets.brands),
        "shop": told(facets.shops),
        "rating": told(stars),
        "stock": told([Value("1", "1", facets.in_stock)]),
        "sale": told([Value("1", "1", facets.on_sale)]),
        "facts": [
            {"parameter": f"f.{name}", "name": name, "values": told(values)}
            for name, values in facets.facts.items()
        ],
        "prices": facets.prices,
    }


class CategorySerializer(serializers.ModelSerializer[Category]):
    """A category; `parent` is the slug of the one above, null for a department."""

    parent = serializers.SlugRelatedField(  # type: ignore[assignment, var-annotated]
        slug_field="slug", read_only=True, allow_null=True
    )

    class Meta:
        model = Category
        fields = ("slug", "name", "parent", "description", "sort_order")
        read_only_fields = fields


class BrandSerializer(serializers.ModelSerializer[Brand]):
    """A brand with how many products of it are on sale."""

    product_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Brand
        fields = ("slug", "name", "description", "website_url", "product_count")
        read_only_fields = fields


class ShopSerializer(serializers.ModelSerializer[Shop]):
    """An open shop with how many products it has on sale."""

    product_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Shop
        fields = (
            "slug",
            "name",
            "description",
            "currency",
            "country",
            "rating_average",
            "review_count",
            "product_count",
        )
        read_only_fields = fields


class OpenViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]
):
    """Rows by their slugs, for everybody."""

    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]+"


class CategoryViewSet(OpenViewSet):
    serializer_class = CategorySerializer

    def get_queryset(self) -> QuerySet[Category]:
        visible: QuerySet[Category] = Category.objects.visible()
        return visible.select_related("parent")


class BrandViewSet(OpenViewSet):
    serializer_class = BrandSerializer

    def get_queryset(self) -> QuerySet[Brand]:
        return queries.brands_on_sale()


class ShopViewSet(OpenViewSet):
    serializer_class = ShopSerializer

    def get_queryset(self) -> QuerySet[Shop]:
        return queries.shops_on_sale()
