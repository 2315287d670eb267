"""Operators order the departments: by steps and by places, two at a time, never in a circle."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.errors import CategoryRefused
from catalog.models import Category
from catalog.queries import categories as queries
from catalog.queries.categories import category_branches, places_for
from catalog.services.categories import (
    MOST_DEPTH,
    Way,
    add_category,
    move_category,
    rename_category,
    shift_category,
)
from tests.factories.catalog import CategoryFactory
from tests.factories.users import (
    OperatorFactory,
    RoleFactory,
    UserFactory,
    UserRoleFactory,
)
from tests.orders.crowds import at_once

pytestmark = pytest.mark.django_db
Shape = dict[str, Any]


def grow(shape: Shape, parent: Category | None = None) -> dict[str, Category]:
    """Departments by name, in the order of the shape."""
    made: dict[str, Category] = {}
    for at, (name, below) in enumerate(shape.items()):
        one = CategoryFactory(name=name, parent=parent, sort_order=at)
        made |= {name: one, **grow(below, one)}
    return made


def shape(branches: list[Any] | None = None) -> Shape:
    found = category_branches() if branches is None else branches
    return {one.category.name: shape(one.branches) for one in found}


HOME: Shape = {"Home": {"Lamps": {}, "Rugs": {}, "Beds": {}}, "Garden": {}}


@pytest.fixture
def tree() -> dict[str, Category]:
    return grow(HOME)


def order(parent: str) -> list[str]:
    found = Category.objects.filter(parent__name=parent).order_by("sort_order", "name")
    return [one.name for one in found]


@pytest.mark.parametrize(
    ("name", "way", "expected"),
    [
        ("Rugs", Way.UP, ["Rugs", "Lamps", "Beds"]),
        ("Rugs", Way.DOWN, ["Lamps", "Beds", "Rugs"]),
        ("Lamps", Way.UP, ["Lamps", "Rugs", "Beds"]),
        ("Beds", Way.DOWN, ["Lamps", "Rugs", "Beds"]),
        ("Lamps", Way.DOWN, ["Rugs", "Lamps", "Beds"]),
        ("Rugs", Way.IN, ["Lamps", "Beds"]),
        ("Lamps", Way.IN, ["Lamps", "Rugs", "Beds"]),
        ("Rugs", Way.OUT, ["Lamps", "Beds"]),
    ],
)
def test_steps(
    tree: dict[str, Category], name: str, way: Way, expected: list[str]
) -> None:
    shift_category(category_id=tree[name].pk, way=way)

    assert order("Home") == expected


def test_in_and_out_are_each_others_undo(tree: dict[str, Category]) -> None:
    shift_category(category_id=tree["Rugs"].pk, way=Way.IN)
    inside = shape()
    shift_category(category_id=tree["Rugs"].pk, way=Way.OUT)

    assert inside["Home"] == {"Lamps": {"Rugs": {}}, "Beds": {}}
    assert list(shape()["Home"]) == ["Lamps", "Rugs", "Beds"]


def test_out_of_a_department_stands_right_behind_it(tree: dict[str, Category]) -> None:
    shift_category(category_id=tree["Beds"].pk, way=Way.OUT)

    assert list(shape()) == ["Home", "Beds", "Garden"]


def test_a_place_before_a_sibling(tree: dict[str, Category]) -> None:
    move_category(
        category_id=tree["Garden"].pk,
        parent_id=tree["Home"].pk,
        before_id=tree["Rugs"].pk,
    )

    assert shape() == {"Home": {"Lamps": {}, "Garden": {}, "Rugs": {}, "Beds": {}}}


def test_nothing_stands_below_itself_or_too_deep(tree: dict[str, Category]) -> None:
    with pytest.raises(CategoryRefused):
        move_category(category_id=tree["Home"].pk, parent_id=tree["Lamps"].pk)
    with pytest.raises(CategoryRefused):
        move_category(category_id=tree["Home"].pk, parent_id=tree["Home"].pk)
    bottom = tree["Garden"].pk
    for level in range(1, MOST_DEPTH):
        bottom = add_category(name=f"Level {level}", parent_id=bottom).pk
    with pytest.raises(CategoryRefused):
        add_category(name="Too deep", parent_id=bottom)
    with pytest.raises(CategoryRefused):
        move_category(category_id=tree["Rugs"].pk, parent_id=bottom)

    assert order("Home") == ["Lamps", "Rugs", "Beds"]
    assert tree["Home"].pk not in dict(places_for(category=tree["Home"]))
    assert tree["Garden"].pk in dict(places_for(category=tree["Home"]))


@pytest.mark.parametrize("name", ["", " \0 ", "x" * 256, "rugs"])
def test_names_that_cannot_be(tree: dict[str, Category], name: str) -> None:
    with pytest.raises(CategoryRefused):
        rename_category(category_id=tree["Lamps"].pk, name=name)
    with pytest.raises(CategoryRefused):
        add_category(name=name, parent_id=tree["Home"].pk)

    assert order("Home") == ["Lamps", "Rugs", "Beds"]


@pytest.mark.django_db(transaction=True)
def test_two_operators_at_once_never_close_a_circle() -> None:
    for _ in range(5):
        one, other = CategoryFactory(), CategoryFactory()

        def swallow(pair: tuple[Category, Category]) -> Any:
            return move_category(category_id=pair[0].pk, parent_id=pair[1].pk)

        results = at_once(swallow, [(one, other), (other, one)], workers=2)

        refused = [each for each in results if isinstance(each, Exception)]
        assert [type(each) for each in refused] == [CategoryRefused]


@pytest.mark.django_db(transaction=True)
def test_many_steps_at_once_leave_every_place_taken_once() -> None:
    parent = CategoryFactory()
    children = [CategoryFactory(parent=parent, sort_order=at) for at in range(6)]
    steps = [(child.pk, way) for child in children for way in (Way.UP, Way.DOWN)]

    def step(one: tuple[Any, Way]) -> Any:
        return shift_category(category_id=one[0], way=one[1])

    results = at_once(step, steps, workers=6)

    assert [each for each in results if isinstance(each, Exception)] == []
    places = Category.objects.filter(parent=parent).values_list("sort_order", flat=True)
    assert sorted(places) == list(range(6))


# ------------------------------------------------------------------ the page
@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(OperatorFactory())
    return client


def change(client: Client, what: str, **sent: Any) -> Any:
    return client.post(reverse("admin:category_change"), {"what": what, **sent})


def test_the_page_changes_the_tree_without_scripts(
    desk: Client, tree: dict[str, Category]
) -> None:
    page = reverse("admin:category_tree")
    shown = desk.get(page, {"at": tree["Rugs"].pk}).content.decode()

    answers = [
        change(desk, "up", id=tree["Rugs"].pk),
        change(desk, "move", id=tree["Beds"].pk, parent=""),
        change(desk, "rename", id=tree["Garden"].pk, name="Gardens"),
        change(desk, "add", id=tree["Home"].pk, name="Chairs"),
        change(desk, "hide", id=tree["Lamps"].pk),
    ]

    assert [answer.status_code for answer in answers] == [302] * 5
    assert 'value="rename"' in shown
    assert shape() == {
        "Home": {"Rugs": {}, "Lamps": {}, "Chairs": {}},
        "Gardens": {},
        "Beds": {},
    }
    tree["Lamps"].refresh_from_db()
    assert not tree["Lamps"].is_active
    assert LogEntry.objects.filter(object_id=str(tree["Rugs"].pk)).exists()
    assert desk.get(answers[0]["Location"].split("#")[0]).status_code == 200


def test_a_refusal_stands_beside_what_was_typed(
    desk: Client, tree: dict[str, Category]
) -> None:
    answer = change(desk, "rename", id=tree["Rugs"].pk, name="Lamps")
    quiet = change(desk, "move", id=tree["Home"].pk, parent=tree["Rugs"].pk, quiet="1")

    words = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="Lamps" aria-invalid="true"' in words
    assert (quiet.status_code, quiet.content.decode()) == (
        409,
        "A department cannot stand below itself.",
    )


@pytest.mark.parametrize(
    "sent",
    [
        {"what": "up"},
        {"what": "up", "id": str(uuid4())},
        {"what": "fly", "id": str(uuid4())},
        {"what": "move", "id": "word", "parent": "word"},
    ],
)
def test_odd_changes_are_not_found(desk: Client, sent: dict[str, str]) -> None:
    assert desk.post(reverse("admin:category_change"), sent).status_code == 404
    assert desk.get(reverse("admin:category_tree"), {"at": uuid4()}).status_code == 404


def test_whoever_may_only_look_sees_no_forms(
    client: Client, tree: dict[str, Category]
) -> None:
    person = UserFactory(is_staff=True)
    role = RoleFactory()
    role.permissions.add(Permission.objects.get(codename="view_category"))
    UserRoleFactory(user=person, role=role)
    client.force_login(person)

    page = client.get(reverse("admin:category_tree"), {"at": tree["Rugs"].pk})

    assert 'name="what"' not in page.content.decode()
    assert change(client, "up", id=tree["Rugs"].pk).status_code == 403
    assert order("Home") == ["Lamps", "Rugs", "Beds"]


def test_a_large_tree_shows_its_branches_when_asked(
    desk: Client, monkeypatch: pytest.MonkeyPatch, tree: dict[str, Category]
) -> None:
    monkeypatch.setattr(queries, "OPEN_WHOLE", 3)
    page = reverse("admin:category_tree")

    closed = desk.get(page).content.decode()
    opened = desk.get(page, {"open": tree["Home"].pk}).content.decode()
    chosen = desk.get(page, {"at": tree["Rugs"].pk}).content.decode()
    branch = desk.get(reverse("admin:category_branch", args=[tree["Home"].pk]))

    assert "Rugs" not in closed
    assert "Rugs" in opened
    assert 'aria-current="true">Rugs' in chosen
    assert "Rugs" in branch.content.decode()
    assert "<html" not in branch.content.decode()


def test_the_page_asks_the_same_for_few_and_many(
    desk: Client, tree: dict[str, Category]
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            desk.get(reverse("admin:category_tree"), {"at": tree["Rugs"].pk})
        return len(caught)

    asked()
    few = asked()
    for parent in list(Category.objects.all()):
        CategoryFactory.create_batch(5, parent=parent)

    assert asked() == few <= 10
