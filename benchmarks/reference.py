"""The ruler: a bare Django view with one SELECT 1, served as the shop is served.

    gunicorn benchmarks.reference:application

A page's time divided by this one's, taken in the same minute, carries over between machines.
"""

import os
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

_address = urlsplit(os.environ["DATABASE_URL"])

settings.configure(
    SECRET_KEY="measured, never published",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _address.path.lstrip("/"),
            "USER": _address.username,
            "PASSWORD": _address.password,
            "HOST": _address.hostname,
            "PORT": _address.port,
            "CONN_MAX_AGE": 600,
        }
    },
)
django.setup()

from django.db import connection  # needs the settings above


def hello(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        (one,) = cursor.fetchone()
    return HttpResponse(f"hello {one}", content_type="text/plain")


urlpatterns = [path("", hello)]
application = get_wsgi_application()
