import os
import subprocess
from pathlib import Path

import pytest
import yaml

from config import quality
from config.quality import BASE_DIR, Check, all_checks

TARGETS = {"setup", "demo", "run", "test", "check", "stop", "clean", "fmt"}


def make(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PATH": path or os.environ["PATH"]}
    environ.pop("MAKEFLAGS", None)
    return subprocess.run(
        # Below another make, it would say which folder it enters.
        ["make", "--no-print-directory", *arguments],
        cwd=BASE_DIR,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_commit_hooks_run_the_checks_of_make_check():
    config = yaml.safe_load((BASE_DIR / ".pre-commit-config.yaml").read_text())
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]

    entries = {hook["entry"].removeprefix(".venv/bin/python -m ") for hook in hooks}

    assert entries == {f"config.quality {check.name}" for check in all_checks()}
    assert {repo["repo"] for repo in config["repos"]} == {"local"}


def test_quality_fails_when_one_check_fails(monkeypatch, capsys):
    checks = [Check("good", ["true"]), Check("bad", ["sh", "-c", "echo why; exit 3"])]
    monkeypatch.setattr(quality, "all_checks", lambda: checks)
    monkeypatch.setattr("sys.argv", ["quality"])

    code = quality.main()

    output = capsys.readouterr().out
    assert code == 1
    assert "why" in output
    assert output.endswith("Failed: bad.\n")


def test_quality_runs_only_the_named_checks(monkeypatch, capsys):
    checks = [Check("good", ["true"]), Check("bad", ["false"])]
    monkeypatch.setattr(quality, "all_checks", lambda: checks)
    monkeypatch.setattr("sys.argv", ["quality", "good"])

    assert quality.main() == 0
    assert "bad" not in capsys.readouterr().out


def test_quality_refuses_a_name_it_does_not_know(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["quality", "formt"])

    with pytest.raises(SystemExit):
        quality.main()
    assert "formt" in capsys.readouterr().err


def test_deployment_is_checked_as_production_says_it():
    check = next(check for check in all_checks() if check.name == "deployment")

    assert check.environ["SITE_URL"].startswith("https://")
    assert check.environ["DEBUG"] == "false"
    assert len(check.environ["SECRET_KEY"]) >= 50


def test_make_alone_lists_the_commands():
    shown = make().stdout

    assert {line.split()[1] for line in shown.splitlines()} == TARGETS | {"help"}


def test_make_without_a_fitting_python_says_what_it_needs(tmp_path: Path):
    for name in ("Makefile", "requirements-dev.lock"):
        (tmp_path / name).symlink_to(BASE_DIR / name)

    done = make("-C", str(tmp_path), "setup", "PYTHON=/nowhere/python3")

    assert done.returncode != 0
    assert "Soko needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "make setup PYTHON=" in done.stderr
    assert not (tmp_path / ".venv").exists()
