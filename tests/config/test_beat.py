from datetime import timedelta
from pathlib import Path

import pytest
import redis
from celery import Celery

from config.beat import LOCK_KEY, LOCK_TTL_S, MAX_TICK_S, SingleBeat


class RecordingBeat(SingleBeat):
    """Notes what it would send."""

    def __init__(self, *args, **kwargs):
        self.sent = []
        super().__init__(*args, **kwargs)

    def apply_entry(self, entry, producer=None):
        self.sent.append(entry.name)


@pytest.fixture
def beats(tmp_path: Path, redis_server: redis.Redis) -> list[RecordingBeat]:
    app = Celery(set_as_current=False, broker="memory://")
    app.conf.beat_schedule = {"tick": {"task": "tick", "schedule": timedelta(0)}}
    return [
        RecordingBeat(app, schedule_filename=str(tmp_path / f"schedule-{number}"))
        for number in range(2)
    ]


def tick_often(*beats):
    for _ in range(4):
        for beat in beats:
            beat.tick()


def test_beat_twice_sends_each_tick_once(beats):
    leader, stand_in = beats

    tick_often(leader, stand_in)

    assert leader.sent
    assert stand_in.sent == []
    assert stand_in.tick() == MAX_TICK_S


def test_beat_stand_in_takes_over_when_the_leader_closes(beats):
    leader, stand_in = beats
    tick_often(leader, stand_in)

    leader.close()
    tick_often(stand_in)

    assert stand_in.sent


def test_beat_renews_its_lock_with_every_tick(beats, redis_server):
    tick_often(beats[0])
    redis_server.pexpire(LOCK_KEY, 1000)

    beats[0].tick()

    assert redis_server.pttl(LOCK_KEY) > (LOCK_TTL_S - 5) * 1000


def test_beat_that_lost_its_lock_stands_by(beats, redis_server):
    slept, other = beats
    tick_often(slept)
    redis_server.delete(LOCK_KEY)
    tick_often(other)
    sent_before = list(slept.sent)

    tick_often(slept)

    assert other.sent
    assert slept.sent == sent_before


def test_beat_waits_while_redis_is_away(beats):
    beat = beats[0]
    tick_often(beat)
    sent_before = list(beat.sent)
    away = redis.Redis(port=1, socket_timeout=1)
    beat.lock = away.lock(LOCK_KEY, timeout=LOCK_TTL_S)

    tick_often(beat)

    assert beat.sent == sent_before
