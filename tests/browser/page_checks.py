"""What pages are held against: axe-core, html-validate and Lighthouse, run by Node.

They are development tools (tests/browser/tools); where they are not installed the tests that
need them are skipped and say how to install them.
"""

import json
import os
import subprocess
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


def axe_findings(page: Page) -> list[str]:
    """What axe-core has against the page as it stands, one line each; wants none."""
    # Through the debugger, which the page's content security policy does not govern.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
    )
    return [
        f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def html_findings(pages: dict[str, str], folder: Path) -> list[str]:
    """What html-validate has against each page's source, one line each; wants none.

    pages: a name -> its HTML. folder: an empty place for them.
    """
    for number, html in enumerate(pages.values()):
        (folder / f"{number:03}.html").write_text(html, encoding="utf-8")
    report = folder / "report.json"
    subprocess.run(
        [
            str(MODULES / ".bin" / "html-validate"),
            f"--config={TOOLS / 'htmlvalidate.json'}",
            f"--formatter=json={report}",
            *(str(path) for path in sorted(folder.glob("*.html"))),
        ],
        capture_output=True,
        # It says 1 where it found something.
        check=False,
    )
    names = list(pages)
    return [
        f"{names[int(Path(file['filePath']).stem)]}:{said['line']}"
        f" {said['ruleId']}: {said['message']}"
        for file in json.loads(report.read_text(encoding="utf-8"))
        for said in file["messages"]
    ]


def lighthouse_scores(
    address: str, *, chromium: Path, folder: Path
) -> dict[str, int] | None:
    """Lighthouse's scores of a page, 0..100 by category, as on a desktop.

    None where it lost its own recording, which it does now and then and says to try again.
    """
    report = folder / "report.json"
    done = subprocess.run(
        [
            str(MODULES / ".bin" / "lighthouse"),
            address,
            "--preset=desktop",
            "--quiet",
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
