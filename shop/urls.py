"""Health, robots, the icon, stored pictures."""

from django.conf import settings
from django.urls import path

from shop import views

app_name = "shop"

urlpatterns = [
    path("health/", views.health, name="health"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
    path(
        f"{settings.MEDIA_URL.strip('/')}/public/<path:path>", views.media, name="media"
    ),
]
