"""What follows, after the commit, when a job was opened."""

from shop.events import receives
from shop.services.jobs import JobOpened
from shop.tasks import run_job


@receives(JobOpened)
def queue_job(event: JobOpened) -> None:
    """Harmless twice: two workers never do one chunk."""
    run_job.delay(job_id=str(event.entity_id))
