from django.urls import path

from sites import views
from sites import views_agents as agents
from sites import views_organisation as organisation

# agents/installation/
urlpatterns = [
    path("prefectures/", organisation.prefectures, name="prefectures"),
    path("prefectures/ajouter/", organisation.prefecture_new, name="prefecture_new"),
    path("prefectures/<slug:slug>/", organisation.installation_prefecture, name="installation_prefecture"),
    path("administrateurs/", agents.administrators, name="administrators"),
    path("administrateurs/inviter/", agents.administrator_invite, name="administrator_invite"),
    path("administrateurs/<int:agent>/", agents.administrator, name="administrator"),
    path("administrateurs/<int:agent>/fin/", agents.administrator_end, name="administrator_end"),
    path("administrateurs/<int:agent>/invitation/", agents.administrator_resend, name="administrator_resend"),
    path(
        "administrateurs/<int:agent>/second-facteur/",
        agents.administrator_second_factor,
        name="administrator_second_factor",
    ),
    path("comptes/<int:agent>/", agents.account_state, name="account_state"),
    path("journal/", views.installation_journal, name="installation_journal"),
]
