"""What pages are held against: axe-core, html-validate and Lighthouse, run by Node.

They are development tools (tests/browser/tools); where they are not installed the tests that
need them are skipped and say how to install them.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

TOOLS = Path(__file__).parent / "tools"
MODULES = TOOLS / "node_modules"
AXE = MODULES / "axe-core" / "axe.min.js"
INSTALL = "Install them with Node 20: npm ci --prefix tests/browser/tools"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LIGHTHOUSE_S = 120

needs_tools = pytest.mark.skipif(
    not MODULES.exists(), reason=f"The page checks are not installed. {INSTALL}"
)


def axe_is_there() -> bool:
    return MODULES.exists()


def axe_findings(page: Page, *, rules: list[str] | None = None) -> list[str]:
    """What axe-core has against the page as it stands, one line each; wants none.

    rules: these alone, instead of all of the tags in RULES.
    """
    if not page.evaluate("() => 'axe' in window"):
        # Through the debugger, which the page's content security policy does not govern.
        page.evaluate(AXE.read_text(encoding="utf-8"))
    only = (
        {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
    )
    found = page.evaluate(
        "only => axe.run(document, {runOnly: only, resultTypes: ['violations']})", only
    )
    return [
        f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def lighthouse_scores(
    address: str,
    *,
    chromium: Path,
    folder: Path,
    cookies: Mapping[str, str],
    is_private: bool = False,
) -> dict[str, int] | None:
    """Lighthouse's scores of a page, 0..100 by category, as on a desktop.

    is_private: whether the page is not for search engines, which else costs it points.
    None where it lost its own recording, which it does now and then and says to try again.
    """
    report, headers = folder / "report.json", folder / "headers.json"
    crumbs = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers.write_text(json.dumps({"Cookie": crumbs} if crumbs else {}))
    done = subprocess.run(
        [
            str(MODULES / ".bin" / "lighthouse"),
            address,
            "--preset=desktop",
            "--quiet",
            f"--extra-headers={headers}",
            *(["--skip-audits=is-crawlable"] if is_private else []),
            "--output=json",
            f"--output-path={report}",
            "--only-categories=performance,accessibility,best-practices,seo",
            "--chrome-flags=--headless --no-sandbox --disable-gpu",
        ],
        env={**os.environ, "CHROME_PATH": str(chromium)},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIGHTHOUSE_S,
    )
    if "Please run Lighthouse again" in done.stderr:
        return None
    assert done.returncode == 0, done.stderr[-2000:]
    categories: dict[str, Any] = json.loads(report.read_text())["categories"]
    return {name: round(100 * it["score"]) for name, it in categories.items()}
