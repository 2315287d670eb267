"""What the store costs over HTTP, each figure beside a bare Django view of the same minute.

    python -m benchmarks.store [--products N] [--seconds S] [--only NAME]

Works in a database of its own, `<name>_store`, with N generated products (10,000), dropped at
the end; the cache's copies of it are emptied first. The shop runs as two web processes in
production's way, the reference (benchmarks/reference.py) as two of its own. Prints for each
page the median, its multiple of the reference's median, and its SQL statements; orders a second
of whole purchases by 4 guests at once; the race of 100 ready buyers for 50 units with 2 and 8
processes; the memory of a web process. wrk is used where it is installed (benchmarks/load.py).
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from benchmarks.database import own_database
from benchmarks.load import WRK, Request, press

HOST = "127.0.0.1"
REFERENCE_S = 3
UNITS, READY = 50, 100
ADDRESS = {
    "email": "buyer@example.com",
    "country": "DE",
    "last_name": "Buyer",
    "address1": "Lange Straße 1",
    "city": "Berlin",
    "zip": "10115",
    "same_billing": "on",
}
QUOTE = re.compile(r'name="quote" value="([0-9a-f]{64})"')


def main() -> int:
    options = _options()
    with own_database("store") as address:
        from benchmarks.store_data import fill

        fill(products=options.products)
        os.environ["DATABASE_URL"] = address
        with _served("benchmarks.reference:application", 2) as (reference, _pid):
            with _served("config.wsgi:application", 2) as (shop, pid):
                _pages(shop, reference, options)
                if options.only in ("", "orders"):
                    _orders(shop, reference, options.seconds)
                if options.only in ("", "race"):
                    _race(shop, processes=2)
                _memory(_children(pid))
            if options.only in ("", "race"):
                with _served("config.wsgi:application", 8) as (shop, _pid):
                    _race(shop, processes=8)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--only", default="", help="a page's name, orders or race")
    return parser.parse_args()


# ------------------------------------------------------------------ servers
@contextmanager
def _served(application: str, processes: int) -> Iterator[tuple[str, int]]:
    """gunicorn on a free port until the block ends; its address and its pid."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", application]
    command += ["--bind", f"{HOST}:{port}", "--workers", str(processes)]
    command += ["--log-level", "warning"]
    environ = {
        **os.environ,
        "SITE_URL": f"http://{HOST}:{port}",
        "ALLOW_TEST_GATEWAY": "true",
        "DEBUG": "false",
        "LOG_LEVEL": "ERROR",
        "MARKET_COUNTRY": "DE",
    }
    server = subprocess.Popen(command, env=environ)
    try:
        _await(port, server)
        yield f"http://{HOST}:{port}", server.pid
    finally:
        server.terminate()
        server.wait(timeout=30)


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at and server.poll() is None:
        try:
            with socket.create_connection((HOST, port), timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("A web server did not start; see its words above.")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


# ------------------------------------------------------------------ pages
def _pages(shop: str, reference: str, options: argparse.Namespace) -> None:
    token = secrets.token_hex(16)
    form = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"csrftoken={token}",
        "X-CSRFToken": token,
    }
    add = urlencode({"variant": _variant("product-7"), "quantity": 1})
    rows = {
        "listing": Request(f"{shop}/c/category-7/", {}),
        "listing, filtered": Request(
            f"{shop}/c/category-7/?in_stock=1&f.Colour=Blue", {}
        ),
        "product": Request(f"{shop}/p/product-7/", {}),
        "add to cart, new guest": Request(f"{shop}/cart/add/", form, add),
    }
    print(f"measured with {'wrk' if WRK else 'a plain loop: install wrk for better'}")
    for name, request in rows.items():
        if options.only not in ("", name):
            continue
        press(request, seconds=2, connections=2)
        time.sleep(1)
        bare = press(Request(f"{reference}/", {}), seconds=REFERENCE_S)
        one = press(request, seconds=options.seconds)
        eight = press(request, seconds=options.seconds, connections=8)
        time.sleep(1)
        print(
            f"{name:<24} p50 {one.p50_ms:6.1f} ms = {one.p50_ms / bare.p50_ms:5.1f} x"
            f" the reference's {bare.p50_ms:.2f}; p95 {one.p95_ms:6.1f} ms;"
            f" {eight.per_s:6.1f}/s at 8; {_statements(request):2d} SQL;"
            f" bad {one.bad + eight.bad}; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )


def _variant(product: str) -> str:
    from catalog.models import ProductVariant

    return str(ProductVariant.objects.get(product__slug=product).pk)


def _statements(request: Request) -> int:
    """Of the same request, in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": HOST})
    parts = urlsplit(request.url)
    path = f"{parts.path}?{parts.query}"
    kind = request.headers.get("Content-Type", "")

    def send() -> None:
        if request.body:
            client.post(path, request.body, content_type=kind)
        else:
            client.get(path)

    send()
    client.cookies.clear()
    with CaptureQueriesContext(connection) as asked:
        send()
    return len(asked)


# ------------------------------------------------------------------ purchases
class Buyer:
    """A guest's browser: keeps cookies and one connection, follows no redirect by itself."""

    def __init__(self, shop: str) -> None:
        parts = urlsplit(shop)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        token = secrets.token_hex(16)
        self.cookies = {"csrftoken": token}
        self.token = token

    def get(self, path: str) -> str:
        return self._send("GET", path, None)[1]

    def post(self, path: str, **form: Any) -> str:
        """Where the answer leads to."""
        return self._send("POST", path, urlencode(form))[0]

    def _send(self, method: str, path: str, body: str | None) -> tuple[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "X-CSRFToken": self.token}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status}")
        return urlsplit(answer.getheader("Location") or "").path, text


