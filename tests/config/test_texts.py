"""The catalogues are whole, and the check says when they are not."""

from pathlib import Path

import pytest
from babel.messages import Catalog

from config import texts
from config.texts import BASE_DIR, LOCALES, extracted, faults_of, update

TEMPLATE = """
{% load i18n %}
<a title="{% translate 'Your cart' %}">
    {% blocktranslate trimmed count n=units %}
      {{ n }} item
    {% plural %}
      {{ n }} items
    {% endblocktranslate %}
"""
MODULE = """
from django.utils.translation import gettext as _, pgettext_lazy
heading = f"{_('Invoice')} {number}"
month = pgettext_lazy("abbreviated", "May")
long = _(
    "Nothing of this order "
    "was shipped."
)
not_ours = gettext_of(heading)
"""
PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Hello %(name)s"
msgstr "{hello}"

msgid "%(n)s item"
msgid_plural "%(n)s items"
msgstr[0] "{one}"
msgstr[1] "{many}"
"""
WHOLE = {"hello": "Hallo %(name)s", "one": "%(n)s Ding", "many": "%(n)s Dinge"}


@pytest.fixture
def source() -> Catalog:
    catalogue = Catalog()
    catalogue.add("Hello %(name)s")
    catalogue.add(("%(n)s item", "%(n)s items"))
    return catalogue


def catalogue_in(folder: Path, text: str) -> Path:
    path = folder / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_is_said_in_every_language(locale):
    source = extracted(BASE_DIR, locale)

    assert len(source) > 700
    assert list(faults_of(BASE_DIR / "locale", locale, source)) == []


def test_templates_and_modules_are_read_and_operators_pages_are_not(tmp_path):
    for name, text in {
        "shop/templates/shop/page.html": TEMPLATE,
        "shop/templates/admin/shop/desk.html": "{% translate 'Desk' %}",
        "shop/views.py": MODULE,
        "shop/admin.py": "_('Row')",
        "shop/admin/panel.py": "_('Panel')",
        "shop/management/commands/fill.py": "_('Filled')",
        "analytics/dashboard.py": "_('Sales')",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    found = {
        (message.id, message.context)
        for message in extracted(tmp_path, "de")
        if message.id
    }

    assert found == {
        ("Your cart", None),
        (("%(n)s item", "%(n)s items"), None),
        ("Invoice", None),
        ("May", "abbreviated"),
        ("Nothing of this order was shipped.", None),
    }


def test_update_keeps_what_is_said_and_compiles_it_the_same_each_time(tmp_path, source):
    path = catalogue_in(tmp_path, PO.format(**WHOLE))

    update(tmp_path, "de", source)
    first = (path.read_bytes(), path.with_suffix(".mo").read_bytes())
    update(tmp_path, "de", source)

    assert (path.read_bytes(), path.with_suffix(".mo").read_bytes()) == first
    assert list(faults_of(tmp_path, "de", source)) == []


def test_update_brings_new_texts_empty_and_drops_those_gone(tmp_path, source):
    path = catalogue_in(tmp_path, PO.format(**WHOLE) + '\nmsgid "Old"\nmsgstr "Alt"\n')
    source.add("New")

    update(tmp_path, "de", source)

    assert "Old" not in path.read_text()
    assert list(faults_of(tmp_path, "de", source)) == ["de: not translated: 'New'"]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"hello": ""}, "not translated: 'Hello %(name)s'"),
        ({"many": ""}, "not translated: '%(n)s item'"),
        ({"hello": "Hallo"}, "other placeholders: 'Hello %(name)s'"),
        ({"hello": "Hallo %(nom)s"}, "other placeholders: 'Hello %(name)s'"),
        ({"many": "Dinge"}, "other placeholders: '%(n)s item'"),
        ({"hello": "Hallo %(name)s "}, "other space at an end: 'Hello %(name)s'"),
    ],
)
def test_a_fault_of_a_translation_is_named(tmp_path, source, said, fault):
    catalogue_in(tmp_path, PO.format(**WHOLE | said))
    update(tmp_path, "de", source)

    assert list(faults_of(tmp_path, "de", source)) == [f"de: {fault}"]


def test_a_fuzzy_text_is_a_fault(tmp_path, source):
    catalogue_in(
        tmp_path, PO.format(**WHOLE).replace('\nmsgid "H', '\n#, fuzzy\nmsgid "H')
    )

    assert "de: fuzzy: 'Hello %(name)s'" in list(faults_of(tmp_path, "de", source))


def test_a_text_that_no_catalogue_has_is_a_fault(tmp_path, source):
    catalogue_in(tmp_path, PO.format(**WHOLE))
    update(tmp_path, "de", source)
    source.add("Brand new")

    assert list(faults_of(tmp_path, "de", source)) == [
        "de: not in the catalogue: 'Brand new'"
    ]


def test_a_mo_that_is_older_than_its_po_is_a_fault(tmp_path, source):
    path = catalogue_in(tmp_path, PO.format(**WHOLE))
    update(tmp_path, "de", source)
    path.write_text(path.read_text().replace("Hallo", "Servus"))

    assert list(faults_of(tmp_path, "de", source)) == [
        "de: the .mo is not what the .po says; run python -m config.texts."
    ]


def test_check_writes_nothing_and_fails(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(texts, "BASE_DIR", tmp_path)
    monkeypatch.setattr(texts, "LENT", {})
    monkeypatch.setattr("sys.argv", ["texts", "--check"])
    view = tmp_path / "shop" / "views.py"
    view.parent.mkdir()
    view.write_text("_('Hello')")

    code = texts.main()

    assert code == 1
    assert "de: not in the catalogue: 'Hello'" in capsys.readouterr().out
    assert not (tmp_path / "locale").exists()
