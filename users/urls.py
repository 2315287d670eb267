"""The pages of an account, and of the people behind them."""

from django.urls import path

from users.views import account, connections, impersonation

app_name = "users"

urlpatterns = [
    path("profile/", account.profile, name="profile"),
    path("profile/picture/", account.avatar, name="avatar"),
    path("profile/picture/remove/", account.remove_picture, name="remove_avatar"),
    path("security/", account.security, name="security"),
    path("sessions/", account.sessions, name="sessions"),
    path("sessions/others/end/", account.end_all_others, name="end_other_sessions"),
    path(
        "sessions/<uuid:session_id>/end/", account.end_one_session, name="end_session"
    ),
    path("stop/", impersonation.stop, name="stop_impersonation"),
    path("notices/", account.notices, name="notices"),
    path("following/", connections.following, name="following"),
    path("shops/<slug:slug>/follow/", connections.shop_follow, name="follow_shop"),
    path("people/<uuid:user_id>/", connections.person, name="person"),
    *(
        path(
            f"people/<uuid:user_id>/{action}/",
            connections.connect,
            {"action": action},
            name=f"{action}_person",
        )
        for action in connections.ACTIONS
    ),
]
