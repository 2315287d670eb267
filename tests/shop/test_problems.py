import pytest
from django.urls import path
from rest_framework import serializers
from rest_framework.test import APIClient
from rest_framework.views import APIView

from shop.errors import DomainError


class SoldOut(DomainError):
    code = "sold_out"


class Line(serializers.Serializer):
    quantity = serializers.IntegerField(min_value=1)
    wrap = serializers.ChoiceField(["paper", "cloth"], required=False)


class Order(serializers.Serializer):
    lines = Line(many=True)


class Door(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request):
        raise SoldOut("Walnut is sold out.")

    def post(self, request):
        Order(data=request.data).is_valid(raise_exception=True)

    def put(self, request):
        raise RuntimeError("secret of the house")


urlpatterns = [path("door/", Door.as_view())]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def client():
    return APIClient(raise_request_exception=False)


def test_a_refusal_is_a_conflict_with_its_own_code(client):
    response = client.get("/door/")

    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "sold_out",
        "detail": "Walnut is sold out.",
        "instance": "/door/",
    }


def test_invalid_input_names_every_field_by_its_path(client):
    response = client.post("/door/", {"lines": [{"quantity": 1}, {"quantity": 0}, {}]})

    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, "invalid")
    assert [(error["attr"], error["code"]) for error in problem["errors"]] == [
        ("lines.1.quantity", "min_value"),
        ("lines.2.quantity", "required"),
    ]


def test_an_unforeseen_error_tells_nothing_of_the_inside(client):
    response = client.put("/door/", {})

    assert response.status_code == 500
    assert "secret" not in response.content.decode()
    assert response.json()["code"] == "error"


def test_an_unknown_method_is_a_problem_too(client):
    response = client.delete("/door/")

    assert (response.status_code, response.json()["code"]) == (
        405,
        "method_not_allowed",
    )


def test_what_utf8_has_no_letter_for_is_not_repeated(client):
    body = '{"lines": [{"quantity": 1, "wrap": "\\udfff"}]}'

    response = client.post("/door/", body, content_type="application/json")

    assert response.status_code == 400
    assert [one["attr"] for one in response.json()["errors"]] == ["lines.0.wrap"]
