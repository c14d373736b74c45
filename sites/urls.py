from django.urls import path

from sites import views

# agents/<préfecture>/organisation/
urlpatterns = [
    path("journal/", views.journal, name="journal"),
]
