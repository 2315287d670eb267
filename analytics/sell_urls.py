"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from analytics.views import sell

urlpatterns = [
    path("<slug:shop>/", sell.home, name="home"),
    path("<slug:shop>/numbers/", sell.numbers, name="numbers"),
    path("<slug:shop>/numbers/days.csv", sell.numbers_csv, name="numbers_csv"),
    path(
        "<slug:shop>/numbers/promotions.csv",
        sell.promotions_csv,
        name="numbers_promotions_csv",
    ),
    # A part of the promotion's page, which is made by an app below this one.
    path(
        "<slug:shop>/promotions/<uuid:promotion_id>/results/",
        sell.promotion_results,
        name="promotion_results",
    ),
]
