from django.urls import path

from referentiel import views_own, views_rows

# agents/<préfecture>/referentiel/
urlpatterns = [
    path("", views_own.followed, name="followed"),
    path("modules/<int:pk>/", views_own.module, name="module_perimeter"),
    path("objectifs/", views_own.targets, name="own_targets"),
    path("objectifs/<int:year>/", views_own.targets_of_year, name="own_targets_year"),
    path("objectifs/<int:year>/reprendre/", views_own.targets_take_over, name="own_targets_take_over"),
    path("lignes/<slug:kind>/dans/<int:parent>/", views_rows.add, name="own_row_new"),
    path("lignes/<slug:kind>/<int:pk>/", views_rows.correct, name="own_row"),
    path("lignes/<slug:kind>/<int:pk>/supprimer/", views_rows.remove, name="own_row_remove"),
    path("lignes/<slug:kind>/<int:pk>/historique/", views_rows.history, name="own_row_history"),
]
