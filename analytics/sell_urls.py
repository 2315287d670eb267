"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from analytics.views import sell

urlpatterns = [
    path("<slug:shop>/", sell.home, name="home"),
]
