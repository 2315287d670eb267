"""Pages that also answer with a part of themselves."""

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers


def varied(response: HttpResponse) -> HttpResponse:
    """One address answers pages and fragments: caches must keep them apart."""
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
