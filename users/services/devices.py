"""What a browser says of itself, in plain words."""

from __future__ import annotations

from dataclasses import dataclass

# The first that fits: Edge and Opera also call themselves Chrome, Chrome also Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-", "Python"),
)
# iPhones and iPads call themselves like Mac OS X, Android like Linux.
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Device:
    """`kind`: phone, tablet, computer, or '' when it does not tell; names may be '' too."""

    kind: str
    browser: str
    system: str


def describe_device(*, user_agent: str) -> Device:
    """https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/User-Agent"""
    browser = _first(BROWSERS, user_agent)
    system = _first(SYSTEMS, user_agent)
    return Device(kind=_kind(system, user_agent), browser=browser, system=system)


def _kind(system: str, user_agent: str) -> str:
    if system == "iPad" or (system == "Android" and "Mobile" not in user_agent):
        return "tablet"
    if system in ("iPhone", "Android"):
        return "phone"
    return "computer" if system else ""


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in names if sign in user_agent), "")
