"""The pages of a shop's reviews."""

from django.urls import path

from catalog.views import sell_reviews

REVIEW = "<slug:shop>/reviews/<uuid:review_id>/"

urlpatterns = [
    path("<slug:shop>/reviews/", sell_reviews.reviews, name="reviews"),
    path(REVIEW, sell_reviews.one_review, name="review"),
    path(f"{REVIEW}answer/", sell_reviews.answer, name="review_answer"),
    path(
        f"{REVIEW}answer/remove/",
        sell_reviews.remove_answer,
        name="review_answer_remove",
    ),
    path(f"{REVIEW}report/", sell_reviews.report, name="review_report"),
]
