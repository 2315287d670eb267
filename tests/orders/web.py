"""The store as it is served: web processes of its own, and browsers that buy from them."""

import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.utils import timezone

from config.environment import BASE_DIR
from orders.visitor import COOKIE, SALT
from payments.services.payments import CALL, complete_payment
from shop.health import database_url
from tests.orders.purchases import ADDRESS

HOST = "127.0.0.1"
PROCESSES = 2
DEADLINE_S = 60
FORM = "application/x-www-form-urlencoded"
QUOTE = re.compile(r'name="quote" value="([0-9a-f]{64})"')
THANKS = "Thank you for your order"
CONTACT = {**ADDRESS, "email": "buyer@example.com", "same_billing": "on"}
# What a browser shows when the process that was answering is gone.
BROKEN = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Served:
    """A running server on the test's database."""

    port: int
    pid: int

    def workers(self) -> list[int]:
        """Process ids of those that answer."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.pid)], capture_output=True, text=True, check=False
        )
        return [int(line) for line in found.stdout.split()]


@contextmanager
def served() -> Iterator[Served]:
    """The store in two processes of four threads, as `docs/run.md` has it, on a free port."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "config.wsgi"]
    command += ["--bind", f"{HOST}:{port}", "--log-level", "critical"]
    command += ["--workers", str(PROCESSES), "--threads", "4"]
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.orders.web_settings",
        "DATABASE_URL": database_url(),
        "MARKET_CURRENCY": settings.MARKET_CURRENCY,
        "MARKET_COUNTRY": settings.MARKET_COUNTRY,
        "DEBUG": "false",
        "SITE_URL": f"http://{HOST}:{port}",
        "ALLOW_TEST_GATEWAY": "true",
        "LOG_LEVEL": "ERROR",
    }
    server = subprocess.Popen(
        command, cwd=BASE_DIR, env=environ, start_new_session=True
    )
    try:
        _await(port)
        yield Served(port, server.pid)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _await(port: int) -> None:
    """Until it answers: it listens before its processes are ready."""
    give_up_at = time.monotonic() + DEADLINE_S
    while True:
        try:
            assert Browser(port).get("/health/").status == 200
        except BROKEN:
            assert time.monotonic() < give_up_at
            time.sleep(0.1)
        else:
            return


@dataclass(frozen=True)
class Answer:
    """`where`: the path that a redirect leads to; empty without one."""

    status: int
    where: str
    text: str
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.text)


class Browser:
    """Keeps cookies, follows no redirect by itself. token: of the guest whose cart it has."""

    def __init__(self, port: int, *, token: str = "", **cookies: str) -> None:
        self.port = port
        self.csrf = secrets.token_hex(16)
        self.cookies = {"csrftoken": self.csrf, **cookies}
        if token:
            signer = signing.get_cookie_signer(salt=COOKIE + SALT)
            self.cookies[COOKIE] = signer.sign(token)

    def get(self, path: str) -> Answer:
        return self._send("GET", path, None, {})

    def post(self, path: str, **form: Any) -> Answer:
        return self._send("POST", path, urlencode(form), {"Content-Type": FORM})

    def post_json(self, path: str, sent: Any, **headers: str) -> Answer:
        kind = {"Content-Type": "application/json"}
        return self._send("POST", path, json.dumps(sent), kind | headers)

    def _send(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "X-CSRFToken": self.csrf, **headers}
        connection = http.client.HTTPConnection(HOST, self.port, timeout=DEADLINE_S)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        where = urlsplit(answer.getheader("Location") or "").path
        return Answer(answer.status, where, text, dict(answer.getheaders()))


class Shopper:
    """Buys page by page, and asks again for a page that broke off; counts those in `broken`."""

    def __init__(self, port: int) -> None:
        self.browser = Browser(port)
        self.broken = 0
        self.checkout_id: UUID | None = None
        self.has_bought = False

    def buy(self, variant_ids: list[UUID], *, walks_away: bool = False) -> None:
        """From the first click to the thanks, whatever happens to the server meanwhile.

        walks_away: for good, when the last click breaks off.
        """
        for variant_id in variant_ids:
            self.post("/cart/add/", variant=variant_id, quantity=1)
        address = self.post("/checkout/").where
        self.checkout_id = UUID(address.split("/")[2])
        self.post(address, **CONTACT)
        self.post(f"/checkout/{self.checkout_id}/delivery/", cheapest="please")
        if self._click() or not walks_away:
            self.pay()
            self.has_bought = True

    def _click(self) -> bool:
        """Order and pay, once; False when it broke off."""
        path = f"/pay/{self.checkout_id}/"
        found = QUOTE.search(self.get(path).text)
        try:
            self.browser.post(path, method="test:approve", quote=found and found[1])
        except BROKEN:
            self.broken += 1
            return False
        return True

    def pay(self) -> None:
        """Until the page says thanks. May be repeated."""
        path = f"/pay/{self.checkout_id}/"
        give_up_at = time.monotonic() + DEADLINE_S
        while True:
            page = self.get(path)
            if page.where and THANKS in self.get(page.where).text:
                return
            agreed = {"quote": found[1]} if (found := QUOTE.search(page.text)) else {}
            page = self.post(path, method="test:approve", **agreed)
            if page.where == path and self.checkout_id:
                # Nobody knows how the try ended that broke off: in half a minute the bank is
                # asked, and here at once.
                later = timezone.now() + CALL
                complete_payment(checkout_id=self.checkout_id, now=later)
            assert time.monotonic() < give_up_at, page

    def get(self, path: str) -> Answer:
        return self._whole(lambda: self.browser.get(path))

    def post(self, path: str, **form: Any) -> Answer:
        return self._whole(lambda: self.browser.post(path, **form))

    def _whole(self, ask: Any) -> Answer:
        while True:
            try:
                answer = ask()
            except BROKEN:
                self.broken += 1
                continue
            assert answer.status < 400, answer
            return answer


def kill_a_worker(server: Served) -> None:
    """One of those that answer, in the middle of whatever it does."""
    while not (pids := server.workers()):
        time.sleep(0.01)
    os.kill(secrets.choice(pids), signal.SIGKILL)
