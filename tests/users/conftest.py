from typing import Any
from uuid import uuid4

import pytest


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> None:
    """The real cache, in which no other test has used up a limit."""
    default = settings.CACHES["default"]
    settings.CACHES = {"default": {**default, "KEY_PREFIX": f"test-{uuid4().hex}"}}
