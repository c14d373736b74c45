from django.urls import path

from sites import views_account as views
from sites import views_reminders

# agents/compte/
urlpatterns = [
    path("", views.account, name="account"),
    path("mot-de-passe/", views.account_password, name="account_password"),
    path("sessions/", views.account_sessions, name="account_sessions"),
    path("second-facteur/", views.second_factor_setup, name="second_factor"),
    path("second-facteur/codes-de-secours/", views.recovery_codes, name="recovery_codes"),
    path("second-facteur/retirer/", views.second_factor_remove, name="second_factor_remove"),
    path("rappels/", views_reminders.own_reminders, name="reminders"),
    path("rappels/arreter/<str:token>/", views_reminders.reminders_stop, name="reminders_stop"),
]
