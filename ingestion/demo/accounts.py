"""The log-ins of the demo, and the people who buy and review in it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from shop.encryption import email_hash
from users.models import User

LOGINS_FILE = settings.VAR_DIR / "demo-logins.json"
DOMAIN = "soko.example"
OPERATOR, OWNER, SHOPPER = (
    f"{role}@{DOMAIN}" for role in ("operator", "owner", "shopper")
)
ROLES = {
    OPERATOR: ("operator", "Olive", "Operator"),
    OWNER: ("shop owner", "Otis", "Owner"),
    SHOPPER: ("shopper", "Sasha", "Shopper"),
}
BUYERS = 320
FIRST_NAMES = [
    "Amina",
    "Ben",
    "Chloe",
    "Daniel",
    "Efua",
    "Farid",
    "Grace",
    "Hannah",
    "Ibrahim",
    "Isla",
    "Jamal",
    "Kate",
    "Leo",
    "Maya",
    "Noah",
    "Oscar",
    "Priya",
    "Quentin",
    "Rosa",
    "Samuel",
    "Tara",
    "Umar",
    "Violet",
    "Wanjiru",
    "Yusuf",
    "Zoe",
    "Aoife",
    "Callum",
    "Dilys",
    "Ewan",
]
LAST_NAMES = [
    "Abbott",
    "Baker",
    "Clarke",
    "Davies",
    "Evans",
    "Fraser",
    "Green",
    "Hughes",
    "Ibori",
    "Jones",
    "Khan",
    "Lewis",
    "Mwangi",
    "Nolan",
    "Owusu",
    "Patel",
    "Quinn",
    "Reid",
    "Shah",
    "Taylor",
    "Underwood",
    "Vaughan",
    "Walsh",
    "Young",
]
PASSWORD_WORDS = 18


@dataclass(frozen=True)
class Login:
    """One way in: what `var/demo-logins.json` holds, in clear, for this machine only."""

    role: str
    email: str
    password: str


def read_logins(path: Path | None = None) -> list[Login]:
    """What was written when the demo was filled; empty before that."""
    try:
        entries = json.loads((path or LOGINS_FILE).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    return [Login(**entry) for entry in entries]


def make_logins(path: Path | None = None) -> list[Login]:
    """Operator, shop owner and shopper, with passwords made once for this machine.

    May be repeated: the file's passwords stay while it is there; without it the three get
    new ones.
    """
    path = path or LOGINS_FILE
    known = {login.email: login for login in read_logins(path)}
    logins = [
        known.get(email) or Login(role, email, secrets.token_urlsafe(PASSWORD_WORDS))
        for email, (role, *_) in ROLES.items()
    ]
    for login in logins:
        _make_account(login, is_known=login.email in known)
    _write(path, logins)
    return logins


def _make_account(login: Login, *, is_known: bool) -> None:
    _, first_name, last_name = ROLES[login.email]
    is_operator = login.email == OPERATOR
    user = User.objects.filter(email=login.email).first()
    if user is None:
        user = User.objects.create_user(
            login.email,
            login.password,
            first_name=first_name,
            last_name=last_name,
            email_verified=True,
            is_staff=is_operator,
            is_superuser=is_operator,
        )
    elif not is_known:
        user.set_password(login.password)
        user.save(update_fields=["password", "updated_at"])
    EmailAddress.objects.get_or_create(
        user=user, email=login.email, defaults={"verified": True, "primary": True}
    )


def _write(path: Path, logins: list[Login]) -> None:
    """For the owner of the machine alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(
        os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
    ) as file:
        json.dump([login.__dict__ for login in logins], file, indent=1)
    new.replace(path)


def make_people(random: Random, owners: int) -> tuple[list[User], list[User]]:
    """Shop owners and buyers who cannot log in: they have names, and no password."""
    people = list(_people(random, owners + BUYERS))
    User.objects.bulk_create(people)
    return people[:owners], people[owners:]


def _people(random: Random, count: int) -> Iterator[User]:
    for number in range(count):
        first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
        email = f"{first}.{last}.{number}@{DOMAIN}".lower()
        yield User(
            email=email,
            first_name=first,
            last_name=last,
            email_hash=email_hash(email),
            # Nothing matches it, and none of hundreds of slow hashes is computed.
            password=f"{UNUSABLE_PASSWORD_PREFIX}{secrets.token_hex(16)}",
        )
