import copy
import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.contrib.postgres.operations import CreateExtension
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.utils import timezone

from config.beat import LOCK_KEY
from shop import health
from shop.health import BEAT_LOCK, WORKER_HEARTBEAT, Finding, Level
from shop.models import GlobalEvent
from shop.partitions.children import ranges_of, table_of
from shop.partitions.maintenance import Maintenance
from shop.tasks import HEARTBEAT_KEY

CLOSED = "127.0.0.1:1"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def findings() -> dict[str, Finding]:
    return {finding.name: finding for finding in health.examine()}


def doctor(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    """Exit code and output of the command."""
    try:
        call_command("doctor", *options)
        code = 0
    except SystemExit as ending:
        code = int(ending.code or 0)
    return code, capsys.readouterr().out


@pytest.fixture(autouse=True)
def short_ping(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker runs beside the tests, so waiting for one is in vain."""
    monkeypatch.setattr(health, "PING_TIMEOUT_S", 0.05)


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "database_url", lambda: f"postgresql://soko@{CLOSED}/x")


# ------------------------------------------------------------------ all is well
@pytest.mark.django_db
def test_doctor_finds_nothing_that_stops_a_whole_installation(capsys):
    code, output = doctor(capsys)

    assert (code, "ERROR" in output) == (0, False)


@pytest.mark.django_db
def test_doctor_json_gives_addresses_that_connect(capsys):
    code, output = doctor(capsys, "--json")
    facts = json.loads(output)

    assert code == 0
    with psycopg.connect(facts["database_url"]) as connection:
        assert connection.info.dbname.startswith("test_")
    assert {"redis_url", "cache_url", "elasticsearch_url"} <= set(facts)
    assert {"name", "ok", "level", "message", "mend"} == set(facts["checks"][0])
    assert {check["name"] for check in facts["checks"]} >= {
        "python",
        "secrets",
        "disk",
        "database",
        "schema",
        "migrations",
        "extensions",
        "redis",
        "worker",
        "beat",
        "cache",
        "storage default",
        "storage private",
    }


@pytest.mark.django_db
def test_doctor_counts_a_missing_worker_only_when_strict(capsys, redis_server):
    lenient, output = doctor(capsys)
    strict, _ = doctor(capsys, "--strict")

    assert (lenient, strict) == (0, 1)
    assert "No Celery worker answers" in output
    assert "make run" in output


# ------------------------------------------------------------------ PostgreSQL
@pytest.mark.usefixtures("no_database")
def test_doctor_without_a_database_says_what_to_do(capsys):
    code, output = doctor(capsys)

    assert code == 1
    assert f"PostgreSQL does not answer at {CLOSED}/" in output
    assert "Connection refused." in output
    assert "-> Run `make setup`" in output
    assert "Traceback" not in output


@pytest.mark.usefixtures("no_database")
def test_doctor_json_without_a_database_is_still_json(capsys):
    code, output = doctor(capsys, "--json")

    facts = json.loads(output)
    bad = [check["name"] for check in facts["checks"] if check["level"] == "error"]
    assert (code, facts["ok"], bad) == (1, False, ["database"])


@pytest.mark.django_db
def test_doctor_never_shows_a_password_in_words(capsys, settings):
    secrets = {
        settings.DATABASES["default"]["PASSWORD"],
        *(url.split(":")[2].split("@")[0] for url in (settings.REDIS_URL,)),
    }

    _, output = doctor(capsys)

    assert [secret for secret in secrets if secret and secret in output] == []


@pytest.mark.django_db
def test_doctor_names_migrations_that_are_not_applied():
    last = MigrationRecorder.Migration.objects.filter(app="orders").latest("id")
    last.delete()

    finding = findings()["migrations"]

    assert finding.level == Level.ERROR
    assert f"orders.{last.name}" in finding.message
    assert "migrate" in finding.mend


@pytest.mark.django_db
def test_doctor_names_a_schema_that_is_not_there(settings):
    settings.SCHEMA = "no_such_schema"

    found = findings()

    assert found["schema"].level == Level.ERROR
    assert "migrations" not in found


@pytest.mark.django_db
def test_doctor_names_an_extension_that_is_not_there(monkeypatch):
    from importlib import import_module

    migration = import_module("shop.migrations.0001_tables").Migration
    wanted = [*migration.operations, CreateExtension("tablefunc")]
    monkeypatch.setattr(migration, "operations", wanted)

    finding = health.extensions()

    assert finding.level == Level.ERROR
    assert 'CREATE EXTENSION "tablefunc";' in finding.mend


@pytest.mark.parametrize(
    ("version", "level"), [(17, Level.ERROR), (18, Level.OK), (19, Level.OK)]
)
def test_doctor_wants_postgresql_18(version, level):
    assert health._version_of_postgres(version, "here").level == level


@pytest.mark.django_db
def test_doctor_names_tables_whose_rows_have_no_partition():
    Maintenance(now=timezone.now()).ahead()
    before = health.partitions()
    model = GlobalEvent
    with connection.cursor() as cursor:
        for child in ranges_of(model):
            cursor.execute(f'DROP TABLE "{child.name}"')

    after = health.partitions()

    assert before.level == Level.OK
    assert after.level == Level.WARNING
    assert f"No partition for now: {table_of(model)}." in after.message
    assert "partitions --ahead" in after.mend


# ------------------------------------------------------------------ Redis, Celery
@pytest.mark.parametrize(
    ("answers", "minutes", "is_fed", "level"),
    [
        ([], 0, True, Level.WARNING),
        ([{"worker": "pong"}], 1, True, Level.OK),
        ([{"worker": "pong"}], 10, True, Level.WARNING),
        ([{"worker": "pong"}], 10, False, Level.OK),
    ],
)
def test_doctor_sees_workers_that_are_away_or_behind(
    monkeypatch, answers, minutes, is_fed, level
):
    monkeypatch.setattr(health.current_app.control, "ping", lambda timeout: answers)
    worked_at = NOON - timedelta(minutes=minutes)

    finding = health.worker(is_fed=is_fed, worked_at=worked_at, now=NOON)

    assert finding.level == level


@pytest.mark.usefixtures("no_database")
def test_doctor_without_redis_says_what_to_do(settings):
    settings.REDIS_URL = f"redis://{CLOSED}/0"
    caches = copy.deepcopy(settings.CACHES)
    caches["default"]["LOCATION"] = f"redis://{CLOSED}/0"

    with override_settings(CACHES=caches):
        found = findings()

    assert found["redis"].level == Level.ERROR
    assert found["redis"].message.endswith("Connection refused.")
    assert found["cache"].level == Level.WARNING
    assert {"worker", "beat"} & set(found) == set()


@pytest.mark.usefixtures("no_database")
def test_doctor_warns_of_a_redis_that_evicts(settings):
    settings.REDIS_URL = settings.CACHES["default"]["LOCATION"]

    finding = findings()["redis"]

    assert finding.level == Level.ERROR
    assert "allkeys-lru" in finding.message
    assert "noeviction" in finding.mend


@pytest.mark.usefixtures("no_database")
def test_doctor_sees_the_scheduler_by_its_lock(redis_server):
    before = findings()["beat"].level
    redis_server.set(BEAT_LOCK, "token")

    after = findings()["beat"].level

    assert (before, after) == (Level.WARNING, Level.OK)


def test_doctor_and_celery_mean_the_same_keys():
    assert (BEAT_LOCK, WORKER_HEARTBEAT) == (LOCK_KEY, HEARTBEAT_KEY)


# ------------------------------------------------------------------ secrets, disk, files
@pytest.mark.parametrize(
    ("debug", "key", "site", "level"),
    [
        (True, "k" * 64, "https://shop.example", Level.ERROR),
        (True, "k" * 64, "http://127.0.0.1:8000", Level.OK),
        (False, "short", "https://shop.example", Level.ERROR),
        (False, "short", "http://127.0.0.1:8000", Level.WARNING),
        (False, "k" * 64, "https://shop.example", Level.OK),
    ],
)
def test_doctor_judges_debug_and_secret_by_the_site(settings, debug, key, site, level):
    settings.DEBUG, settings.SECRET_KEY, settings.SITE_URL = debug, key, site

    assert health.production().level == level


@pytest.mark.parametrize(
    ("free", "level"),
    [(10 * 1024**3, Level.OK), (1024**3, Level.WARNING), (1024**2, Level.ERROR)],
)
def test_doctor_sees_a_full_disk(monkeypatch, free, level):
    usage = type(shutil.disk_usage("/"))(free * 2, free, free)
    monkeypatch.setattr(health.shutil, "disk_usage", lambda folder: usage)

    assert health.free_disk().level == level


def test_doctor_sees_a_storage_it_cannot_write(settings, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    changed = copy.deepcopy(settings.STORAGES)
    changed["private"]["OPTIONS"]["location"] = in_the_way
    settings.STORAGES = changed

    assert health.storage("private").level == Level.ERROR
    assert health.storage("default").level == Level.OK


def test_doctor_leaves_no_file_in_the_storage(settings, tmp_path):
    changed = copy.deepcopy(settings.STORAGES)
    changed["private"]["OPTIONS"]["location"] = tmp_path
    settings.STORAGES = changed

    health.storage("private")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# ------------------------------------------------------------------ Elasticsearch
@pytest.fixture
def search_server() -> Iterator[http.server.HTTPServer]:
    """A server that answers as Elasticsearch does at its root; `version` may be set."""

    class Root(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"version": {"number": self.server.version}}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing on the terminal."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Root)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("version", "level"), [("9.5.3", Level.OK), ("8.19.0", Level.WARNING)]
)
def test_doctor_looks_at_the_version_of_elasticsearch(
    settings, search_server, version, level
):
    search_server.version = version
    settings.ELASTICSEARCH_URL = f"http://127.0.0.1:{search_server.server_port}"

    assert health.elasticsearch().level == level


def test_doctor_warns_when_elasticsearch_is_away(settings):
    settings.ELASTICSEARCH_URL = f"http://{CLOSED}"

    finding = health.elasticsearch()

    assert (finding.level, finding.message) == (
        Level.WARNING,
        f"Elasticsearch does not answer at {CLOSED}: Connection refused.",
    )
