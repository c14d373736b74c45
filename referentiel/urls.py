from django.urls import path

from referentiel import views, views_files, views_questions, views_rows

# agents/referentiels/
urlpatterns = [
    path("", views.referentiels, name="referentiels"),
    path("comparer/", views.compare, name="referentiels_compare"),
    path("indicateurs/", views.indicators, name="norm_indicators"),
    path("delais/", views.delays, name="norm_delays"),
    path("questions/", views_questions.questions, name="questions"),
    path("questions/<slug:key>/", views_questions.question, name="question"),
    path("fichiers/", views_files.files, name="shipped_files"),
    path("fichiers/<str:name>/charger/", views_files.load, name="shipped_file_load"),
    path("fichiers/<str:name>/reprendre/", views_files.take_back, name="shipped_file_take_back"),
    path("lignes/<slug:kind>/dans/<int:parent>/", views_rows.add, name="norm_row_new"),
    path("lignes/<slug:kind>/<int:pk>/", views_rows.correct, name="norm_row"),
    path("lignes/<slug:kind>/<int:pk>/supprimer/", views_rows.remove, name="norm_row_remove"),
    path("lignes/<slug:kind>/<int:pk>/historique/", views_rows.history, name="norm_row_history"),
    path("<slug:slug>/", views.referentiel, name="referentiel"),
]
