"""How often somebody may do something: counted in the cache, by fixed windows of time."""

from __future__ import annotations

import hashlib
import time

from django.core.cache import cache


def is_within_limit(*, what: str, who: str, most: int, period_s: int) -> bool:
    """Count one more of `what` by `who`; False when that is more than `most` in the period.

    who: an account, an address; only its hash is kept. A cache that is away limits nobody.
    """
    window = int(time.time() // period_s)
    digest = hashlib.sha256(who.encode()).hexdigest()[:32]
    key = f"rate:{what}:{digest}:{window}"
    cache.add(key, 0, timeout=period_s)
    try:
        count = cache.incr(key)
    except ValueError:
        # The window ended between the two.
        return True
    return count is None or count <= most
