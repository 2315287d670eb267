"""What every page is held against in the browser: one line for each thing that is wrong."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

from tests.browser.page_checks import TOOLS, axe_findings, axe_is_there

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
# What is drawn in one colour scheme alone; the rest of the rules sees no difference.
COLOURS = ["color-contrast"]
STRUCTURE = """
() => {
  const said = [], count = selector => document.querySelectorAll(selector).length;
  if (count('h1') !== 1) said.push(`${count('h1')} headings of the first level`);
  if (count('main, [role=main]') !== 1) said.push(`${count('main')} main landmarks`);
  if (!document.title.trim()) said.push('no title');
  if (!document.documentElement.lang) said.push('no language');
  const dead = [...document.querySelectorAll('a')].filter(
    a => !a.hasAttribute('href') || ['', '#'].includes(a.getAttribute('href')));
  dead.forEach(a => said.push(`a link to nowhere: ${a.outerHTML.slice(0, 120)}`));
  [...document.querySelectorAll('.tile')].filter(t => !/hue-\\d/.test(t.className))
    .forEach(t => said.push(`a tile without a colour: ${t.className}`));
  [...document.images].filter(i => i.complete && !i.naturalWidth)
    .forEach(i => said.push(`a picture that is not there: ${i.src}`));
  return said;
}
"""
WIDER_THAN_SCREEN = (
    "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
)
# For a thumb: what is meant to be pressed is 44 pixels high.
SMALL_TARGETS = """
() => [...document.querySelectorAll(
    '.button, .chip, .option, .departments-row a, .sorting a, .pages a, .bottom a, .logo'
  )].map(e => [e.textContent.trim(), e.getBoundingClientRect()])
    .filter(([, box]) => box.height && Math.round(box.height) < 44)
    .map(([text, box]) => `only ${box.height} pixels high: ${text}`)
"""
# The focus must be seen on whatever takes it: by an outline or a shadow, of the element or
# of what stands for it (a card for its link, a field's frame for the field).
FOCUS = """
() => {
  const said = [];
  const stop = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  const look = e => { const s = getComputedStyle(e);
    return `${s.outlineStyle} ${s.outlineWidth} ${s.outlineColor} ${s.boxShadow} ${s.borderColor}`; };
  const seen = e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length;
  const near = e => [e, e.closest('label, form, li, .card, .shop-card') , e.parentElement,
                     e.nextElementSibling].filter(Boolean);
  for (const one of document.querySelectorAll(stop)) {
    if (one.disabled || !seen(one) || one.closest('[inert]')) continue;
    document.activeElement.blur();
    const before = near(one).map(look);
    one.focus({preventScroll: true});
    if (document.activeElement !== one) continue;
    const after = near(one).map(look);
    if (before.every((style, place) => style === after[place]))
      said.push(`the focus is not seen on ${one.outerHTML.slice(0, 140)}`);
  }
  return said;
}
"""
VIOLATIONS = """
window.violations = [];
document.addEventListener('securitypolicyviolation', event =>
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""
UNSAFE = ("unsafe-inline", "unsafe-eval", "*", "http:", "https:")


class Validator:
    """html-validate, started once for many pages."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["node", str(TOOLS / "validate.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.communicate()

    def findings(self, html: str) -> list[str]:
        """One line for each thing that is wrong with a page's source."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(html) + "\n")
        self.process.stdin.flush()
        found: list[str] = json.loads(self.process.stdout.readline())
        return found


class Witness:
    """A page of a context, and all that went wrong on it since it was opened."""

    def __init__(self, context: BrowserContext, own: str) -> None:
        self.said: list[str] = []
        self.host = urlsplit(own).netloc
        self.answer: Response | None = None
        context.add_init_script(VIOLATIONS)
        self.page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.said.append(f"script: {error}"))
        self.page.on("request", lambda request: self._request(request.url))
        self.page.on("response", self._response)

    def _console(self, line: ConsoleMessage) -> None:
        # That the page itself answers 404 is what it was opened for.
        is_status = "Failed to load resource" in line.text and line.location.get(
            "url"
        ) == (self.answer.url if self.answer else None)
        if line.type in {"error", "warning"} and not is_status:
            self.said.append(f"console: {line.text}")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and parts.netloc != self.host:
            self.said.append(f"asked another site: {url}")

    def _response(self, response: Response) -> None:
        request = response.request
        if request.is_navigation_request() and request.frame == self.page.main_frame:
            self.answer = response

    def look(self, validator: Validator | None) -> list[str]:
        """Hold the page as it stands against everything."""
        page, answer = self.page, self.answer
        assert answer is not None
        found = list(self.said)
        found += _policy(answer.header_value("content-security-policy") or "")
        found += [f"policy: {it}" for it in page.evaluate("() => window.violations")]
        found += page.evaluate(STRUCTURE)
        if validator:
            found += [f"html: {line}" for line in validator.findings(answer.text())]
        found += drawn_findings(page)
        found += keyboard_findings(page)
        return found


def _policy(policy: str) -> list[str]:
    words = policy.replace(";", " ").split()
    found = [f"policy: {word}" for word in words if word.strip("'") in UNSAFE]
    if "default-src 'self'" not in policy:
        found.append(f"no strict policy: {policy}")
    return found


def drawn_findings(page: Page) -> list[str]:
    """Of axe and of too wide a page, at the widths of a phone and a desk, light and dark."""
    found = []
    for size, width in ((PHONE, "phone"), (DESKTOP, "desk")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            rules = None if scheme == "light" else COLOURS
            if axe_is_there():
                found += [
                    f"axe, {scheme}, {width}: {line}"
                    for line in axe_findings(page, rules=rules)
                ]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for pixels in (1440, 820, 390, 320):
        page.set_viewport_size({"width": pixels, "height": 844})
        if pixels == PHONE["width"]:
            found += page.evaluate(SMALL_TARGETS)
        if page.evaluate(WIDER_THAN_SCREEN):
            found.append(f"wider than {pixels} pixels")
    return found


def keyboard_findings(page: Page) -> list[str]:
    """The first stop skips to the content, and the focus is seen wherever it is."""
    found = []
    if page.evaluate("() => !document.querySelector('dialog[open]')"):
        page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
        first = page.evaluate(
            "() => document.querySelector('a[href], button, input, select').className"
        )
        if first != "skip":
            found.append(f"the first stop is no skip link but {first!r}")
        skip = page.locator(".skip")
        skip.focus()
        if not skip.evaluate("e => e.getBoundingClientRect().top >= 0"):
            found.append("the skip link is not seen")
        page.keyboard.press("Enter")
        if page.evaluate("() => document.activeElement.id") != "content":
            found.append("the skip link leads nowhere")
    # The keyboard was used last, so a focus by script is shown as one by Tab.
    found += page.evaluate(FOCUS)
    return found


def fresh_context(
    browser: object, address: str, cookies: list[dict[str, str]], **more: object
) -> BrowserContext:
    context: BrowserContext = browser.new_context(  # type: ignore[attr-defined]
        base_url=address,
        viewport=PHONE,
        color_scheme="light",
        reduced_motion="reduce",
        **more,
    )
    context.add_cookies(cookies)  # type: ignore[arg-type]
    return context


def shots(page: Page, folder: Path, name: str) -> None:
    """Pictures of a page, to be looked at by people."""
    for pixels in (390, 1440):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": pixels, "height": 900})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.screenshot(
                path=folder / f"{name} {pixels} {scheme}.png", full_page=True
            )
