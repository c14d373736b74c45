from django.urls import path

from sites import views_organisation as views

# agents/installation/prefectures/
urlpatterns = [
    path("", views.prefectures, name="prefectures"),
    path("ajouter/", views.prefecture_new, name="prefecture_new"),
    path("<slug:slug>/", views.installation_prefecture, name="installation_prefecture"),
]
