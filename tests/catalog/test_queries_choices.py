"""Which variant is meant, on rows in memory."""

import time
from decimal import Decimal
from itertools import product as combinations

from hypothesis import given
from hypothesis import strategies as st

from catalog.models import InventoryPolicy
from catalog.queries.choices import MOST_VALUES, AskedVariant, VariantRow, choose
from shop.ids import uuid7

NAMES = ["Colour", "Cable"]


def row(*options: str, stock: int = 5, price: int = 10, **changed: str) -> VariantRow:
    options = (*options, "", "", "")[:3]
    values = {
        "id": uuid7(),
        "sku": changed.get("sku", "-".join(option for option in options if option)),
        "name": changed.get("name", " ".join(option for option in options if option)),
        "price": Decimal(price),
        "compare_price": None,
        "option1": options[0],
        "option2": options[1],
        "option3": options[2],
        "inventory_quantity": stock,
        "reserved_quantity": 0,
        "inventory_policy": InventoryPolicy.DENY,
        "inventory_tracking": True,
    }
    return VariantRow(**values)


HEADPHONES = [
    row("Mist", "1 m"),
    row("Mist", "3 m", price=12),
    row("Ink", "1 m", stock=0),
    row("Walnut", "1 m"),
]


def states(choice) -> dict[str, list[tuple[str, bool, bool]]]:
    return {
        option.name: [
            (value.text, value.is_possible, value.is_sold_out)
            for value in option.values
        ]
        for option in choice.options
    }


def test_choice_shows_every_option_with_what_comes_with_the_rest():
    choice = choose(rows=HEADPHONES, names=NAMES, asked=AskedVariant(sku="Mist-3 m"))

    assert choice.variant.sku == "Mist-3 m"
    assert choice.label == "Mist, 3 m"
    assert states(choice) == {
        "Colour": [("Mist", True, False), ("Ink", False, False), ("Walnut", False, False)],
        "Cable": [("1 m", True, False), ("3 m", True, False)],
    }  # fmt: skip
    assert [value.price for value in choice.options[1].values] == [Decimal(10), None]


def test_choice_marks_what_is_sold_out():
    choice = choose(rows=HEADPHONES, names=NAMES, asked=AskedVariant(sku="Mist-1 m"))

    assert states(choice)["Colour"][1] == ("Ink", True, True)


def test_combination_nobody_makes_is_explained_with_what_is_near():
    asked = AskedVariant(options=("Walnut", "3 m", ""), picked=1)

    choice = choose(rows=HEADPHONES, names=NAMES, asked=asked)

    assert choice.variant.sku == "Walnut-1 m"
    assert (choice.missing.picked, choice.missing.others) == ("Walnut", "3 m")
    assert [label for label, _ in choice.missing.nearest][:2] == [
        "Walnut, 1 m",
        "Mist, 3 m",
    ]


def test_what_was_picked_last_is_kept():
    asked = AskedVariant(options=("Walnut", "3 m", ""), picked=2)

    choice = choose(rows=HEADPHONES, names=NAMES, asked=asked)

    assert choice.variant.sku == "Mist-3 m"
    assert choice.missing.picked == "3 m"


def test_options_are_read_however_they_are_written():
    asked = AskedVariant(options=("mist", "3 M", ""))

    assert choose(rows=HEADPHONES, names=NAMES, asked=asked).variant.sku == "Mist-3 m"


def test_nonsense_is_no_wish():
    asked = AskedVariant(sku="\0", options=("🧦" * 50, "", ""), picked=3)

    choice = choose(rows=HEADPHONES, names=[], asked=asked)

    assert (choice.variant.sku, choice.missing) == ("Mist-1 m", None)


def test_first_that_can_be_bought_is_shown():
    rows = [row("Ink", stock=0), row("Mist", stock=1)]

    assert choose(rows=rows, names=[], asked=AskedVariant()).variant.sku == "Mist"
    assert choose(rows=rows[:1], names=[], asked=AskedVariant()).variant.sku == "Ink"
    assert choose(rows=[], names=[], asked=AskedVariant()) is None


def test_variants_of_the_same_options_are_told_apart_by_name_or_sku():
    named = [row(name="Small", sku="A"), row(name="Large", sku="B")]
    nameless = [row("One", sku="A", name=""), row("One", sku="B", name="")]

    choice = choose(rows=named, names=["Size"], asked=AskedVariant(sku="B"))
    by_sku = choose(rows=nameless, names=[], asked=AskedVariant(sku="B"))

    assert [value.text for value in choice.options[0].values] == ["Small", "Large"]
    assert choice.options[0].name == "Size"
    assert [value.text for value in by_sku.options[0].values] == ["A", "B"]


def test_option_with_too_many_values_is_searched():
    rows = [row(f"No. {number}") for number in range(200)]

    plain = choose(rows=rows, names=[], asked=AskedVariant(sku="No. 150"))
    found = choose(rows=rows, names=[], asked=AskedVariant(find=("no. 19", "", "")))

    assert len(plain.options[0].values) == MOST_VALUES
    assert plain.options[0].values[0].is_chosen
    assert plain.options[0].hidden == 200 - MOST_VALUES
    assert [value.text for value in found.options[0].values] == [
        "No. 19",
        *(f"No. {number}" for number in range(190, 200)),
    ]


def test_two_thousand_variants_are_chosen_from_in_a_moment():
    values = [[f"{name}{number}" for number in range(n)] for name, n in zip("ABC", (16, 16, 8), strict=True)]  # fmt: skip
    rows = [row(*options) for options in combinations(*values)]
    asked = AskedVariant(options=("A15", "B15", "C7"), picked=3)

    began = time.process_time()
    choice = choose(rows=rows, names=NAMES, asked=asked)
    spent_s = time.process_time() - began

    assert len(rows) == 2048
    assert choice.variant.sku == "A15-B15-C7"
    assert sum(len(option.values) for option in choice.options) == 40
    # Some 30 ms; a comparison of each with each takes seconds.
    assert spent_s < 0.5


letters = st.sampled_from("abc")


@given(
    keys=st.lists(st.tuples(letters, letters, letters), min_size=1, max_size=20, unique=True),
    wish=st.tuples(letters, letters, letters),
    picked=st.integers(0, 3),
)  # fmt: skip
def test_choice_is_what_was_asked_or_says_why_not(keys, wish, picked):
    rows = [row(*key) for key in keys]
    asked = AskedVariant(options=wish, picked=picked)

    choice = choose(rows=rows, names=[], asked=asked)

    # What all variants share is no choice; what no variant has is no wish.
    axes = [a for a in range(3) if len({key[a] for key in keys}) > 1]
    known = [a for a in axes if any(key[a] == wish[a] for key in keys)]
    same = [[a for a in known if key[a] == wish[a]] for key in keys]
    chosen = rows.index(choice.variant)
    assert (choice.missing is None) == any(found == known for found in same)
    assert len(same[chosen]) == max(
        len(found) for found in same
        if picked - 1 not in known or picked - 1 in found
    )  # fmt: skip
