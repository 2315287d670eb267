"""What the documents tell people to type and open, held against what is there."""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from config.environment import BASE_DIR, Environment

PAGES = sorted(
    [
        *BASE_DIR.glob("*.md"),
        *(BASE_DIR / "docs").rglob("*.md"),
        *(BASE_DIR / "ingestion").rglob("*.md"),
    ]
)
OWN_APPS = {path.parent.name for path in BASE_DIR.glob("*/apps.py")}
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)")
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*)")
MANAGE = re.compile(r"(?:^|[\s/])manage\.py\s+([a-z_]+)(.*)")
MAKE = re.compile(r"(?:^|;|&&)\s*make\s+([a-z]+)")
MODULE = re.compile(r"python -m ([a-z_.]+)")
TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
VARIABLE = re.compile(r"`([A-Z][A-Z0-9_]{3,})`")


def commands_in(text: str) -> Iterator[str]:
    """What stands as code: each line of a block, each span in backticks; no remarks."""
    in_block = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            in_block = not in_block
        elif in_block or line.startswith("    "):
            yield line.strip().removeprefix("$ ").split(" #")[0].strip()
        else:
            yield from SPAN.findall(line)


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    found = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found = found.union(*map(options_of, action.choices.values()))
    return found


def options_of_command(name: str) -> set[str]:
    command = load_command_class(get_commands()[name], name)
    return options_of(command.create_parser("manage.py", name))


def refusals(text: str) -> list[str]:
    """Each command of the text that would not run as it is written, and why."""
    commands, targets = (
        get_commands(),
        TARGET.findall((BASE_DIR / "Makefile").read_text()),
    )
    found = []
    for said in commands_in(text):
        if manage := MANAGE.search(said):
            name, rest = manage.groups()
            if name not in commands:
                found.append(f"{said}: no command {name}")
            else:
                unknown = set(OPTION.findall(rest)) - options_of_command(name)
                found += [f"{said}: no option {option}" for option in sorted(unknown)]
        found += [
            f"{said}: no target {target}"
            for target in MAKE.findall(said)
            if target not in targets
        ]
        for module in MODULE.findall(said):
            if importlib.util.find_spec(module) is None:
                found.append(f"{said}: no module {module}")
        if " pytest " in f" {said} ":
            named = [part for part in shlex.split(said) if part.startswith("tests/")]
            found += [f"{said}: no {path}" for path in named if not exists(path)]
    return found


def exists(path: str) -> bool:
    return (BASE_DIR / path.split("::")[0]).exists()


def test_a_command_that_is_not_there_is_found():
    text = (
        "`manage.py ingset olist DIR`, `python manage.py rollup --form 2020-01-01`\n\n"
        "    make dmeo   # a remark: make nothing\n"
        "    python -m benchmarks.nothing\n"
        "    python -m pytest tests/nowhere.py\n"
    )

    assert [refusal.split(": ")[-1] for refusal in refusals(text)] == [
        "no command ingset",
        "no option --form",
        "no target dmeo",
        "no module benchmarks.nothing",
        "no tests/nowhere.py",
    ]


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.relative_to(BASE_DIR))
)
def test_documented_commands_are_there(page: Path):
    assert refusals(page.read_text()) == []


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.relative_to(BASE_DIR))
)
def test_links_between_the_documents_lead_somewhere(page: Path):
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_options_named_alone_belong_to_a_command_of_ours():
    ours = [name for name, app in get_commands().items() if str(app) in OWN_APPS]
    known = set().union(*map(options_of_command, ours))
    alone = {
        said.split()[0]
        for page in PAGES
        for said in commands_in(page.read_text())
        if said.startswith("--")
    }

    assert sorted(alone - known) == []


def test_every_setting_of_the_environment_is_documented():
    named = set(VARIABLE.findall((BASE_DIR / "docs/run.md").read_text()))

    settings = {name.upper() for name in Environment.model_fields}

    assert sorted(settings - named) == []
