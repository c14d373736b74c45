from django.urls import include, path

from qualepref import failures, first_steps, health, home, pages, search, state, weekly
from sites import views_account as account

urlpatterns = [
    # the doors
    path("connexion/", account.sign_in, name="login"),
    path("connexion/mot-de-passe-oublie/", account.password_forgotten, name="password_forgotten"),
    path("connexion/choisir/<str:token>/", account.password_link, name="password_link"),
    path("connexion/choisir/", account.password_choose, name="password_choose"),
    path("connexion/code/", account.second_factor_code, name="second_factor_code"),
    path("deconnexion/", account.sign_out, name="logout"),
    path("accessibilite/", pages.accessibilite, name="accessibilite"),
    path("mentions-legales/", pages.legal, name="legal"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # agents/
    path("agents/", home.home, name="home"),
    path("agents/installation/etat/", state.installation_state, name="installation_state"),
    path("agents/installation/etat/taches/<int:job>/", failures.settle, name="installation_job"),
    path("agents/installation/", include("sites.urls_installation")),
    path("agents/compte/", include("sites.urls_account")),
    path("agents/referentiels/", include("referentiel.urls")),
    # agents/<préfecture>/
    path("agents/<slug:slug>/organisation/premiers-pas/", first_steps.page, name="first_steps"),
    path("agents/<slug:slug>/organisation/", include("sites.urls")),
    path("agents/<slug:slug>/taches/<int:job>/", failures.settle_in_prefecture, name="prefecture_job"),
    path("agents/<slug:slug>/recherche/", search.search, name="search"),
    path("agents/<slug:slug>/indicateurs/point/", weekly.weekly_point, name="weekly_point"),
    path("agents/<slug:slug>/indicateurs/", include("indicators.urls")),
    path("agents/<slug:slug>/affaires/", include("complaints.urls")),
    path("agents/<slug:slug>/amelioration/", include("improvement.urls")),
    path("agents/<slug:slug>/referentiel/", include("referentiel.urls_own")),
    path("agents/<slug:slug>/bilans/", include("publications.urls_agents")),
    path("agents/<slug:slug>/espace-qualite/", include("publications.urls_espace")),
    # everybody: the home, then <préfecture>/
    path("", include("publications.urls")),
]
