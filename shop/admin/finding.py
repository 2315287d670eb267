"""The one search box of the admin: each app says how its rows are found by what is typed.

A finder asks one statement, by an index. What it calls exact (a whole order number, an e-mail
address, an id) is jumped to when it is the only one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from shop.admin.columns import page_of
from shop.admin.navigation import groups
from shop.ids import parse_id
from shop.models import Shop
from shop.queries import resolve

LONGEST = 200
# Fewer letters than this begin too many words.
SHORTEST = 2
FEW = 6
MOST_PAGES = 8
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Hit:
    """title, detail: what is shown; is_exact: whether it is just what was typed."""

    title: str
    detail: str
    url: str
    is_exact: bool = False


@dataclass(frozen=True)
class Group:
    name: str
    icon: str
    hits: list[Hit]
    # Of the list that shows more of them; empty where there is none.
    more: str = ""


@dataclass(frozen=True)
class Found:
    """What a term leads to. jump: the one exact row's page, empty when it is not one."""

    term: str
    groups: list[Group] = field(default_factory=list)
    jump: str = ""

    @property
    def count(self) -> int:
        return sum(len(group.hits) for group in self.groups)


Finder = Callable[[str], list[Hit]]
_finders: dict[str, tuple[str, str, Finder]] = {}


def finds(label: str, name: str, icon: str) -> Callable[[Finder], Finder]:
    """Registers how rows of a model (`app.model`) are found by a term, no more than FEW.

    Only those who may see the model are shown any.
    """

    def declare(finder: Finder) -> Finder:
        _finders[label] = (name, icon, finder)
        return finder

    return declare


def row_hit(row: Any, *, detail: str = "", title: str = "", is_exact: bool) -> Hit:
    url = page_of(row._meta.label_lower, row.pk) or ""
    return Hit(title=title or str(row), detail=detail, url=url, is_exact=is_exact)


def prefix_query(term: str) -> str:
    """For `to_tsquery`: rows that have every word, the last letters of each not yet typed."""
    return " & ".join(f"{word}:*" for word in WORD.findall(term))


def find(request: HttpRequest, term: str) -> Found:
    """Everything the term leads to that this operator may see; at most six statements."""
    text = term.replace("\0", "").strip()[:LONGEST]
    key = parse_id(text)
    if key is not None:
        return _by_id(request, text, key)
    if len(text) < SHORTEST:
        return Found(text)
    found = [*_pages(request, text), *_rows(request, text)]
    exact = [hit for group in found for hit in group.hits if hit.is_exact]
    return Found(text, found, exact[0].url if len(exact) == 1 else "")


def _by_id(request: HttpRequest, text: str, key: UUID) -> Found:
    """An entity by its register; any other row by the look-up, which asks every table."""
    page = f"{reverse('admin:lookup')}?{urlencode({'id': str(key)})}"
    entity = resolve(key)
    row = entity.row if entity else None
    if row is None or not _may_see(request, row._meta.label_lower):
        hit = Hit("Look it up in every table", str(key), page, is_exact=True)
        return Found(text, [Group("Ids", "fingerprint", [hit])], page)
    hit = row_hit(row, detail=str(row._meta.verbose_name), is_exact=True)
    return Found(text, [Group("Ids", "fingerprint", [hit])], hit.url)


def _rows(request: HttpRequest, text: str) -> Iterator[Group]:
    for label, (name, icon, finder) in _finders.items():
        if not _may_see(request, label):
            continue
        hits = finder(text)[:FEW]
        if hits:
            address = reverse(f"admin:{label.replace('.', '_')}_changelist")
            more = f"{address}?{urlencode({'q': text})}" if len(hits) == FEW else ""
            yield Group(name, icon, hits, more)


def _pages(request: HttpRequest, text: str) -> Iterator[Group]:
    """Pages of the sidebar by the words of their titles; asks nothing."""
    words = text.lower().split()
    hits = [
        Hit(item["title"], group["title"], item["link"])
        for group in groups(request)
        for item in group["items"]
        if all(word in f"{item['title']} {group['title']}".lower() for word in words)
    ]
    if hits:
        yield Group("Pages", "web", hits[:MOST_PAGES])


def _may_see(request: HttpRequest, label: str) -> bool:
    page = admin.site._registry.get(apps.get_model(label))
    return page is not None and page.has_view_permission(request)


@require_safe
def find_page(request: HttpRequest) -> HttpResponse:
    """`?q=`: a jump, or all that was found; `&part=1`: the list under the box alone."""
    found = find(request, request.GET.get("q", ""))
    is_part = "part" in request.GET
    if found.jump and not is_part:
        # Only to pages of ours: the address comes from `reverse`.
        answer: HttpResponseRedirect = redirect(found.jump)
        return answer
    context: dict[str, Any] = {"found": found}
    if is_part:
        return TemplateResponse(request, "admin/shop/_found.html", context)
    context |= {**admin.site.each_context(request), "title": "Search"}
    return TemplateResponse(request, "admin/shop/find.html", context)


@finds("shop.shop", "Shops", "storefront")
def find_shops(term: str) -> list[Hit]:
    """By any part of the name that is long enough, or the whole slug."""
    named = Shop.objects.filter(Q(name__icontains=term) | Q(slug=term.lower()))
    return [
        row_hit(
            shop,
            detail=f"{shop.get_status_display()}, {shop.country}",
            is_exact=term.lower() == shop.slug,
        )
        for shop in named.order_by("name")[:FEW]
    ]
