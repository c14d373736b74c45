from django.urls import path

from indicators import views_register as views

# agents/<slug>/indicateurs/registre/
urlpatterns = [
    path("taux/", views.response_rates, name="response_rates"),
    path("synthese/", views.complaints_synthesis, name="complaints_synthesis"),
    path("rapprocher/", views.register_gaps, name="register_gaps"),
    path("rapprocher/calculer/", views.register_collect, name="register_collect"),
    path("rapprocher/<int:service>/<slug:month>/<int:indicator>/", views.register_gap, name="register_gap"),
]
