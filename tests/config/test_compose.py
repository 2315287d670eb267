"""The container files, held against the settings that read them: none can be run here."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from config.environment import Environment, Places

BASE_DIR = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
DOCKERFILE = (BASE_DIR / "Dockerfile").read_text()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "beat", "migrate")
ONE_SHOT = {"migrate", "bucket"}
WANTED = {"postgres", "redis", "elasticsearch", "minio", "clickhouse", *OURS}
SECRETS = {
    "SECRET_KEY": "k" * 64,
    "POSTGRES_PASSWORD": "p" * 64,
    "S3_SECRET_KEY": "s" * 64,
}
PORTS = {
    "postgres": 5432,
    "redis": 6379,
    "cache": 6379,
    "elasticsearch": 9200,
    "clickhouse": 8123,
    "minio": 9000,
    # What browsers ask.
    "minio.localhost": 9000,
}


def filled_in(value: str) -> str:
    """A value as compose would pass it, with the secrets of `.env` set."""

    def fill(match: re.Match[str]) -> str:
        return SECRETS.get(match["name"]) or match["default"] or ""

    pattern = r"\$\{(?P<name>\w+)(?::\?[^}]*|:-(?P<default>[^}]*))?\}"
    return re.sub(pattern, fill, value)


def environment_of(service: str) -> dict[str, str]:
    return {
        key: filled_in(str(value))
        for key, value in SERVICES[service]["environment"].items()
    }


def known_variables() -> set[str]:
    return {
        name.upper() for name in {**Environment.model_fields, **Places.model_fields}
    }


def test_compose_holds_the_whole_stack():
    assert set(SERVICES) >= WANTED


@pytest.mark.parametrize("service", OURS)
def test_compose_environment_is_read_by_the_settings(service, monkeypatch):
    for name in known_variables():
        monkeypatch.delenv(name, raising=False)
    given = environment_of(service)
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    read = Environment(_env_file=None)

    assert set(given) - known_variables() == set()
    assert read.s3_bucket == "soko"


def test_compose_names_no_secret_itself():
    text = (BASE_DIR / "docker-compose.yml").read_text()
    secrets = re.findall(r"^\s+(\w*(?:PASSWORD|SECRET\w*)): (.*)$", text, re.MULTILINE)
    assert secrets
    assert all(re.fullmatch(r"\$\{\w+:\?.*\}", value) for _, value in secrets), secrets


@pytest.mark.parametrize("service", OURS)
def test_compose_addresses_point_at_services_of_the_stack(service):
    urls = [value for value in environment_of(service).values() if "://" in value]
    hosts = {urlsplit(url).hostname: urlsplit(url).port for url in urls}
    hosts.pop("127.0.0.1")

    assert hosts == PORTS
    known = set(SERVICES) | set(SERVICES["minio"]["networks"]["default"]["aliases"])
    assert set(hosts) <= known


def test_compose_shows_pictures_at_an_address_of_this_machine():
    web, minio = environment_of("web"), SERVICES["minio"]
    address = urlsplit(web["S3_PUBLIC_URL"])

    assert address.hostname in minio["networks"]["default"]["aliases"]
    assert f"127.0.0.1:{address.port}:9000" in minio["ports"]
    assert address.path == f"/{web['S3_BUCKET']}"


def test_compose_accounts_agree_on_both_sides():
    web, postgres = environment_of("web"), environment_of("postgres")
    minio, clickhouse = environment_of("minio"), environment_of("clickhouse")
    database, columns = urlsplit(web["DATABASE_URL"]), urlsplit(web["CLICKHOUSE_URL"])

    assert (database.username, database.password, database.path) == (
        postgres["POSTGRES_USER"],
        postgres["POSTGRES_PASSWORD"],
        "/" + postgres["POSTGRES_DB"],
    )
    assert (web["S3_ACCESS_KEY"], web["S3_SECRET_KEY"]) == (
        minio["MINIO_ROOT_USER"],
        minio["MINIO_ROOT_PASSWORD"],
    )
    assert (columns.username, columns.password) == (
        clickhouse["CLICKHOUSE_USER"],
        clickhouse["CLICKHOUSE_PASSWORD"],
    )


@pytest.mark.parametrize("service", sorted(set(SERVICES) - ONE_SHOT))
def test_compose_service_is_watched_and_kept_up(service):
    facts = SERVICES[service]

    assert facts["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout"} <= set(facts["healthcheck"])
    assert facts["restart"] == "unless-stopped"


def test_compose_waits_for_what_exists_and_can_be_waited_for():
    for name, facts in SERVICES.items():
        for wanted, how in facts.get("depends_on", {}).items():
            ends = how["condition"] == "service_completed_successfully"
            assert wanted in SERVICES, name
            assert ends == (wanted in ONE_SHOT), (name, wanted)
            assert ends or "healthcheck" in SERVICES[wanted], (name, wanted)


def test_compose_volumes_are_declared_and_used():
    mounts = [
        mount for facts in SERVICES.values() for mount in facts.get("volumes", [])
    ]

    assert {mount.split(":")[0] for mount in mounts} == set(COMPOSE["volumes"])


def test_compose_publishes_to_this_machine_only():
    ports = [port for facts in SERVICES.values() for port in facts.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_images_are_of_a_named_version():
    images = [facts["image"] for facts in SERVICES.values() if "build" not in facts]

    assert all(re.search(r":\S*\d", image) for image in images)
    assert SERVICES["postgres"]["image"] == "postgres:18"


def test_dockerfile_locks_packages_and_leaves_root():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]

    assert all(re.search(r":\d", base) for base in bases)
    assert "--require-hashes" in DOCKERFILE
    assert re.findall(r"^USER (\S+)", last_stage, re.MULTILINE) == ["soko"]
    assert last_stage.index("\nUSER ") < last_stage.index("\nCMD ")


def test_dockerfile_variables_are_read_by_the_settings():
    build = DOCKERFILE[DOCKERFILE.index("RUN DATABASE_URL") :].split("python", 1)[0]
    given = set(re.findall(r"\b([A-Z][A-Z0-9_]+)=", build))
    required = {
        name.upper()
        for name, field in Environment.model_fields.items()
        if field.is_required()
    }

    assert given == required
    assert "SOKO_VAR=/var/lib/soko" in DOCKERFILE


def test_dockerignore_keeps_secrets_and_data_out():
    ignored = (BASE_DIR / ".dockerignore").read_text().splitlines()

    assert {".*", "var"} <= set(ignored)
