"""The way back for an operator who sees the site as somebody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from users.impersonation import forget


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Repeated, or without anything to stop, it leads to the front page."""
    lasting = getattr(request, "impersonation", None)
    if lasting is None:
        return redirect("/")
    forget(request, lasting.pk)
    return redirect("admin:users_user_change", lasting.user_id)
