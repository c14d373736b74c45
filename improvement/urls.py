from django.urls import path

from improvement import views, views_duties

# agents/<slug>/amelioration/
urlpatterns = [
    path("actions/", views.actions, name="actions"),
    path("actions/nouvelle/", views.action_new, name="action_new"),
    path("actions/<int:number>/", views.action, name="action"),
    path("actions/<int:number>/modifier/", views.action_change, name="action_change"),
    path("actions/<int:number>/confier/", views.action_hand, name="action_hand"),
    path("actions/<int:number>/commencer/", views.action_start, name="action_start"),
    path("actions/<int:number>/terminer/", views.action_finish, name="action_finish"),
    path("actions/<int:number>/abandonner/", views.action_abandon, name="action_abandon"),
    path("actions/<int:number>/rouvrir/", views.action_reopen, name="action_reopen"),
    path("actions/<int:number>/preuve/", views.action_proof, name="action_proof"),
    path("calendrier/", views_duties.duties, name="duties"),
    path("calendrier/habituel/", views_duties.duties_usual, name="duties_usual"),
    path("calendrier/nouvelle/", views_duties.duty_new, name="duty_new"),
    path("calendrier/<int:duty>/", views_duties.duty, name="duty"),
    path("calendrier/<int:duty>/modifier/", views_duties.duty_change, name="duty_change"),
    path("calendrier/<int:duty>/faite/", views_duties.duty_do, name="duty_do"),
    path("calendrier/<int:duty>/<int:done>/preuve/", views_duties.duty_proof, name="duty_proof"),
    path("calendrier/<int:duty>/<int:done>/retirer/", views_duties.duty_undo, name="duty_undo"),
]
