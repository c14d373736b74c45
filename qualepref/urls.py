from django.urls import include, path

from qualepref import health, home, pages
from sites import views as sites

urlpatterns = [
    # the doors
    path("connexion/", sites.sign_in, name="login"),
    path("deconnexion/", sites.sign_out, name="logout"),
    path("accessibilite/", pages.accessibilite, name="accessibilite"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # agents/
    path("agents/", home.home, name="home"),
    path("agents/referentiels/", include("referentiel.urls")),
    path("agents/installation/prefectures/", include("sites.urls_installation")),
    # agents/<préfecture>/
    path("agents/<slug:slug>/organisation/", include("sites.urls")),
    path("agents/<slug:slug>/indicateurs/", include("indicators.urls")),
    path("agents/<slug:slug>/bilans/", include("publications.urls_agents")),
    # everybody: the home, then <préfecture>/
    path("", include("publications.urls")),
]
