"""Who is logged in."""

from uuid import UUID

from django.http import HttpRequest


def person_id(request: HttpRequest) -> UUID:
    """For views behind `login_required`."""
    key = request.user.pk
    assert key is not None
    return key
