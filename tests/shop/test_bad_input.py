"""Bad input at every door of the market: a clear refusal, and nothing half-written.

The doors are enumerated from the URL map, so a new one without an entry in `bad_doors` fails.
With SOKO_FULL=1 every value is tried in every field; else each field gets some of them.
"""

from __future__ import annotations

import hashlib
import html
import logging
import re
import traceback
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shop import bad_values as values
from tests.shop.bad_doors import Door, Field, Sent, World, ask, body, routes

pytestmark = pytest.mark.django_db
ROUTES = {route.name: route for route in routes()}
MOST_TOLD = 12
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# What a request may leave even when it is refused: who came, and when.
UNTOLD = ("django_session", "user_sessions", "user_activities", "global_events")
# Tried at every door; of the others a part.
PLAIN_SEGMENTS = {"%00", "not-a-key"}
LOOSE = {"PUT", "PATCH", "DELETE"}
# 401: what the account library says of a log-in elsewhere that failed.
REFUSALS = {400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 428, 429}
# What nobody outside may read.
INSIDE = re.compile(
    r"Traceback|psycopg|django\.|site-packages|\.py\b|[A-Z]\w+(?:Error|Exception)\b|DoesNotExist"
)
SAID = re.compile(r'errorlist|[\w-]*-error"|role="alert"|class="messages"')
TABLES = """
SELECT c.relname FROM pg_class AS c
 WHERE c.relnamespace = 'data_playground'::regnamespace
   AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT c.relname = ANY(%s)
 ORDER BY 1
"""
TOUCHED = """
SELECT sum(pg_stat_get_xact_tuples_inserted(oid)
         + pg_stat_get_xact_tuples_updated(oid)
         + pg_stat_get_xact_tuples_deleted(oid))
  FROM (SELECT oid FROM pg_class
         WHERE relnamespace = 'data_playground'::regnamespace
           AND relkind = 'r' AND NOT relname = ANY(%s)) AS known
"""


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> None:
    """Each request finds an empty one: how often something is done is not tested here."""
    options = {**settings.CACHES["default"], "KEY_FUNCTION": cache_key}
    settings.CACHES = {"default": options}
    settings.ALLOW_TEST_GATEWAY = True


RUN = uuid4().hex


def cache_key(key: str, prefix: str, version: int) -> str:
    return f"{RUN}:{Judge.asked}:{key}"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals are no news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def world(django_db_setup: Any, django_db_blocker: Any) -> Iterator[World]:
    """Made once; whatever a request does is undone after it."""
    assert connection.settings_dict["NAME"].startswith("test")
    with django_db_blocker.unblock(), transaction.atomic():
        made = World()
        yield made
        transaction.set_rollback(True)


