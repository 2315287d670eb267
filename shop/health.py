"""What this installation needs, looked at one by one: for `doctor` and the health page."""

import json
import platform
import re
import shutil
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import redis
from botocore.exceptions import BotoCoreError, ClientError
from celery import current_app
from django.conf import settings
from django.contrib.postgres.operations import CreateExtension
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from shop.partitions.children import (
    partitioned_models,
    ranges_of,
    stray_counts,
    table_of,
)

PYTHONS = ((3, 11), (3, 13))
POSTGRES_MAJOR = 18
ELASTICSEARCH_MAJOR = 9
TIMEOUT_S = 3
PING_TIMEOUT_S = 2.0
SECRET_KEY_LENGTH = 50
BEAT_LOCK = "soko:beat"
WORKER_HEARTBEAT = "soko:heartbeat:worker"
HEARTBEAT_LATE = timedelta(minutes=5)
DISK_LOW_BYTES = 2 * 1024**3
DISK_FULL_BYTES = 256 * 1024**2
SETUP = "Run `make setup`"


class Level(StrEnum):
    """How bad it is: an error stops Soko from working, a warning lessens it."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `mend` says what to do and is empty when nothing is wrong."""

    name: str
    level: Level
    message: str
    mend: str = ""

    @property
    def ok(self) -> bool:
        return self.level == Level.OK


def examine() -> Iterator[Finding]:
    """Look at everything, cheap things first; what is down ends as a finding, not an error.

    What needs a server that does not answer is left out. Reads only, apart from one small
    file written to the storage and deleted again.
    """
    yield python()
    yield production()
    yield from _test_gateway()
    yield free_disk()
    yield from _database()
    yield from _broker()
    yield cache()
    for name in ("default", "private"):
        yield storage(name)
    if settings.ELASTICSEARCH_URL:
        yield elasticsearch()
    if settings.CLICKHOUSE_URL:
        yield clickhouse()


def addresses() -> dict[str, str]:
    """The addresses in use, passwords included; empty for what is not configured."""
    return {
        "database_url": database_url(),
        "redis_url": settings.REDIS_URL,
        "cache_url": _cache_url(),
        "elasticsearch_url": settings.ELASTICSEARCH_URL,
        "clickhouse_url": settings.CLICKHOUSE_URL,
        "s3_endpoint_url": settings.S3_ENDPOINT_URL,
        "media_root": str(settings.MEDIA_ROOT),
        "site_url": settings.SITE_URL,
    }


def database_url() -> str:
    """The database's address as one URL, as other programs want it."""
    facts: Mapping[str, Any] = settings.DATABASES["default"]
    user = quote(facts["USER"], safe="")
    if facts["PASSWORD"]:
        user += f":{quote(facts['PASSWORD'], safe='')}"
    host = facts["HOST"] + (f":{facts['PORT']}" if facts["PORT"] else "")
    return f"postgresql://{user}@{host}/{quote(facts['NAME'], safe='')}"


# ------------------------------------------------------------------ this process
def python() -> Finding:
    first, last = (".".join(map(str, version)) for version in PYTHONS)
    message = f"Python {platform.python_version()}."
    if PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        return Finding("python", Level.OK, message)
    mend = f"Install Python {first} to {last}, delete .venv and run `make setup`."
    return Finding("python", Level.ERROR, message, mend)


def production() -> Finding:
    """What is harmless on one's own machine and a hole on a public one."""
    is_public = settings.SITE_URL.startswith("https://")
    if settings.DEBUG and is_public:
        message = "DEBUG is on while the site is public: error pages show settings."
        return Finding("secrets", Level.ERROR, message, "Unset DEBUG.")
    if len(settings.SECRET_KEY) < SECRET_KEY_LENGTH:
        message = (
            f"SECRET_KEY has {len(settings.SECRET_KEY)} characters: can be guessed."
        )
        mend = (
            'Set SECRET_KEY to the output of: python -c "import secrets;'
            ' print(secrets.token_urlsafe(64))"'
        )
        level = Level.ERROR if is_public else Level.WARNING
        return Finding("secrets", level, message, mend)
    if settings.DEBUG:
        return Finding("secrets", Level.OK, "DEBUG is on; the site is not public.")
    return Finding("secrets", Level.OK, "DEBUG is off, SECRET_KEY is long enough.")


