"""The address book's API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from orders.errors import AddressRefused
from orders.models import ShippingAddress
from orders.services.addresses import add_address, change_address, delete_address


class AddressSerializer(serializers.ModelSerializer[ShippingAddress]):
    """An address of the book. Which fields a country asks for, it says when one is missing."""

    class Meta:
        model = ShippingAddress
        fields: tuple[str, ...] = (
            "id",
            "country",
            "first_name",
            "last_name",
            "company",
            "address1",
            "address2",
            "city",
            "province",
            "zip",
            "phone",
            "is_default",
        )
        read_only_fields = fields


class AddressInputSerializer(serializers.Serializer[ShippingAddress]):
    """What is sent; `clean_address` alone says what is wrong with it."""

    country = serializers.CharField(max_length=2)
    first_name = serializers.CharField(max_length=150, allow_blank=True, default="")
    last_name = serializers.CharField(max_length=150)
    company = serializers.CharField(max_length=255, allow_blank=True, default="")
    address1 = serializers.CharField(max_length=255)
    address2 = serializers.CharField(max_length=255, allow_blank=True, default="")
    city = serializers.CharField(max_length=100, allow_blank=True, default="")
    province = serializers.CharField(max_length=100, allow_blank=True, default="")
    zip = serializers.CharField(max_length=20, allow_blank=True, default="")
    phone = serializers.CharField(max_length=32, allow_blank=True, default="")
    is_default = serializers.BooleanField(default=False)


class AddressViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[ShippingAddress],
):
    """The addresses an account keeps. A wrong field is named with a sentence (400)."""

    queryset = ShippingAddress.objects.none()
    serializer_class = AddressSerializer

    def get_queryset(self) -> QuerySet[ShippingAddress]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return ShippingAddress.objects.in_book_of(_person(self.request))

    @extend_schema(request=AddressInputSerializer, responses={201: AddressSerializer})
    def create(self, request: Request) -> Response:
        sent = _sent(request)
        try:
            kept = add_address(user_id=_person(request), **sent)
        except AddressRefused as refusal:
            raise _invalid(refusal) from None
        return Response(AddressSerializer(kept).data, status=HTTPStatus.CREATED)

    @extend_schema(request=AddressInputSerializer, responses=AddressSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Writes the whole address anew."""
        kept = self.get_object()
        try:
            changed = change_address(
                user_id=_person(request), address_id=kept.pk, **_sent(request)
            )
        except AddressRefused as refusal:
            raise _invalid(refusal) from None
        except ShippingAddress.DoesNotExist:
            raise Http404 from None
        return Response(AddressSerializer(changed).data)

    def perform_destroy(self, instance: ShippingAddress) -> None:
        delete_address(user_id=_person(self.request), address_id=instance.pk)


def _sent(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise serializers.ValidationError(
            "Send an object with the fields of an address."
        )
    data = dict(request.data.items())
    is_default = serializers.BooleanField().run_validation(
        data.pop("is_default", False)
    )
    return {"data": data, "is_default": is_default}


def _invalid(refusal: AddressRefused) -> serializers.ValidationError:
    return serializers.ValidationError(dict(refusal.errors))


def _person(request: Any) -> UUID:
    """Whose book it is; nobody else's is ever asked for."""
    return cast(UUID, request.user.pk)


router = SimpleRouter()
router.register("addresses", AddressViewSet, basename="account-address")

urlpatterns = router.urls
