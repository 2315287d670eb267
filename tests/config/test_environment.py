"""Settings read the environment, and say which variable is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.processes import steps
from ingestion.demo.catalogue import COUNTRY, CURRENCY

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "DATABASE_URL": "postgresql://soko@127.0.0.1:5432/soko",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "CACHE_URL": "redis://127.0.0.1:6380/0",
    "SECRET_KEY": "k" * 40,
}


def load_settings(tmp_path: Path, expression: str = "''", **variables: str):
    """Import the settings in a process of their own, with nothing but these variables."""
    return subprocess.run(
        [sys.executable, "-c", f"from config import settings; print({expression})"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SOKO_VAR": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_variable_is_named_with_what_to_do(tmp_path, name):
    given = {key: value for key, value in GOOD.items() if key != name}

    run = load_settings(tmp_path, **given)

    assert run.returncode == 2
    assert run.stderr.startswith(f"{name} is not set.")
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "mysql://x/y", "must start with postgresql://"),
        ("REDIS_URL", "127.0.0.1", "must start with redis://"),
        ("SITE_URL", "shop.example", "must start with http://"),
        ("DEBUG", "perhaps", "DEBUG"),
        ("DATABASE_POOL_SIZE", "0", "DATABASE_POOL_SIZE"),
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("MARKET_CURRENCY", "dollars", "MARKET_CURRENCY"),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL"),
    ],
)
def test_a_wrong_variable_is_named(tmp_path, name, value, says):
    run = load_settings(tmp_path, **(GOOD | {name: value}))

    assert run.returncode == 2
    assert name in run.stderr and says in run.stderr
    assert "Traceback" not in run.stderr


def test_nothing_secret_is_repeated_in_a_message(tmp_path):
    run = load_settings(tmp_path, **(GOOD | {"SECRET_KEY": "hunter2"}))

    assert "hunter2" not in run.stderr + run.stdout


def test_the_process_wins_over_the_private_servers_file(tmp_path):
    lines = [f"{key}={value}" for key, value in GOOD.items()]
    (tmp_path / "private.env").write_text("\n".join(lines))

    own = load_settings(tmp_path, "settings.REDIS_URL")
    given = load_settings(
        tmp_path, "settings.REDIS_URL", REDIS_URL="redis://elsewhere:1/0"
    )

    assert own.stdout.strip() == GOOD["REDIS_URL"]
    assert given.stdout.strip() == "redis://elsewhere:1/0"


def test_debug_is_off_unless_asked_for_and_https_brings_its_guards(tmp_path):
    expression = (
        "(settings.DEBUG, settings.SESSION_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT)"
    )

    plain = load_settings(tmp_path, expression, **GOOD)
    secure = load_settings(
        tmp_path, expression, **GOOD, SITE_URL="https://shop.example"
    )

    assert plain.stdout.strip() == "(False, False, False)"
    assert secure.stdout.strip() == "(False, True, True)"


def test_demo_leaves_its_currency_and_country_to_later_runs(tmp_path, monkeypatch):
    (tmp_path / "manage.py").write_text("")
    monkeypatch.setattr(steps, "MANAGE", tmp_path / "manage.py")
    monkeypatch.setattr(steps, "DEMO_ENV", tmp_path / "demo.env")
    market = "(settings.MARKET_CURRENCY, settings.MARKET_COUNTRY)"

    before = load_settings(tmp_path, market, **GOOD)
    steps.fill_demo()
    after = load_settings(tmp_path, market, **GOOD)
    given = load_settings(tmp_path, market, **GOOD, MARKET_CURRENCY="KES")

    assert before.stdout.strip() == "('USD', 'US')"
    assert after.stdout.strip() == f"('{CURRENCY}', '{COUNTRY}')"
    assert given.stdout.strip() == f"('KES', '{COUNTRY}')"