def _test_gateway() -> Iterator[Finding]:
    """Goods for nothing are right in a demonstration, and nowhere else."""
    if not settings.ALLOW_TEST_GATEWAY:
        return
    is_public = settings.SITE_URL.startswith("https://")
    message = "ALLOW_TEST_GATEWAY is on: whoever orders may pay without money."
    if is_public:
        mend = "Unset ALLOW_TEST_GATEWAY before you sell anything."
        yield Finding("test payments", Level.WARNING, message, mend)
    else:
        yield Finding("test payments", Level.OK, message)


def free_disk() -> Finding:
    """Free space where the private servers and the uploads are."""
    folder = Path(settings.MEDIA_ROOT)
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    message = f"{free / 1024**3:.1f} GB free at {folder}."
    if free >= DISK_LOW_BYTES:
        return Finding("disk", Level.OK, message)
    level = Level.ERROR if free < DISK_FULL_BYTES else Level.WARNING
    return Finding("disk", level, message, "Free some space, or move var/ (SOKO_VAR).")


# ------------------------------------------------------------------ PostgreSQL
def _database() -> Iterator[Finding]:
    place = _place(database_url())
    try:
        # Not Django's connection: its pool would wait long for a server that is away.
        with psycopg.connect(database_url(), connect_timeout=TIMEOUT_S) as direct:
            version = direct.info.server_version // 10_000
            found = _one(direct, "SELECT to_regnamespace(%s)::text", settings.SCHEMA)
    except psycopg.OperationalError as error:
        mend = f"{SETUP}, which starts the private server, or mend DATABASE_URL."
        reason = _reason(error)
        message = f"PostgreSQL does not answer at {place}: {reason}"
        yield Finding("database", Level.ERROR, message, mend)
        return
    yield _version_of_postgres(version, place)
    if found is None:
        message = f"The database has no schema {settings.SCHEMA}: no table is made yet."
        yield Finding("schema", Level.ERROR, message, "Run `python manage.py migrate`.")
        return
    yield Finding("schema", Level.OK, f"The schema {settings.SCHEMA} is there.")
    try:
        yield (unapplied := migrations())
        yield extensions()
        if unapplied.ok:
            yield partitions()
    except DatabaseError as error:
        message = f"The tables cannot be read: {_reason(error)}"
        mend = "Give the role of DATABASE_URL rights on the schema, or use its owner."
        yield Finding("migrations", Level.ERROR, message, mend)


def _version_of_postgres(version: int, place: str) -> Finding:
    message = f"PostgreSQL {version} answers at {place}."
    if version >= POSTGRES_MAJOR:
        return Finding("database", Level.OK, message)
    mend = (
        f"Soko needs PostgreSQL {POSTGRES_MAJOR} or later. Upgrade it, or unset"
        " DATABASE_URL to use the private server."
    )
    return Finding("database", Level.ERROR, message, mend)


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return Finding("migrations", Level.OK, "All migrations are applied.")
    names = ", ".join(str(migration) for migration, _ in plan[:3])
    more = " and more" if len(plan) > 3 else ""
    message = f"Migrations are not applied ({len(plan)}): {names}{more}."
    return Finding(
        "migrations", Level.ERROR, message, "Run `python manage.py migrate`."
    )


