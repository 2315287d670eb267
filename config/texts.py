"""The texts in other languages: `python -m config.texts` extracts, merges and compiles.

`--check` writes nothing and names what is missing. Needs no GNU gettext: Django turns a
template into Python-like text, Babel reads that and writes the catalogues.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.resources import files
from io import BytesIO
from itertools import chain
from pathlib import Path

from babel import Locale
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

BASE_DIR = Path(__file__).resolve().parent.parent
LOCALES = ("de", "pt_BR", "sw")
APPS = ("shop", "users", "catalog", "orders", "payments")
# Of the other apps, what the people of a shop read; the rest is operators'.
SOME_OF = ("analytics", "ingestion")
OF_SHOPS = re.compile(r"^\w+/(views/|shop_board|templates/\w+/_?sell)")
# Our catalogue says what a library shows to shoppers and has not in that language.
LENT = {
    "sw": tuple(
        f"allauth/{name}.py"
        for name in (
            "account/adapter",
            "account/fields",
            "account/forms",
            "mfa/adapter",
            "mfa/totp/forms",
            "mfa/webauthn/forms",
            "socialaccount/adapter",
        )
    )
}
# What only operators read stays English.
OPERATORS = re.compile(r"/(admin|management|migrations)(/|\.py$)")
# Where the context, the text and its plural stand among the arguments.
CALLS: dict[str, tuple[str, ...]] = {
    "_": ("text",),
    "gettext": ("text",),
    "ngettext": ("text", "plural"),
    "pgettext": ("context", "text"),
    "npgettext": ("context", "text", "plural"),
}
# A text, or a singular and its plural; and its context.
Text = tuple[str | tuple[str, ...], str | None]
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
    faults: list[str] = []
    for locale in LOCALES:
        source = extracted(BASE_DIR, locale)
        if not arguments.check:
            update(BASE_DIR / "locale", locale, source)
        faults += faults_of(BASE_DIR / "locale", locale, source)
    print("\n".join(faults) or f"All is said in {', '.join(LOCALES)}.")
    return 1 if faults else 0


def extracted(root: Path, locale: str) -> Catalog:
    """Every text that people who buy can see, with the files it stands in."""
    catalogue = Catalog()
    lent = ((_library(name), name) for name in LENT.get(locale, ()))
    own = ((path, path.relative_to(root).as_posix()) for path in _sources(root))
    for path, name in chain(own, lent):
        found = _of_python(path) if path.suffix == ".py" else _of_template(path)
        for text, context in found:
            catalogue.add(text, None, [(name, 1)], context=context)
    return catalogue


def update(folder: Path, locale: str, source: Catalog) -> None:
    """Bring new texts into a language, empty; drop those gone; keep the others; compile."""
    path = _path(folder, locale)
    known = _read(path, locale)
    merged = Words(locale=Locale.parse(locale), header_comment="", fuzzy=False)
    for message in source:
        if message.id:
            before = known.get(message.id, message.context)
            merged.add(
                message.id,
                before.string if before else None,
                sorted(set(message.locations)),
                flags=message.flags - {"fuzzy"},
                context=message.context,
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    written = BytesIO()
    write_po(written, merged, width=88, sort_output=True, include_lineno=False)
    # An empty header comment still leaves its mark.
    path.write_bytes(written.getvalue().removeprefix(b"#\n"))
    path.with_suffix(".mo").write_bytes(_compiled(merged))


def faults_of(folder: Path, locale: str, source: Catalog) -> Iterator[str]:
    """What keeps a language from being whole, a sentence each."""
    path = _path(folder, locale)
    known = _read(path, locale)
    for message in source:
        if message.id and known.get(message.id, message.context) is None:
            yield f"{locale}: not in the catalogue: {_start(message)}"
    for message in known:
        if message.id:
            for fault in _faults_of(message, known.num_plurals):
                yield f"{locale}: {fault}: {_start(message)}"
            if source.get(message.id, message.context) is None:
                yield f"{locale}: stands nowhere any more: {_start(message)}"
    compiled = path.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != _compiled(known):
        yield f"{locale}: the .mo is not what the .po says; run python -m config.texts."


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
        for app in (*APPS, *SOME_OF)
        for pattern in ("**/*.py", "templates/**/*.html", "templates/**/*.txt")
        for path in (root / app).glob(pattern)
    )
    return sorted(path for path in found if _is_read(path.relative_to(root)))


def _is_read(path: Path) -> bool:
    """By others than operators."""
    name = path.as_posix()
    if path.parts[0] in SOME_OF:
        return OF_SHOPS.search(name) is not None
    return not OPERATORS.search(name)


def _library(name: str) -> Path:
    package, _, inside = name.partition("/")
    return Path(str(files(package))) / inside


def _of_python(path: Path) -> Iterator[Text]:
    """By syntax, since Babel sees into f-strings with newer Pythons only."""
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call):
            named = getattr(call.func, "id", getattr(call.func, "attr", ""))
            places = CALLS.get(named.removesuffix("_lazy").removesuffix("_noop"), ())
            words = [
                argument.value
                for argument in call.args[: len(places)]
                if isinstance(argument, ast.Constant)
                and isinstance(argument.value, str)
            ]
            if places and len(words) == len(places):
                parts = dict(zip(places, words, strict=True))
                text, plural = parts["text"], parts.get("plural")
                yield (text, plural) if plural else text, parts.get("context")


def _of_template(path: Path) -> Iterator[Text]:
    text = templatize(path.read_text(), path.name)
    # Blanked-out markup would be read as indentation.
    lines = "\n".join(line.strip() for line in text.splitlines())
    keywords = {
        name: tuple(
            (number, "c") if place == "context" else number
            for number, place in enumerate(places, start=1)
        )
        for name, places in CALLS.items()
    }
    options = {"encoding": "utf-8"}
    source = BytesIO(lines.encode())
    for _, words, _, context in extract("python", source, keywords, options=options):
        yield words, context


def _read(path: Path, locale: str) -> Words:
    words = Words(locale=Locale.parse(locale), header_comment="", fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            for message in read_po(file, locale=locale):
                if message.id:
                    words[message.id] = message
    return words


def _compiled(words: Words) -> bytes:
    compiled = BytesIO()
    write_mo(compiled, words)
    return compiled.getvalue()


def _path(folder: Path, locale: str) -> Path:
    return folder / locale / "LC_MESSAGES" / "django.po"


def _forms(text: str | Iterable[str] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def _start(message: Message) -> str:
    return repr(_forms(message.id)[0][:80])


if __name__ == "__main__":
    sys.exit(main())
