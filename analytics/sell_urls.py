"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from analytics.views import sell

urlpatterns = [
    path("<slug:shop>/", sell.home, name="home"),
    path("<slug:shop>/numbers/", sell.numbers, name="numbers"),
    path("<slug:shop>/numbers/days.csv", sell.numbers_csv, name="numbers_csv"),
]