def extensions() -> Finding:
    """Those that migrations create: someone may have dropped or not restored one."""
    loader = MigrationExecutor(connection).loader
    wanted = {
        operation.name
        for migration in loader.disk_migrations.values()
        for operation in migration.operations
        if isinstance(operation, CreateExtension)
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        missing = sorted(wanted - {name for (name,) in cursor.fetchall()})
    if not missing:
        return Finding("extensions", Level.OK, "All extensions are installed.")
    statements = " ".join(f'CREATE EXTENSION "{name}";' for name in missing)
    return Finding(
        "extensions",
        Level.ERROR,
        f"Extensions are missing: {', '.join(missing)}.",
        f"As a database superuser: {statements}",
    )


def partitions() -> Finding:
    """Rows that found no partition of their own wait in a default one, and slow it."""
    strays = stray_counts()
    now = timezone.now()
    unready = [
        table_of(model)
        for model in partitioned_models()
        if not any(
            start <= now < end
            for start, end in (child.span for child in ranges_of(model))
        )
    ]
    if not strays and not unready:
        message = "Every row has a partition of its own, new ones too."
        return Finding("partitions", Level.OK, message)
    parts = []
    if strays:
        tables = ", ".join(f"{table} ({count})" for table, count in strays.items())
        parts.append(f"Rows in default partitions: {tables}.")
    if unready:
        parts.append(f"No partition for now: {', '.join(unready)}.")
    mend = (
        "Run `python manage.py partitions --ahead` and `python manage.py partitions"
        " --strays`; the scheduler does so every hour."
    )
    return Finding("partitions", Level.WARNING, " ".join(parts), mend)


# ------------------------------------------------------------------ Redis, Celery
def _broker() -> Iterator[Finding]:
    place = _place(settings.REDIS_URL)
    try:
        with _redis(settings.REDIS_URL) as client:
            policy = client.info("memory").get("maxmemory_policy", "noeviction")
            beats = client.exists(BEAT_LOCK)
            last_work = client.get(WORKER_HEARTBEAT)
    except redis.RedisError as error:
        mend = f"{SETUP}, which starts the private server, or mend REDIS_URL."
        message = f"Redis does not answer at {place}: {_reason(error)}"
        yield Finding("redis", Level.ERROR, message, mend)
        return
    if policy == "noeviction":
        yield Finding("redis", Level.OK, f"Redis answers at {place}, evicts nothing.")
    else:
        message = f"Redis at {place} evicts keys ({policy}): tasks could be lost."
        mend = "Set its maxmemory-policy to noeviction; the cache has CACHE_URL."
        yield Finding("redis", Level.ERROR, message, mend)
    worked_at = datetime.fromisoformat(last_work.decode()) if last_work else None
    yield worker(is_fed=bool(beats), worked_at=worked_at, now=timezone.now())
    yield _beat(is_up=bool(beats))


def worker(*, is_fed: bool, worked_at: datetime | None, now: datetime) -> Finding:
    """Whether a Celery worker answers and works off what the scheduler sends it.

    is_fed: a scheduler is up. worked_at: when a worker last did its heartbeat task.
    """
    try:
        answers = current_app.control.ping(timeout=PING_TIMEOUT_S)
    except BrokerError:
        answers = []
    if not answers:
        return Finding(
            "worker",
            Level.WARNING,
            "No Celery worker answers: imports, mails and numbers wait.",
            "Start one: `make run`, or `celery -A config worker`.",
        )
    if is_fed and worked_at and now - worked_at > HEARTBEAT_LATE:
        minutes = round((now - worked_at).total_seconds() / 60)
        return Finding(
            "worker",
            Level.WARNING,
            f"Workers are {minutes} minutes behind: the queue is longer than they can do.",
            "Start more of them, or look into their log for tasks that hang.",
        )
    message = f"Celery workers that answer: {len(answers)}."
    return Finding("worker", Level.OK, message)


def _beat(*, is_up: bool) -> Finding:
    if is_up:
        return Finding("beat", Level.OK, "The scheduler is running.")
    return Finding(
        "beat",
        Level.WARNING,
        "No scheduler is running: nothing happens by the hour or the day.",
        "Start one: `make run`, or `celery -A config beat`.",
    )


def cache() -> Finding:
    url = _cache_url()
    try:
        with _redis(url) as client:
            client.ping()
    except redis.RedisError as error:
        message = f"The cache does not answer at {_place(url)}: {_reason(error)}"
        mend = f"{SETUP}, which starts the private server, or mend CACHE_URL."
        return Finding("cache", Level.WARNING, message, mend)
    return Finding("cache", Level.OK, f"The cache answers at {_place(url)}.")


def _cache_url() -> str:
    return str(settings.CACHES["default"]["LOCATION"])


def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S
    )


