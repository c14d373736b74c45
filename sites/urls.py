from django.urls import path

from sites import views, views_agents, views_organisation, views_reminders, views_services

# agents/<préfecture>/organisation/
urlpatterns = [
    path("", views_organisation.organisation_overview, name="organisation"),
    path("fiche/", views_organisation.prefecture_edit, name="prefecture_edit"),
    path("journal/", views.journal, name="journal"),
    path("rappels/", views_reminders.sent_reminders, name="reminders_sent"),
    path("referents/", views_agents.referents, name="referents"),
    # agents/
    path("agents/", views_agents.agents_list, name="agents"),
    path("agents/inviter/", views_agents.agent_invite, name="agent_invite"),
    path("agents/<int:agent>/", views_agents.agent, name="agent"),
    path("agents/<int:agent>/invitation/", views_agents.invitation_resend, name="invitation_resend"),
    path("agents/<int:agent>/remplacer/", views_agents.agent_replace, name="agent_replace"),
    path("agents/<int:agent>/second-facteur/", views_agents.agent_second_factor, name="agent_second_factor"),
    path("agents/<int:agent>/absences/noter/", views_reminders.absence_new, name="absence_new"),
    path("agents/<int:agent>/absences/<int:absence>/fin/", views_reminders.absence_end, name="absence_end"),
    path("agents/<int:agent>/roles/ajouter/", views_agents.membership_add, name="membership_add"),
    path(
        "agents/<int:agent>/roles/<int:membership>/",
        views_agents.membership_change,
        name="membership_change",
    ),
    path(
        "agents/<int:agent>/roles/<int:membership>/fin/", views_agents.membership_end, name="membership_end"
    ),
    # unites/
    path("unites/", views_organisation.units, name="units"),
    path("unites/ajouter/", views_organisation.unit_new, name="unit_new"),
    path("unites/<int:unit>/", views_organisation.unit_edit, name="unit_edit"),
    path("unites/<int:unit>/supprimer/", views_organisation.unit_delete, name="unit_delete"),
    # sites/
    path("sites/", views_organisation.places, name="places"),
    path("sites/ajouter/", views_organisation.site_new, name="site_new"),
    path("sites/<int:site>/", views_organisation.site_edit, name="site_edit"),
    path("sites/<int:site>/supprimer/", views_organisation.site_delete, name="site_delete"),
    # services/
    path("services/", views_services.services, name="services"),
    path("services/ajouter/", views_services.service_new, name="service_new"),
    path("services/<int:service>/", views_services.service, name="service"),
    path("services/<int:service>/corriger/", views_services.service_correct, name="service_correct"),
    path("services/<int:service>/renommer/", views_services.service_rename, name="service_rename"),
    path("services/<int:service>/fin/", views_services.service_end, name="service_end"),
    path("services/<int:service>/supprimer/", views_services.service_delete, name="service_delete"),
    path(
        "services/<int:service>/changements/<int:designation>/annuler/",
        views_services.designation_cancel,
        name="designation_cancel",
    ),
    # fermetures/
    path("fermetures/", views_organisation.days_off, name="closures"),
    path("fermetures/ajouter/", views_organisation.closure_new, name="closure_new"),
    path("fermetures/<int:closure>/", views_organisation.closure_edit, name="closure_edit"),
    path("fermetures/<int:closure>/supprimer/", views_organisation.closure_delete, name="closure_delete"),
]
