"""Whatever happens to the raw rows and to the rollup, every cell is exact in the end."""

import random

import pytest
from django.db import connection

from analytics.models import RollupMark
from analytics.rollups import ROLLUPS
from analytics.services.rollups import collect_marks, work_off
from analytics.services.verification import verify
from tests.analytics.churn import BEGIN, SPAN, Churn
from tests.analytics.oracle import assert_exact

# Real commits: what a dead process leaves behind is only what it committed.
pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """The process is gone: nothing in the code may catch it."""


def killing(statements: int):
    """Dies instead of executing the statement of that number."""

    def execute(run, sql, params, many, context):
        nonlocal statements
        statements -= 1
        if statements < 0:
            raise Killed
        return run(sql, params, many, context)

    return connection.execute_wrapper(execute)


def consume():
    collect_marks()
    assert work_off(rollups=list(ROLLUPS.values()))


def consume_with_deaths(chance: random.Random):
    for _ in range(3):
        try:
            with killing(chance.randrange(1, 120)):
                consume()
        except Killed:
            continue
    consume()


@pytest.mark.parametrize("seed", range(6))
def test_every_cell_is_exact_after_any_changes_and_deaths(seed):
    print("seed", seed)
    chance = random.Random(1000 + seed)
    churn = Churn(seed)
    done = []

    for _ in range(6):
        done += [churn.step() for _ in range(chance.choice((1, 5, 25)))]
        consume_with_deaths(chance)
        cells = assert_exact()

    assert cells > 500, done
    assert not RollupMark.objects.exists()
    result = verify(rollups=list(ROLLUPS.values()), start=BEGIN, end=BEGIN + SPAN)
    assert (result.difference, result.cells) == (None, cells)


@pytest.mark.parametrize("seed", range(100, 103))
def test_every_cell_is_exact_after_each_single_change(seed):
    """With little else dirty, a bucket that a change forgot to mark is not built by luck."""
    print("seed", seed)
    churn = Churn(seed)
    for _ in range(60):
        churn.step()
    consume()

    for _ in range(30):
        print(churn.step())
        consume()
        assert assert_exact() > 500
