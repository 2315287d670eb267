"""The page of the whole tree: moved by drag, by keys and by buttons, with or without scripts."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from unfold.decorators import action

from catalog.models import Category
from catalog.queries.categories import category_branches, category_path, places_for
from catalog.services.categories import (
    Way,
    add_category,
    move_category,
    rename_category,
    shift_category,
    show_category,
)
from shop.errors import DomainError
from shop.ids import parse_id

MOST_OPEN = 200


class CategoryTree:
    """Mixed into the departments' admin: `tree/`, and the branch that a script asks for."""

    admin_site: Any

    def get_custom_urls(self) -> Any:
        return (
            ("tree/", "category_tree", self.show_tree),
            ("tree/below/<uuid:category_id>/", "category_branch", self.show_branch),
            ("tree/change/", "category_change", self.change),
        )

    @action(description="The tree", icon="account_tree")
    def tree(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:category_tree")

    def show_tree(self, request: HttpRequest, **_: Any) -> HttpResponse:
        """`?at=`: the department that is chosen; `?open=`: branches that stand open."""
        page: Any = self
        if not page.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, chosen_id=_key(request.GET.get("at")))

    def show_branch(
        self, request: HttpRequest, category_id: UUID, **_: Any
    ) -> HttpResponse:
        page: Any = self
        if not page.has_view_permission(request):
            raise PermissionDenied
        context = {"branches": category_branches(below=category_id)}
        return TemplateResponse(request, "admin/catalog/_branches.html", context)

    def change(self, request: HttpRequest, **_: Any) -> HttpResponse:
        """One change, and back to the tree; refused with a sentence beside its form."""
        page: Any = self
        if not page.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:category_tree")
        what = request.POST.get("what", "")
        if what == "add" and not page.has_add_permission(request):
            raise PermissionDenied
        made = CHANGES.get(what)
        if made is None:
            raise Http404
        chosen_id = _key(request.POST.get("id"))
        try:
            category, told = made(request, chosen_id)
        except Category.DoesNotExist:
            raise Http404 from None
        except DomainError as refusal:
            if "quiet" in request.POST:
                return HttpResponse(refusal.message, status=HTTPStatus.CONFLICT)
            return self._page(request, chosen_id=chosen_id, error=refusal.message)
        page.log_change(request, category, told)
        if "quiet" in request.POST:
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        messages.success(request, f"{category}: {told[0].lower()}{told[1:]}")
        kept = [("open", one) for one in request.POST.getlist("open")[:MOST_OPEN]]
        query = urlencode([("at", str(category.pk)), *kept])
        return redirect(f"{reverse('admin:category_tree')}?{query}#panel")

    def _page(
        self, request: HttpRequest, *, chosen_id: UUID | None, error: str = ""
    ) -> HttpResponse:
        path = category_path(category_id=chosen_id) if chosen_id else []
        if chosen_id and not path:
            raise Http404
        sent = request.POST if request.method == "POST" else request.GET
        asked = [key for one in sent.getlist("open")[:MOST_OPEN] if (key := _key(one))]
        opened = {*asked, *(one.pk for one in path)}
        chosen = path[-1] if path else None
        page: Any = self
        context = {
            **self.admin_site.each_context(request),
            "title": "Departments",
            "branches": category_branches(opened=opened),
            "opened": asked,
            "chosen": chosen,
            "path": path[:-1],
            "places": places_for(category=chosen) if chosen else [],
            "may_change": page.has_change_permission(request),
            "error": error,
            "typed": request.POST.get("name", "") if error else "",
            "what": request.POST.get("what", "") if error else "",
        }
        status = HTTPStatus.CONFLICT if error else HTTPStatus.OK
        return TemplateResponse(
            request, "admin/catalog/category_tree.html", context, status=status
        )


Made = tuple[Category, str]


def _moved(request: HttpRequest, chosen_id: UUID | None) -> Made:
    parent, before = request.POST.get("parent", ""), request.POST.get("before", "")
    category = move_category(
        category_id=_needed(chosen_id),
        parent_id=_needed(_key(parent)) if parent else None,
        before_id=_key(before),
    )
    return category, "Moved."


def _shifted(way: Way) -> Callable[[HttpRequest, UUID | None], Made]:
    def shift(request: HttpRequest, chosen_id: UUID | None) -> Made:
        category = shift_category(category_id=_needed(chosen_id), way=way)
        return category, f"Moved {way}."

    return shift


def _renamed(request: HttpRequest, chosen_id: UUID | None) -> Made:
    name = request.POST.get("name", "")
    return rename_category(category_id=_needed(chosen_id), name=name), "Renamed."


def _added(request: HttpRequest, chosen_id: UUID | None) -> Made:
    return (
        add_category(name=request.POST.get("name", ""), parent_id=chosen_id),
        "Added.",
    )


def _shown(request: HttpRequest, chosen_id: UUID | None) -> Made:
    category = show_category(category_id=_needed(chosen_id), is_active=True)
    return category, "Shown to shoppers."


def _hidden(request: HttpRequest, chosen_id: UUID | None) -> Made:
    category = show_category(category_id=_needed(chosen_id), is_active=False)
    return category, "Hidden from shoppers."


CHANGES: dict[str, Callable[[HttpRequest, UUID | None], Made]] = {
    **{way.value: _shifted(way) for way in Way},
    "move": _moved,
    "rename": _renamed,
    "add": _added,
    "show": _shown,
    "hide": _hidden,
}


def _key(text: str | None) -> UUID | None:
    return parse_id(text) if text else None


def _needed(key: UUID | None) -> UUID:
    if key is None:
        raise Http404
    return key