def _ready(buyer: Buyer, variants: list[str]) -> tuple[str, str]:
    """Everything up to the last click; the paying page's path and the quote agreed to."""
    for variant in variants:
        buyer.post("/cart/add/", variant=variant, quantity=1)
    address = buyer.post("/checkout/")
    delivery = buyer.post(address, **ADDRESS)
    pay = buyer.post(delivery, cheapest="please")
    found = QUOTE.search(buyer.get(pay))
    if found is None:
        raise RuntimeError(f"{pay} shows no sum to agree to.")
    return pay, found[1]


def _buy(buyer: Buyer, variants: list[str]) -> None:
    pay, agreed = _ready(buyer, variants)
    done = buyer.post(pay, quote=agreed, method="test:approve")
    if "Thank you" not in buyer.get(done):
        raise RuntimeError(f"{done} says no thanks.")


def _orders(shop: str, reference: str, seconds: int) -> None:
    """Two items of two shops each time, so each purchase is two orders."""
    from catalog.models import ProductVariant

    rows = ProductVariant.objects.filter(inventory_quantity__gt=0).order_by("id")
    ids = [str(pk) for pk in rows.values_list("pk", flat=True)[:2000]]
    bare = press(Request(f"{reference}/", {}), seconds=REFERENCE_S)
    took: list[float] = []
    failed: Counter[str] = Counter()
    end = time.perf_counter() + 2 * seconds

    def work(place: int) -> None:
        while time.perf_counter() < end:
            start = time.perf_counter()
            try:
                _buy(Buyer(shop), [ids[place % 2000], ids[(place + 7) % 2000]])
            except (RuntimeError, OSError) as error:
                failed[str(error)[:80]] += 1
            else:
                took.append(time.perf_counter() - start)
            place += 4

    start = time.perf_counter()
    _all_at_once([lambda place=place: work(place) for place in range(4)])  # type: ignore[misc]
    wall = time.perf_counter() - start
    if not took:
        raise SystemExit(f"Nobody could buy: {dict(failed)}")
    print(
        f"whole purchases, 4 buyers: {len(took) / wall:.1f}/s, of two orders each"
        f" = {2 * len(took) / wall:.1f} orders/s; p50 {statistics.median(took):.2f} s;"
        f" failed {dict(failed)}; reference {bare.p50_ms:.2f} ms",
        flush=True,
    )


def _race(shop: str, *, processes: int) -> None:
    from django.db.models import F

    from catalog.models import ProductVariant
    from orders.models import Order

    slug = f"product-{100 + processes}"
    variant = ProductVariant.objects.get(product__slug=slug)
    ProductVariant.objects.filter(pk=variant.pk).update(
        inventory_quantity=UNITS, reserved_quantity=0
    )
    buyers = [Buyer(shop) for _ in range(READY)]
    ready = [_ready(buyer, [str(variant.pk)]) for buyer in buyers]
    before = Order.objects.count()
    said: Counter[str] = Counter()

    def click(place: int) -> None:
        buyer, (pay, agreed) = buyers[place], ready[place]
        try:
            where = buyer.post(pay, quote=agreed, method="test:approve")
            page = buyer.get(where)
        except (RuntimeError, OSError) as error:
            said[str(error)[:60]] += 1
            return
        words = ("Thank you", "is sold out", "Only")
        said[next((word for word in words if word in page), page[:60])] += 1

    start = time.perf_counter()
    _all_at_once([lambda place=place: click(place) for place in range(READY)])  # type: ignore[misc]
    seconds = time.perf_counter() - start
    variant.refresh_from_db()
    orders = Order.objects.count() - before
    left = (variant.inventory_quantity, variant.reserved_quantity)
    ProductVariant.objects.filter(pk=variant.pk).update(
        inventory_quantity=F("inventory_quantity") + 1
    )
    _buy(Buyer(shop), [str(variant.pk)])
    print(
        f"race, {processes} processes: {UNITS} in stock, {READY} ready: {orders} orders in"
        f" {seconds:.1f} s; told {dict(said)}; stock and held after: {left};"
        " one more unit was sold at once",
        flush=True,
    )


def _all_at_once(works: list[Callable[[], None]]) -> None:
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        gate.wait()
        work()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _memory(pids: list[int]) -> None:
    """PSS: what is shared between processes is counted in shares."""
    sizes = []
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup")
        if rollup.exists():
            found = re.search(r"^Pss:\s+(\d+) kB", rollup.read_text(), re.MULTILINE)
            sizes.append(int(found[1]) / 1024 if found else 0)
    if sizes:
        print(f"memory of a web process: PSS {statistics.mean(sizes):.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
