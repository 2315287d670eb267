from django.urls import path
from rest_framework.routers import SimpleRouter

from users.api.views import (
    AvatarView,
    ConnectionViewSet,
    FollowedShopViewSet,
    ProfileView,
    SessionViewSet,
)

router = SimpleRouter()
router.register("sessions", SessionViewSet, basename="account-session")
router.register("connections", ConnectionViewSet, basename="account-connection")
router.register("followed-shops", FollowedShopViewSet, basename="account-shop")

urlpatterns = [
    path("profile/", ProfileView.as_view(), name="account-profile"),
    path("profile/avatar/", AvatarView.as_view(), name="account-avatar"),
    *router.urls,
]
