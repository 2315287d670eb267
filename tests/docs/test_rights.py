"""The page about roles, held against the table that decides."""

import re

from config.environment import BASE_DIR
from users.rights import RIGHTS, Right

ROW = re.compile(r"^\| .*\(`(\w+)`\) \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
ROLES = ("staff", "manager", "owner")


def test_the_page_says_what_each_role_may_do() -> None:
    page = (BASE_DIR / "docs" / "sell.md").read_text()
    told = {
        right: {role for role, cell in zip(ROLES, cells, strict=True) if cell.strip()}
        for right, *cells in ROW.findall(page)
    }

    assert told == {
        right.value: {role for role in ROLES if right in RIGHTS[role]}
        for right in Right
    }
