"""The test gateway's page, where a buyer says yes or no as at a bank's."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from payments.gateways import SimulatedGateway
from payments.models import SimulatedCharge

gateway = SimulatedGateway()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def simulated(request: HttpRequest, key: str) -> HttpResponse:
    """Approve or refuse a test payment; whoever knows its key may. Decided once."""
    if not gateway.is_available():
        raise Http404
    if request.method == "POST":
        is_approved = request.POST.get("decision") == "approve"
        charge = gateway.decide(key=key, is_approved=is_approved)
        if charge is None:
            raise Http404
        return HttpResponseRedirect(_way_back(request, charge))
    charge = SimulatedCharge.objects.filter(key=key).exclude(currency="").first()
    if charge is None:
        raise Http404
    context = {"charge": charge, "way_back": _way_back(request, charge)}
    return render(request, "payments/simulated.html", context)


def _way_back(request: HttpRequest, charge: SimulatedCharge) -> str:
    """Only to ourselves: the address came with a request once."""
    hosts = {request.get_host(), urlsplit(settings.SITE_URL).netloc}
    is_ours = url_has_allowed_host_and_scheme(charge.return_url, allowed_hosts=hosts)
    return charge.return_url if is_ours else "/"