class Judge:
    """Sends requests, looks at what comes back, and gathers all that is wrong."""

    asked = 0

    def __init__(self, world: World) -> None:
        self.world = world
        self.wrong: list[str] = []
        self.asked_here = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        if self.wrong and kind is None:
            more = len(self.wrong) - MOST_TOLD
            told = [
                *self.wrong[:MOST_TOLD],
                *([f"and {more} more"] if more > 0 else []),
            ]
            pytest.fail("\n".join(told), pytrace=False)

    def expect(
        self,
        what: str,
        request: Callable[[], Any],
        *,
        is_api: bool,
        is_refused: bool = False,
        attr: str | None = None,
        statuses: set[int] = REFUSALS,
    ) -> Any:
        """is_refused: it has to be. attr: the field that a 400 of the API names."""
        answer: Any = None
        Judge.asked += 1
        self.asked_here += 1
        with transaction.atomic():
            touched = self._touched()
            try:
                answer = request()
                problem = self._problem(answer, is_api, is_refused, attr, statuses)
                is_no = answer.status_code >= 400 or is_refused
                has_written = is_no and self._touched() != touched
                if not problem and has_written and (changed := self._changed()):
                    problem = f"{answer.status_code}, but wrote {changed}"
            except Exception as error:  # noqa: BLE001 - each one is a finding
                last = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{last.filename.rpartition('/main/')[2]}:{last.lineno}"
                problem = f"{type(error).__name__}: {str(error)[:200]} at {where}"
            transaction.set_rollback(True)
        if problem:
            self.wrong.append(f"{what}: {problem}")
        return answer

    def _problem(
        self,
        answer: Any,
        is_api: bool,
        is_refused: bool,
        attr: str | None,
        statuses: set[int],
    ) -> str:
        status = answer.status_code
        if status >= 500:
            return f"{status}"
        if status >= 400 and status not in statuses:
            return f"{status} is no way to refuse this"
        text = "" if answer.streaming else answer.content.decode(errors="replace")
        kind = answer.get("Content-Type", "")
        if "html" in kind and values.TAG in text:
            return "what was sent stands in the page as it is"
        if status >= 400 and (found := INSIDE.search(html.unescape(_words(text)))):
            return f"{status} tells of the inside: {found[0]!r}"
        if is_api and status >= 400:
            return _problem_of_api(answer, attr)
        if is_api and is_refused:
            return f"{status}: taken"
        if is_refused and status == 200 and not SAID.search(text):
            return "no message"
        return ""

    def _touched(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(TOUCHED, [list(UNTOLD)])
            return int(cursor.fetchone()[0])

    def _changed(self) -> list[str]:
        """The tables whose rows are others than before."""
        before, now = self.world.digest, digest()
        return [name for name in now if now[name] != before[name]]


def digest() -> dict[str, str]:
    """Table -> a hash of all its rows."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [list(UNTOLD)])
        names = [name for (name,) in cursor.fetchall()]
        rows = " UNION ALL ".join(
            f"SELECT '{name}', md5(string_agg(row::text, '|' ORDER BY row::text))"
            f' FROM "{name}" AS row'
            for name in names
        )
        cursor.execute(rows)
        return dict(cursor.fetchall())


def _words(text: str) -> str:
    """Without the addresses of files and pages."""
    return re.sub(r'(?:src|href|action|hx-\w+)="[^"]*"', "", text)


def _problem_of_api(answer: Any, attr: str | None) -> str:
    kind = answer.get("Content-Type", "")
    if kind != "application/problem+json":
        return f"{answer.status_code} as {kind}"
    told = answer.json()
    if told["status"] != answer.status_code or not told["detail"] or not told["code"]:
        return f"half a problem: {told}"
    # What is no JSON has no fields.
    if attr is not None and answer.status_code == 400 and told["code"] != "parse_error":
        named = {(error["attr"] or "").split(".")[0] for error in told["errors"]}
        if named != {attr.split(".")[0]}:
            return f"names {sorted(named)} and not {attr}"
    return ""


@pytest.fixture(autouse=True)
def known_world(world: World) -> None:
    if not hasattr(world, "digest"):
        world.digest = digest()  # type: ignore[attr-defined]


def door_of(world: World, name: str) -> Door:
    assert name in world.doors, f"{name} has no entry in tests/shop/bad_doors.py"
    return world.doors[name]


# ------------------------------------------------------------------ the table is whole
def test_every_route_has_an_entry_and_every_entry_a_route(world):
    assert sorted(world.doors) == sorted(ROUTES)


def shape(path: str) -> str:
    return re.sub(r"{\w+}", "{}", path)


def path_of(world: World, name: str) -> str:
    """As the schema has it, without the names of what stands in it."""
    door = world.doors[name]
    path = ROUTES[name].address(door.args)
    for value in door.args.values():
        path = path.replace(f"/{value}/", "/{}/")
    return path


def methods_of(door: Door) -> list[str]:
    return [*door.sends, *(["GET"] if door.is_read else [])]


def test_every_operation_of_the_schema_is_an_entry(world):
    told = {
        (method.upper(), shape(path))
        for path, operations in schema()["paths"].items()
        for method in operations
    }
    known = {
        (method, path_of(world, name))
        for name, door in world.doors.items()
        for method in methods_of(door)
        if ROUTES[name].is_api
    }

    paths = {path for _method, path in known}
    assert known == {(method, path) for method, path in told if path in paths}


def test_every_entry_takes_what_is_right(world):
    """Else the table tries nothing: what is wrong would be refused for another reason."""
    with Judge(world) as judge:
        for name, door in world.doors.items():
            route, client = ROUTES[name], world.client(door.who)
            address = route.address(door.args) + door.query
            for method, sent in door.sends.items():
                what = f"{method} {address}"
                answer = judge.expect(
                    what,
                    lambda: ask(client, method, address, sent, body(sent, {})),  # noqa: B023
                    is_api=route.is_api,
                )
                if answer is not None and answer.status_code in (403, 405, 415):
                    judge.wrong.append(f"{what}: {answer.status_code}")


# ------------------------------------------------------------------ addresses
@pytest.mark.parametrize("name", ROUTES)
def test_methods_and_addresses(world, name):
    with Judge(world) as judge:
        route, door = ROUTES[name], door_of(world, name)
        address = route.address(door.args) + door.query
        taken = {*door.sends, *(["GET"] if door.is_read else [])}

        for method in METHODS:
            client = world.client(door.who)
            answer = judge.expect(
                f"{method} {address}",
                lambda: client.generic(method, address),  # noqa: B023
                is_api=route.is_api,
            )
            # The account library reads PUT as POST, and shows its forms and its word that a
            # link is too old for any method.
            if method in LOOSE and name.startswith(("account_", "mfa_", "social")):
                continue
            if answer is not None and method not in taken and answer.status_code < 300:
                judge.wrong.append(
                    f"{method} {address}: {answer.status_code}, not refused"
                )
        queries = values.QUERIES if door.is_read else values.QUERIES[::8]
        for place, query in enumerate(queries):
            if not _is_tried(name, place, 2 if query[:6] == "cursor" else 6):
                continue
            client = world.client(door.who)
            whole = f"{address}{'&' if '?' in address else '?'}{query}"
            judge.expect(
                f"GET {whole[:200]}",
                lambda: client.generic("GET", whole),  # noqa: B023
                is_api=route.is_api,
            )
        for value in door.args.values():
            for place, segment in enumerate(values.SEGMENTS):
                if segment not in PLAIN_SEGMENTS and not _is_tried(name, place, 6):
                    continue
                method = "GET" if door.is_read else next(iter(door.sends))
                client = world.client(door.who)
                whole = address.replace(quote(str(value)), segment)
                judge.expect(
                    f"{method} {whole[:200]}",
                    lambda: client.generic(method, whole),  # noqa: B023
                    is_api=route.is_api and "%2F" not in whole,
                )


@pytest.mark.parametrize("name", ROUTES)
def test_things_of_others_are_not_there(world, name):
    """The same answer as for what nobody has."""
    with Judge(world) as judge:
        route, door = ROUTES[name], door_of(world, name)
        if not door.others:
            pytest.skip("nobody's own")
        methods = methods_of(door)
        for method in methods:
            sent = door.sends.get(method)
            told = []
            for args in (door.others, dict.fromkeys(door.args, values.UNKNOWN)):
                address = route.address(args) + door.query
                client = world.client(door.who)
                answer = judge.expect(
                    f"{method} {address}",
                    lambda: ask(client, method, address, sent, sent and body(sent, {})),  # noqa: B023
                    is_api=route.is_api,
                    is_refused=True,
                    statuses={404},
                )
                if answer is None:
                    continue
                text = answer.content.decode()
                for value in args.values():
                    text = text.replace(str(value), "")
                told.append((answer.status_code, re.sub(r'value="\w{64}"', "", text)))
            if len(told) == 2 and told[0] != told[1]:
                judge.wrong.append(
                    f"{method}: two answers, {told[0][0]} and {told[1][0]}"
                )


# ------------------------------------------------------------------ fields
@pytest.mark.parametrize("name", ROUTES)
def test_fields(world, name):
    route, door = ROUTES[name], door_of(world, name)
    if not any(sent.fields for sent in door.sends.values()):
        pytest.skip("takes no fields")
    if route.is_api and not values.FULL:
        pytest.skip("field by field with SOKO_FULL=1; else random bodies try the API")
    address = route.address(door.args) + door.query
    with Judge(world) as judge:
        for method, sent in door.sends.items():
            for path, one in sent.fields.items():
                for bad, is_refused in wrong_values(name, path, one, sent):
                    client = world.client(door.who)
                    data = body(sent, {path: bad})
                    judge.expect(
                        f"{method} {address} {path}={str(bad)[:60]!a}",
                        lambda: ask(client, method, address, sent, data),  # noqa: B023
                        is_api=route.is_api,
                        is_refused=is_refused,
                        attr=path if is_refused else None,
                    )
                client = world.client(door.who)
                judge.expect(
                    f"{method} {address} without {path}",
                    lambda: ask(client, method, address, sent, body(sent, {}, path)),  # noqa: B023
                    is_api=route.is_api,
                )
        assert judge.asked_here, "no field was tried"


def _spread(name: str) -> int:
    return hashlib.sha256(name.encode()).digest()[0]


def _is_tried(name: str, place: int, one_in: int) -> bool:
    """All of a full run; else one of so many values, and at the counter's doors a fifth of those."""
    if values.FULL:
        return True
    # The description of the API takes a second to make.
    one_in *= 5 if "sell" in name or name == "v1:schema" else 1
    return place % one_in == _spread(name) % one_in


def wrong_values(
    name: str, path: str, one: Field, sent: Sent
) -> Iterator[tuple[Any, bool]]:
    """Values, and whether each has to be refused."""
    if one.kind in ("picture", "free_file"):
        yield from _files(one)
        return
    is_json = sent.form == "json"
    yield from _strict(one, is_json)
    odd = [*values.ODD_TEXTS, *values.naughty_strings()]
    if not values.FULL:
        start = _spread(name + path) % 4
        step = 18 if "sell" in name else 9
        odd = odd[:1] + odd[1 + start :: step] if one.kind == "text" else odd[start::18]
    for text in odd:
        yield text, False
    if not is_json:
        yield values.NOT_STORABLE[0], False
        yield ["a", "b"], False
        if sent.form == "form":
            yield values.NOT_STORABLE[1], False
        return
    for value in values.NO_TEXT:
        is_wrong = one.kind in STRICT or (one.kind == "text" and value is not None)
        yield value, is_wrong and value != one.valid
    for text in values.NOT_STORABLE:
        yield text, one.kind in STRICT or one.kind == "text"


STRICT = {"quantity", "key", "choice", "amount", "country", "email", "place", "code"}


def _strict(one: Field, is_json: bool) -> Iterator[tuple[Any, bool]]:
    kind = one.kind
    if one.most and kind == "text":
        yield "x" * (one.most + 1), True
        yield values.LONG, True
    elif kind == "text":
        yield values.LONG, False
    if kind in STRICT - {"place"} or kind in ("form_quantity", "number", "credential"):
        for text in values.NO_SUCH:
            yield text, True
    if kind in ("quantity", "form_quantity"):
        for number in values.JSON_QUANTITIES if is_json else values.QUANTITIES:
            # Left empty in a form, one or none is meant.
            yield number, number != ""
    if kind == "number":
        # Which of them is too much or too little is the field's own.
        for number in [*values.AMOUNTS, *values.JSON_QUANTITIES]:
            yield number, False
    extra: dict[str, list[Any]] = {
        "amount": values.AMOUNTS,
        "email": values.EMAILS,
        "country": values.COUNTRIES,
        "key": [values.UNKNOWN, "", "x" * 36],
        "optional_key": ["x", 1, [], {}, values.UNKNOWN],
        "optional_object": ["x", 1, [], {"country": "XX"}, {"country": ["KE"]}],
        "switch": values.BOOLEANS,
        "list": values.LISTS,
        "place": [
            "//evil.example",
            "https://evil.example/",
            "javascript:a",
            "",
            "\\\\e.x",
        ],
        "credential": ["", "null", "[]", "{}", "5", '"a"', '{"id": 5}', "[" * 9000],
    }
    for value in extra.get(kind, []):
        is_harmless = (kind == "list" and value == []) or kind == "switch"
        yield value, not is_harmless


def _files(one: Field) -> Iterator[tuple[Any, bool]]:
    for name, content in values.no_pictures().items():
        file = SimpleUploadedFile(name, content, "image/png")
        yield file, one.kind == "picture" and bool(content)
    for name, content in values.odd_pictures().items():
        yield SimpleUploadedFile(name, content, "image/png"), False
    yield "no file", False


# ------------------------------------------------------------------ random bodies
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.uuids().map(str)
    | st.sampled_from(["KE", "1.00", "approve", "test", "/", "a@example.com"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
AS_IT_IS, LEFT_OUT = object(), object()


@cache
def schema() -> Any:
    return SchemaGenerator(api_version="v1").get_schema(public=True)


def _fields_of(path: str, method: str) -> list[str]:
    operation = schema()["paths"][path][method.lower()]
    told = operation["requestBody"]["content"]["application/json"]["schema"]
    name = told["$ref"].rpartition("/")[2]
    return list(schema()["components"]["schemas"][name]["properties"])


def _taking_json() -> list[tuple[str, str]]:
    """Path and method of what takes JSON."""
    return sorted(
        (path, method.upper())
        for path, operations in schema()["paths"].items()
        for method, operation in operations.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    )


@pytest.mark.parametrize("path_and_method", _taking_json(), ids=" ".join)
@settings(
    max_examples=200 if values.FULL else 6,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_random_bodies(world, path_and_method, data):
    path, method = path_and_method
    name = next(
        n
        for n, known in world.doors.items()
        if method in known.sends and path_of(world, n) == shape(path)
    )
    door, route = world.doors[name], ROUTES[name]
    names = _fields_of(path, method)
    right = body(door.sends[method], {})
    sent = {}
    for field in sorted({*names, *right}):
        way = st.just(AS_IT_IS) | st.just(LEFT_OUT) | JUNK
        value = data.draw(way, label=field)
        if value is AS_IT_IS and field in right:
            sent[field] = right[field]
        elif value is not AS_IT_IS and value is not LEFT_OUT:
            sent[field] = value
    address = route.address(door.args) + door.query
    client = world.client(door.who)
    with Judge(world) as judge:
        judge.expect(
            f"{method} {address} {sent!a}",
            lambda: ask(client, method, address, door.sends[method], sent),
            is_api=True,
        )


# ------------------------------------------------------------------ bodies, headers
@pytest.mark.parametrize("name", [n for n, r in ROUTES.items() if r.is_api])
def test_documents(world, name):
    """What is no JSON, or JSON of another shape, or something else altogether."""
    with Judge(world) as judge:
        route, door = ROUTES[name], door_of(world, name)
        address = route.address(door.args) + door.query
        for method, sent in door.sends.items():
            if method == "DELETE":
                continue
            headers = {"Idempotency-Key": "a-key"} if sent.needs_key else {}
            for place, (what, document) in enumerate(values.documents().items()):
                if not _is_tried(name, place, 1):
                    continue
                client = world.client(door.who)
                judge.expect(
                    f"{method} {address} {what}",
                    lambda: client.generic(  # noqa: B023
                        method,  # noqa: B023
                        address,
                        document,  # noqa: B023
                        "application/json",
                        headers=headers,  # noqa: B023
                    ),
                    is_api=True,
                )
            for kind in (
                *(
                    "",
                    "text/plain",
                    "application/xml",
                    "application/json; charset=utf-7",
                ),
                *(
                    "multipart/form-data",
                    "multipart/form-data; boundary=\xff",
                    "x" * 500,
                ),
                *("application/x-www-form-urlencoded",),
            ):
                client = world.client(door.who)
                judge.expect(
                    f"{method} {address} as {kind[:50]}",
                    lambda: client.generic(  # noqa: B023
                        method,  # noqa: B023
                        address,
                        b'--a\r\n{"a": "\xff"}',
                        kind,  # noqa: B023
                        headers=headers,  # noqa: B023
                    ),
                    is_api=True,
                )
            if not sent.needs_key:
                continue
            for key in values.KEYS:
                client = world.client(door.who)
                judge.expect(
                    f"{method} {address} with the key {key[:20]!a}",
                    lambda: ask(
                        client,  # noqa: B023
                        method,  # noqa: B023
                        address,
                        sent,  # noqa: B023
                        body(sent, {}),  # noqa: B023
                        **{"Idempotency-Key": key},  # noqa: B023
                    ),
                    is_api=True,
                    is_refused=True,
                )


@pytest.mark.parametrize("name", ROUTES)
def test_no_door_opens_without_the_token(world, name):
    """Another site's form sends the cookies along, but not this."""
    with Judge(world) as judge:
        route, door = ROUTES[name], door_of(world, name)
        address = route.address(door.args) + door.query
        for method, sent in door.sends.items():
            client = Client(enforce_csrf_checks=True)
            client.cookies.update(world.client(door.who).cookies)
            answer = judge.expect(
                f"{method} {address}",
                lambda: ask(client, method, address, sent, body(sent, {})),  # noqa: B023
                is_api=route.is_api,
                is_refused=True,
            )
            # Log-ins at providers come from other sites by their nature.
            outside = ("google_", "openid_connect_")
            is_open = answer is not None and answer.status_code != 403
            if is_open and not name.startswith(outside):
                judge.wrong.append(f"{method} {address}: {answer.status_code}")


COOKIES = [
    *(
        "",
        "x",
        "\\000",
        '"\\000\\000\\000\\000\\000\\000\\000\\000\\000"',
        '"\\377\\376"',
    ),
    *("x" * 6000, "a:b:c", "::", "=", '"', "%00", "eyJ:1:x", "\xff\xfe", "😀"),
    *('"\\ud800"', "../../etc/passwd", "x" * 32, "0" * 32, "' OR 1=1 --" + "x" * 30),
]
PAGES = ["/cart/", "/p/{slug}/", "/api/v1/orders/"]
NAMES = ["sessionid", "csrftoken", "cart", "seen", "messages", "django_language"]


@pytest.mark.parametrize("cookie", NAMES)
def test_cookies(world, cookie):
    with Judge(world) as judge:
        for page in PAGES:
            address = page.format(slug=world.product.slug)
            for value in COOKIES:
                client = Client()
                judge.expect(
                    f"GET {address} {cookie}={value[:40]!a}",
                    lambda: client.generic(  # noqa: B023
                        "GET",
                        address,  # noqa: B023
                        HTTP_COOKIE=f"{cookie}={value}".encode().decode("latin-1"),  # noqa: B023
                    ),
                    is_api=address.startswith("/api/"),
                )


def test_headers(world):
    with Judge(world) as judge:
        address = f"/p/{world.product.slug}/"
        for page in (address, "/api/v1/cart/"):
            headers: list[dict[str, str]] = [
                *({"HTTP_ACCEPT_LANGUAGE": one} for one in values.LANGUAGES),
                *({"HTTP_HOST": one} for one in HOSTS),
                *({"HTTP_REFERER": one} for one in ("\x00", "http://[", "x" * 9000)),
                *(
                    {"HTTP_X_FORWARDED_FOR": one}
                    for one in ("", "x", "1,2", "\x00", "::")
                ),
                *(
                    {"HTTP_ACCEPT": one}
                    for one in ("", "x", "text/html;q=x", "*/*;;", "\x00")
                ),
                *({"HTTP_RANGE": one} for one in ("bytes=9-1", "bytes=x", "x")),
                *({"HTTP_IF_MODIFIED_SINCE": one} for one in ("x", "\x00", "9" * 99)),
                *({"HTTP_IF_NONE_MATCH": one} for one in ('"', "W/", "*", "\x00")),
                *(
                    {"HTTP_X_REQUEST_ID": one}
                    for one in ("\x00", "x" * 9000, "a\r\nb: c")
                ),
                *({"HTTP_USER_AGENT": one} for one in ("", "\x00", "x" * 20_000)),
                *(
                    {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": one}
                    for one in ("", "\x00")
                ),
                {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://[\x00"},
                {
                    "HTTP_HX_CURRENT_URL_URI_AUTOENCODED": "true",
                    "HTTP_HX_CURRENT_URL": "%FF",
                },
            ]
            for extra in headers:
                judge.expect(
                    f"GET {page} {str(extra)[:80]!a}",
                    lambda: Client().get(page, **extra),  # noqa: B023
                    is_api=page.startswith("/api/") and "HTTP_HOST" not in extra,
                    statuses={*REFUSALS, 406},
                )


HOSTS = [
    "",
    "evil.example",
    "127.0.0.1:99999",
    "a b",
    "\x00",
    "[::1",
    "x" * 3000,
    "a:b:c",
]
