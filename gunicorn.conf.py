"""How gunicorn serves Soko: it reads this file where it starts; its command line wins."""

import gc
from typing import Any

# The code is loaded once and its memory shared by all workers.
preload_app = True


def when_ready(_server: Any) -> None:
    """Before the workers are forked: what each of them would load, and keep apart, by itself."""
    from django.urls import get_resolver

    # Views and all they import are otherwise loaded with the first request.
    _ = get_resolver().url_patterns
    # A collector that marks objects writes to their pages, which are then shared no more.
    gc.collect()
    gc.freeze()
