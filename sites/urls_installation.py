from django.urls import path

from sites import views
from sites import views_organisation as organisation

# agents/installation/
urlpatterns = [
    path("prefectures/", organisation.prefectures, name="prefectures"),
    path("prefectures/ajouter/", organisation.prefecture_new, name="prefecture_new"),
    path("prefectures/<slug:slug>/", organisation.installation_prefecture, name="installation_prefecture"),
    path("journal/", views.installation_journal, name="installation_journal"),
]
