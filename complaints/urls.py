from django.urls import path

from complaints import views, views_entry, views_lists, views_malfunctions, views_reckoned, views_themes

# agents/<slug>/affaires/
urlpatterns = [
    path("", views_lists.cases, name="cases"),
    path("recalculees/", views_reckoned.cases_reckoned, name="cases_reckoned"),
    path("nouvelle/", views_entry.case_new, name="case_new"),
    path("themes/", views_themes.case_themes, name="case_themes"),
    path("themes/habituels/", views_themes.case_themes_usual, name="case_themes_usual"),
    path("themes/nouveau/", views_themes.case_theme_new, name="case_theme_new"),
    path("themes/<int:theme>/", views_themes.case_theme, name="case_theme"),
    path("themes/<int:theme>/deplacer/", views_themes.case_theme_move, name="case_theme_move"),
    path("liste/<slug:worklist>/", views_lists.cases_in, name="cases_in"),
    path("confier/", views_lists.cases_assign, name="cases_assign"),
    path("vues/", views_lists.kept_lists, name="kept_lists"),
    path("vues/<int:kept>/", views_lists.kept_list, name="kept_list"),
    path("vues/<int:kept>/retirer/", views_lists.kept_list_remove, name="kept_list_remove"),
    path("dysfonctionnements/", views_malfunctions.malfunctions, name="malfunctions"),
    path("dysfonctionnements/nouveau/", views_malfunctions.malfunction_new, name="malfunction_new"),
    path("dysfonctionnements/<int:year>/<int:number>/", views_malfunctions.malfunction, name="malfunction"),
    path(
        "dysfonctionnements/<int:year>/<int:number>/corriger/",
        views_malfunctions.malfunction_correct,
        name="malfunction_correct",
    ),
    path(
        "dysfonctionnements/<int:year>/<int:number>/fichier/",
        views_malfunctions.malfunction_file,
        name="malfunction_file",
    ),
    path(
        "dysfonctionnements/<int:year>/<int:number>/suite/<slug:step>/",
        views_malfunctions.malfunction_step,
        name="malfunction_step",
    ),
    path("<int:year>/<int:number>/", views.case, name="case"),
    path("<int:year>/<int:number>/corriger/", views.case_correct, name="case_correct"),
    path("<int:year>/<int:number>/exemple/", views.case_example, name="case_example"),
    path("<int:year>/<int:number>/suite/<slug:step>/", views.case_step, name="case_step"),
    path("<int:year>/<int:number>/pieces/<int:attachment>/", views.case_attachment, name="case_attachment"),
]
