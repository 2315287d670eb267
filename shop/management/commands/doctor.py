"""`manage.py doctor`: what is missing or misconfigured, and how to mend it."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from shop.health import Finding, Level, addresses, examine

SIGNS = {Level.OK: "ok", Level.WARNING: "warning", Level.ERROR: "ERROR"}


class Command(BaseCommand):
    help = (
        "Say in plain words what is missing or misconfigured and how to mend it."
        " Exit code 1 when something stops Soko from working; warnings do not count"
        " unless --strict is given."
    )
    # It must run where nothing else does.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json",
            action="store_true",
            help="for programs: the addresses in use, PASSWORDS INCLUDED since programs"
            " connect with them, and each check as name, ok, level, message, mend",
        )
        parser.add_argument(
            "--strict", action="store_true", help="exit code 1 for warnings, too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings as they come; ends the process with 1 when some are bad."""
        findings = []
        for finding in examine():
            findings.append(finding)
            if not options["json"]:
                self._say(finding)
        is_well = all(
            finding.ok or (finding.level == Level.WARNING and not options["strict"])
            for finding in findings
        )
        if options["json"]:
            self.stdout.write(_as_json(findings, ok=is_well))
        else:
            self.stdout.write(_summary(findings))
        if not is_well:
            sys.exit(1)

    def _say(self, finding: Finding) -> None:
        self.stdout.write(
            f"{SIGNS[finding.level]:<9}{finding.name:<17}{finding.message}"
        )
        if finding.mend:
            self.stdout.write(f"{'':<26}-> {finding.mend}")


def _as_json(findings: list[Finding], *, ok: bool) -> str:
    checks = [
        {
            "name": finding.name,
            "ok": finding.ok,
            "level": finding.level.value,
            "message": finding.message,
            "mend": finding.mend,
        }
        for finding in findings
    ]
    return json.dumps({"ok": ok, **addresses(), "checks": checks}, indent=2)


def _summary(findings: list[Finding]) -> str:
    errors = sum(finding.level == Level.ERROR for finding in findings)
    warnings = sum(finding.level == Level.WARNING for finding in findings)
    if not errors and not warnings:
        return "All is well."
    return f"{errors} to mend, {warnings} to know about."
