"""The checks of `make check` and of the commit hooks: `python -m config.quality [NAME ...]`."""

import argparse
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
DJANGO_VERSION = "5.2"
CONCISE = ["--quiet", "--output-format", "concise"]
# What a production machine would say; nothing is connected to.
PRODUCTION = {
    "DATABASE_URL": "postgresql://soko:soko@127.0.0.1:5432/soko",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "CACHE_URL": "redis://127.0.0.1:6379/1",
    "SITE_URL": "https://shop.example.com",
    "ALLOWED_HOSTS": "shop.example.com",
    "DEBUG": "false",
    "LOG_FORMAT": "json",
}


@dataclass(frozen=True)
class Check:
    """A command that says nothing and returns 0 when all is well."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.quality")
    parser.add_argument("names", nargs="*", help="some of the checks; all by default")
    parser.add_argument("--fix", action="store_true", help="format instead of checking")
    arguments = parser.parse_args()
    checks = formatters() if arguments.fix else all_checks()
    unknown = set(arguments.names) - {check.name for check in checks}
    if unknown:
        parser.error(f"no such check: {', '.join(sorted(unknown))}")
    chosen = [check for check in checks if check.name in arguments.names] or checks
    failed = [check.name for check in chosen if not _passes(check)]
    if failed:
        print(f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


def all_checks() -> list[Check]:
    manage = [PYTHON, "manage.py"]
    deploy = ["check", "--deploy", "--fail-level", "WARNING"]
    secret = {"SECRET_KEY": secrets.token_urlsafe(64)}
    compose = ["tests/config/test_compose.py", "-q", "-p", "no:cacheprovider"]
    return [
        Check("format", [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."]),
        Check("lint", [PYTHON, "-m", "ruff", "check", *CONCISE, "."]),
        Check("templates", [_beside("djade"), *_djade(), "--check", *_templates()]),
        Check("imports", [_beside("lint-imports")]),
        Check("types", [PYTHON, "-m", "mypy"]),
        Check("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        Check("deployment", [*manage, *deploy], {**PRODUCTION, **secret}),
        Check("texts", [PYTHON, "-m", "config.texts", "--check"]),
        Check("compose", [PYTHON, "-m", "pytest", *compose]),
    ]


def formatters() -> list[Check]:
    return [
        Check("imports", [PYTHON, "-m", "ruff", "check", "--fix", "--quiet", "."]),
        Check("format", [PYTHON, "-m", "ruff", "format", "--quiet", "."]),
        # It returns 1 when it changed a file, which is what is wanted here.
        Check(
            "templates",
            ["sh", "-c", '"$@" || true', _beside("djade"), _beside("djade")]
            + [*_djade(), *_templates()],
        ),
    ]


def _passes(check: Check) -> bool:
    print(f"  {check.name:<12}", end="", flush=True)
    began = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=BASE_DIR,
        env={**os.environ, **check.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    verdict = "FAILED" if done.returncode else "ok"
    print(f"{verdict}  {time.monotonic() - began:.1f} s", flush=True)
    if done.returncode:
        print(done.stdout.rstrip(), flush=True)
    return done.returncode == 0


def _beside(program: str) -> str:
    """A program of this environment, also when it is not activated."""
    return str(Path(PYTHON).parent / program)


def _djade() -> list[str]:
    return ["--target-version", DJANGO_VERSION]


def _templates() -> list[str]:
    return sorted(
        str(path.relative_to(BASE_DIR))
        for path in BASE_DIR.glob("*/templates/**/*.html")
    )


if __name__ == "__main__":
    sys.exit(main())