# ------------------------------------------------------------------ files
def storage(name: str) -> Finding:
    """Write, read and delete a small file where uploads (private) or pictures go."""
    label = f"storage {name}"
    store = storages[name]
    try:
        path = store.save(f"doctor/{uuid4()}.txt", ContentFile(b"doctor"))
        with store.open(path) as file:
            is_whole = file.read() == b"doctor"
        shown = _shown(store, path)
        store.delete(path)
    except (OSError, BotoCoreError, ClientError, SuspiciousOperation) as error:
        message = f"Files cannot be kept: {_reason(error)}"
        mend = (
            "Mend S3_ENDPOINT_URL, S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY."
            if hasattr(store, "bucket_name")
            else f"Let this account write below {settings.MEDIA_ROOT}."
        )
        return Finding(label, Level.ERROR, message, mend)
    if not is_whole:
        message = "A file came back changed."
        return Finding(label, Level.ERROR, message, "Look at the storage's own log.")
    if shown is not None:
        return Finding(label, Level.WARNING, *shown)
    return Finding(label, Level.OK, "Files can be written, read and deleted.")


def _shown(store: Storage, path: str) -> tuple[str, str] | None:
    """What keeps browsers from a public file of a bucket, and the way to mend it."""
    if getattr(store, "custom_domain", None) is None:
        return None
    address = store.url(path)
    folder = _place(address.removesuffix(path))
    if settings.SITE_URL.startswith("https://") and address.startswith("http://"):
        message = (
            f"Pictures come from http://{folder}, which pages of https do not show."
        )
        return message, "Let S3_PUBLIC_URL begin with https://."
    try:
        _get(address)
    except (OSError, ValueError) as error:
        message = f"Pictures cannot be seen at {folder}: {_reason(error)}"
        mend = "Mend S3_PUBLIC_URL, and let everybody read what is below public/."
        return message, mend
    return None


# ------------------------------------------------------------------ optional servers
def elasticsearch() -> Finding:
    place = _place(settings.ELASTICSEARCH_URL)
    try:
        version = json.loads(_get(settings.ELASTICSEARCH_URL))["version"]["number"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"Elasticsearch does not answer at {place}: {_reason(error)}"
        mend = "Start it, or unset ELASTICSEARCH_URL to search in PostgreSQL."
        return Finding("elasticsearch", Level.WARNING, message, mend)
    message = f"Elasticsearch {version} answers at {place}."
    if version.split(".")[0] == str(ELASTICSEARCH_MAJOR):
        return Finding("elasticsearch", Level.OK, message)
    mend = f"Soko speaks to Elasticsearch {ELASTICSEARCH_MAJOR}; install that version."
    return Finding("elasticsearch", Level.WARNING, message, mend)


def clickhouse() -> Finding:
    place = _place(settings.CLICKHOUSE_URL)
    try:
        _get(settings.CLICKHOUSE_URL.rstrip("/") + "/ping")
    except (OSError, ValueError) as error:
        message = f"ClickHouse does not answer at {place}: {_reason(error)}"
        mend = "Start it, or unset CLICKHOUSE_URL to read from PostgreSQL."
        return Finding("clickhouse", Level.WARNING, message, mend)
    return Finding("clickhouse", Level.OK, f"ClickHouse answers at {place}.")


def _get(url: str) -> bytes:
    """Body of a small HTTP answer; a name and password in the address are sent along."""
    parts = urlsplit(url)
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    bare = urlunsplit(parts._replace(netloc=host))
    if parts.username:
        passwords.add_password(None, bare, parts.username, parts.password or "")
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPBasicAuthHandler(passwords),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
    )
    with opener.open(bare, timeout=TIMEOUT_S) as answer:
        body: bytes = answer.read(1_000_000)
    return body


# ------------------------------------------------------------------ words
def _one(direct: psycopg.Connection, query: str, *values: str) -> str | None:
    row = direct.execute(query, values).fetchone()
    return None if row is None else row[0]


def _place(url: str) -> str:
    """Host, port and path of an address, without the password."""
    return url.rpartition("@")[2].removeprefix(f"{urlsplit(url).scheme}://")


def _reason(error: Exception) -> str:
    """The cause a library gave, without the way it came and the hints after it."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    lines = str(cause).strip().splitlines() or ["no reason given"]
    words = re.sub(
        r"^(.* failed: |Error \d+ connecting to \S+ |\[Errno -?\d+\] )", "", lines[0]
    )
    return re.sub(r"^FATAL:\s+", "", words).strip().rstrip(".") + "."
