"""Celery beat that may be started twice and still ticks once."""

from typing import Any

import redis
import structlog
from celery.beat import PersistentScheduler
from django.conf import settings
from redis.exceptions import LockError

LOCK_KEY = "soko:beat"
# A killed beat is replaced after this; ticks renew it, so it must outlast several.
LOCK_TTL_S = 20
MAX_TICK_S = 5
SOCKET_TIMEOUT_S = 5

log = structlog.get_logger(__name__)


class SingleBeat(PersistentScheduler):
    """Sends nothing until it holds a lock in Redis; the others wait as stand-ins.

    Two schedulers would send every tick twice. While Redis is away nothing can be sent
    either, so that is a pause and not an end.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=SOCKET_TIMEOUT_S
        )
        self.lock = client.lock(LOCK_KEY, timeout=LOCK_TTL_S, thread_local=False)
        self.is_leader = False
        kwargs["max_interval"] = MAX_TICK_S
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; returns the seconds until the next look."""
        was_leader, self.is_leader = self.is_leader, self._hold()
        if self.is_leader != was_leader:
            log.info("beat leads" if self.is_leader else "beat stands by")
        return super().tick(*args, **kwargs) if self.is_leader else MAX_TICK_S

    def close(self) -> None:
        """Give the lock back at once, so that a stand-in or a restart need not wait."""
        try:
            if self.is_leader:
                self.is_leader = False
                self.lock.release()
        except redis.RedisError as error:
            log.info("beat lock expires by itself", reason=str(error))
        super().close()

    def _hold(self) -> bool:
        try:
            return bool(self.is_leader and self._renew()) or bool(
                self.lock.acquire(blocking=False)
            )
        except redis.RedisError as error:
            log.warning("beat cannot reach Redis", reason=str(error))
            return False

    def _renew(self) -> bool:
        try:
            return bool(self.lock.reacquire())
        except LockError:
            # It expired while this process slept, or Redis was wiped.
            return False
