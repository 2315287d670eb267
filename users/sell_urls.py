"""The pages behind a shop's counter that belong to this app."""

from django.urls import path

from users.views import counter, sell_jobs, shops

urlpatterns = [
    path("", counter.choose, name="choose"),
    # Before the shops' own: a shop cannot be called so.
    path("open-a-shop/", shops.open_new, name="open"),
    path("invitations/<str:key>/", shops.invitation, name="invitation"),
    path("<slug:shop>/settings/", shops.settings, name="settings"),
    path("<slug:shop>/settings/closure/", shops.closure, name="closure"),
    path("<slug:shop>/people/", shops.members, name="members"),
    path("<slug:shop>/people/leave/", shops.leave, name="leave"),
    path(
        "<slug:shop>/people/<uuid:member_id>/role/",
        shops.member_role,
        name="member_role",
    ),
    path(
        "<slug:shop>/people/<uuid:member_id>/remove/",
        shops.member_remove,
        name="member_remove",
    ),
    path(
        "<slug:shop>/people/invitations/<uuid:invitation_id>/withdraw/",
        shops.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path("<slug:shop>/jobs/", sell_jobs.job_list, name="jobs"),
    path("<slug:shop>/jobs/<uuid:job_id>/", sell_jobs.job_detail, name="job"),
    path("<slug:shop>/jobs/<uuid:job_id>/stop/", sell_jobs.cancel, name="job_cancel"),
    path("<slug:shop>/jobs/<uuid:job_id>/undo/", sell_jobs.undo, name="job_undo"),
    path(
        "<slug:shop>/jobs/<uuid:job_id>/results.csv",
        sell_jobs.results,
        name="job_results",
    ),
]
