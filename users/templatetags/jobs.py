"""What templates say of a job."""

from __future__ import annotations

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from shop.models import Job, JobState
from shop.services.jobs import kind_of

register = template.Library()

# The words and the colour of each state.
STATES: dict[str, tuple[str | Promise, str]] = {
    JobState.QUEUED: (pgettext_lazy("job", "Waiting"), "state-wait"),
    JobState.RUNNING: (pgettext_lazy("job", "At work"), "state-wait"),
    JobState.DONE: (pgettext_lazy("job", "Done"), "state-good"),
    JobState.CANCELLED: (pgettext_lazy("job", "Stopped"), ""),
    JobState.FAILED: (pgettext_lazy("job", "Failed"), "state-bad"),
}


@register.filter
def job_words(job: Job) -> str:
    """What it does, as a person says it."""
    words = kind_of(job.kind).words(job.params)
    return _("Undo: %(what)s") % {"what": words} if job.undo_of_id else words


@register.filter
def job_state(job: Job) -> str:
    return str(STATES[job.state][0])


@register.filter
def job_state_class(job: Job) -> str:
    return STATES[job.state][1]
