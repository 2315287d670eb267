from typing import Any

import pytest


@pytest.fixture(autouse=True)
def test_gateway(settings: Any) -> None:
    settings.ALLOW_TEST_GATEWAY = True
