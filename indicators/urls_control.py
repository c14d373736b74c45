from django.urls import include, path

from indicators import views_control, views_suspensions

of_a_service = [
    path("", views_control.service_month, name="service_month"),
    path("renvoyer/", views_control.month_send_back, name="month_send_back"),
    path("rouvrir/", views_control.month_reopen, name="month_reopen"),
    path("laisser-ouvert/", views_control.month_keep_open, name="month_keep_open"),
]

# agents/<slug>/indicateurs/suivi/
urlpatterns = [
    path("", views_control.completeness_board, name="completeness"),
    path("rappeler/", views_control.completeness_remind, name="completeness_remind"),
    path("calendrier/", views_control.entry_schedule, name="entry_schedule"),
    path("suspensions/", views_suspensions.suspension_list, name="suspensions"),
    path("suspensions/nouvelle/", views_suspensions.suspension_new, name="suspension_new"),
    path("suspensions/<int:suspension>/", views_suspensions.suspension, name="suspension"),
    path(
        "suspensions/<int:suspension>/modifier/",
        views_suspensions.suspension_change,
        name="suspension_change",
    ),
    path("suspensions/<int:suspension>/lever/", views_suspensions.suspension_lift, name="suspension_lift"),
    path(
        "suspensions/<int:suspension>/joindre/",
        views_suspensions.suspension_attach,
        name="suspension_attach",
    ),
    path(
        "suspensions/<int:suspension>/decision/",
        views_suspensions.suspension_document,
        name="suspension_document",
    ),
    path("<str:month>/", views_control.month_control, name="month_control"),
    path("<str:month>/valider/", views_control.month_validate, name="month_validate"),
    path("<str:month>/clore/", views_control.month_close, name="month_close"),
    path("<str:month>/<int:service>/", include(of_a_service)),
]
