from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from tests.payments.purchases import LATER


@pytest.fixture(autouse=True)
def test_gateway(settings: Any) -> None:
    settings.ALLOW_TEST_GATEWAY = True


@pytest.fixture
def time_machine_at_noon() -> Iterator[None]:
    """The doors take the time from the clock; checkouts here wait since noon."""
    with time_machine.travel(LATER, tick=True):
        yield
