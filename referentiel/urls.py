from django.urls import path

from referentiel import views

urlpatterns = [
    path("", views.referentiels, name="referentiels"),
    path("<slug:slug>/", views.referentiel, name="referentiel"),
]
