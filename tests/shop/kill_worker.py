"""`python -m tests.shop.kill_worker` is a Celery worker with the kill test's receivers."""

import django

django.setup()

from config.celery import app
from tests.shop import kill_receivers  # noqa: F401 - declares the receivers

app.worker_main(
    [
        *("worker", "--concurrency=1", "--loglevel=ERROR"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
)
