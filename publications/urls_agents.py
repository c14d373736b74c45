from django.urls import path

from publications import views

urlpatterns = [
    path("", views.bilans, name="bilans"),
    # <année>/
    path("<int:year>/", views.bilan_prepare, name="bilan_prepare"),
    path("<int:year>/parties/<slug:section>/", views.bilan_part, name="bilan_part"),
    path("<int:year>/arreter/", views.bilan_freeze, name="bilan_freeze"),
    path("<int:year>/changements/", views.bilan_changes, name="bilan_changes"),
    path("<int:year>/presentations/nouvelle/", views.presentation_new, name="presentation_new"),
    path("<int:year>/presentations/<int:number>/", views.presentation, name="presentation"),
    path(
        "<int:year>/presentations/<int:number>/retirer/",
        views.presentation_remove,
        name="presentation_remove",
    ),
    # <année>/editions/<édition>/
    path("<int:year>/editions/<int:edition>/", views.bilan_edition, name="bilan_edition"),
    path(
        "<int:year>/editions/<int:edition>/comparer/<int:other>/", views.bilan_compare, name="bilan_compare"
    ),
    path("<int:year>/editions/<int:edition>/avancement/", views.bilan_progress, name="bilan_progress"),
    path("<int:year>/editions/<int:edition>/relancer/", views.bilan_retry, name="bilan_retry"),
    path("<int:year>/editions/<int:edition>/bilan.pdf", views.bilan_pdf, name="bilan_pdf"),
    path("<int:year>/editions/<int:edition>/publier/", views.bilan_publish, name="bilan_publish"),
    path("<int:year>/editions/<int:edition>/retirer/", views.bilan_withdraw, name="bilan_withdraw"),
]
