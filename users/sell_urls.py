"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from users.views import counter

urlpatterns = [
    path("", counter.choose, name="choose"),
]
