from django.urls import path

from indicators import views_entry as views

# agents/<slug>/indicateurs/saisie/
urlpatterns = [
    path("", views.entry_list, name="entry_list"),
    path("habitude/<int:service>/<int:indicator>/", views.entry_usual, name="entry_usual"),
    path("<int:service>/<slug:month>/", views.entry_month, name="entry_month"),
    path("<int:service>/<slug:month>/reprise/", views.entry_resume, name="entry_resume"),
    path("<int:service>/<slug:month>/<int:indicator>/", views.entry_cell, name="entry_cell"),
]
