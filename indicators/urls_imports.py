from django.urls import path

from indicators import views_imports as views

# agents/<slug>/indicateurs/imports/
urlpatterns = [
    path("", views.imports, name="imports"),
    path("nouveau/", views.import_new, name="import_new"),
    path("modele/", views.import_model, name="import_model"),
    path("<int:number>/", views.import_detail, name="import_detail"),
    path("<int:number>/fichier/", views.import_source, name="import_source"),
    path("<int:number>/verifier/", views.import_review, name="import_review"),
    path("<int:number>/avancement/", views.import_progress, name="import_progress"),
    path("<int:number>/relancer/", views.import_retry, name="import_retry"),
    path(
        "<int:number>/verifier/<int:row>/<str:column>/<str:code>/", views.import_answer, name="import_answer"
    ),
    path("<int:number>/importer/", views.import_confirm, name="import_confirm"),
    path("<int:number>/abandonner/", views.import_abandon, name="import_abandon"),
]
