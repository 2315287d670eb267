"""The texts in other languages: `python -m config.texts` extracts, merges and compiles.

`--check` writes nothing and names what is missing. Needs no GNU gettext: Django turns a
template into Python-like text, Babel reads that and writes the catalogues.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

BASE_DIR = Path(__file__).resolve().parent.parent
LOCALES = ("de", "pt_BR", "sw")
APPS = ("shop", "users", "catalog", "orders", "payments")
# What only operators read stays English.
OPERATORS = re.compile(r"/(admin|management|migrations)(/|\.py$)")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


class Words(Catalog):
    """A catalogue whose header holds no dates and versions: it changes when a text does."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", str(self.locale)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.texts")
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    source = extracted(BASE_DIR)
    if not arguments.check:
        for locale in LOCALES:
            update(BASE_DIR / "locale", locale, source)
    faults = [
        fault
        for locale in LOCALES
        for fault in faults_of(BASE_DIR / "locale", locale, source)
    ]
    print("\n".join(faults) or f"{len(source)} texts, each in {', '.join(LOCALES)}.")
    return 1 if faults else 0


def extracted(root: Path) -> Catalog:
    """Every text of the apps that people who buy can see, with the files it stands in."""
    catalogue = Catalog()
    for path in _sources(root):
        name = str(path.relative_to(root))
        for _line, text, remarks, context in extract(
            "python",
            BytesIO(_as_python(path).encode()),
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            options={"encoding": "utf-8"},
            strip_comment_tags=True,
        ):
            catalogue.add(
                text, None, [(name, 1)], auto_comments=remarks, context=context
            )
    return catalogue


def update(folder: Path, locale: str, source: Catalog) -> None:
    """Bring new texts into a language, empty; drop those gone; keep the others; compile."""
    path = _path(folder, locale)
    known = _read(path, locale) if path.exists() else Catalog(locale=locale)
    merged = Words(locale=Locale.parse(locale), header_comment="", fuzzy=False)
    for message in source:
        if message.id:
            before = known.get(message.id, message.context)
            merged.add(
                message.id,
                before.string if before else None,
                sorted(set(message.locations)),
                flags=message.flags - {"fuzzy"},
                auto_comments=message.auto_comments,
                context=message.context,
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    written = BytesIO()
    write_po(written, merged, width=88, sort_output=True, include_lineno=False)
    # An empty header comment still leaves its mark.
    path.write_bytes(written.getvalue().removeprefix(b"#\n"))
    with path.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, merged)


def faults_of(folder: Path, locale: str, source: Catalog) -> Iterator[str]:
    """What keeps a language from being whole, a sentence each."""
    path = _path(folder, locale)
    if not (path.exists() and path.with_suffix(".mo").exists()):
        yield f"{path} or its .mo is not there; run python -m config.texts."
        return
    known = _read(path, locale)
    with path.with_suffix(".mo").open("rb") as compiled:
        spoken = read_mo(compiled)
    for message in source:
        if message.id and known.get(message.id, message.context) is None:
            yield f"{locale}: not in the catalogue: {_start(message)}"
    for message in known:
        if not message.id:
            continue
        faults = list(_faults_of(message, known.num_plurals))
        yield from (f"{locale}: {fault}: {_start(message)}" for fault in faults)
        if source.get(message.id, message.context) is None:
            yield f"{locale}: stands nowhere any more: {_start(message)}"
        twin = spoken.get(message.id, message.context)
        if not faults and (
            twin is None or _forms(twin.string) != _forms(message.string)
        ):
            yield f"{locale}: the .mo is older than the .po: {_start(message)}"
    if len(spoken) > len(known):
        yield f"{locale}: the .mo holds texts that the .po does not."


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text.replace("%%", "")))


def _faults_of(message: Message, plurals: int) -> Iterator[str]:
    forms = _forms(message.string)
    if message.fuzzy:
        yield "fuzzy"
    if not all(forms) or len(forms) != (plurals if message.pluralizable else 1):
        yield "not translated"
        return
    ids = _forms(message.id)
    # "one thing" may do without the number that "%(count)s things" has.
    allowed = [placeholders(text) for text in ids]
    for number, form in enumerate(forms):
        if placeholders(form) not in (allowed if number == 0 else allowed[-1:]):
            yield "other placeholders"
            return
        if form[:1].isspace() != ids[0][:1].isspace() or (
            form[-1:].isspace() != ids[0][-1:].isspace()
        ):
            yield "other space at an end"
            return


def _sources(root: Path) -> list[Path]:
    found: Iterable[Path] = (
        path
        for app in APPS
        for pattern in ("**/*.py", "templates/**/*.html", "templates/**/*.txt")
        for path in (root / app).glob(pattern)
    )
    return sorted(path for path in found if not OPERATORS.search(path.as_posix()))


def _as_python(path: Path) -> str:
    text = path.read_text()
    if path.suffix == ".py":
        return text
    # Blanked-out markup would be read as indentation, its quotes as texts.
    return "\n".join(line.strip() for line in templatize(text, path.name).splitlines())


def _read(path: Path, locale: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def _path(folder: Path, locale: str) -> Path:
    return folder / locale / "LC_MESSAGES" / "django.po"


def _forms(text: str | Iterable[str] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def _start(message: Message) -> str:
    return repr(_forms(message.id)[0][:80])


if __name__ == "__main__":
    sys.exit(main())
