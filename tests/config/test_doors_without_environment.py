"""The command line without its environment, and the one target that deletes data."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

STUB = '#!/bin/sh\necho "$@" >> ran\n'


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The Makefile in a folder with data, and a Python that only says what it was asked."""
    shutil.copy(settings.BASE_DIR / "Makefile", tmp_path)
    (tmp_path / "requirements-dev.lock").touch()
    (tmp_path / "var").mkdir()
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(STUB)
    python.chmod(0o755)
    (tmp_path / ".venv" / ".installed").touch()
    return tmp_path


def make(folder: Path, *words: str) -> None:
    subprocess.run(
        ["make", *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )


def test_python_without_packages_is_told_what_to_do():
    ended = subprocess.run(
        [sys.executable, "-S", settings.BASE_DIR / "manage.py", "help"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    assert "make setup" in ended.stderr


def test_a_dry_run_of_clean_deletes_nothing(copy):
    make(copy, "-n", "clean")

    ran = copy / "ran"
    assert not ran.exists() or "config." not in ran.read_text()
    assert (copy / ".venv").is_dir()


def test_clean_uses_the_environment_that_is_there(copy):
    (copy / "requirements-dev.lock").touch()

    make(copy, "clean")

    asked = (copy / "ran").read_text().splitlines()
    assert asked[-1] == "-m config.processes clean"
    assert not any("pip" in line for line in asked)
    assert not (copy / ".venv").exists()
