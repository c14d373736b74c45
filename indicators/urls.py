from django.urls import include, path

from indicators import views, views_figures, views_months, views_phones, views_silences, views_trends

of_a_figure = [
    path("", views_figures.figure, name="figure"),
    path("chiffre/", views_figures.figure_write, name="figure_write"),
    path("retirer/", views_figures.figure_remove, name="figure_remove"),
    path("objectif/", views_figures.figure_target, name="figure_target"),
]

# agents/<slug>/indicateurs/
urlpatterns = [
    path("", views.board_latest, name="board_latest"),
    path("evolution/", views_trends.trends, name="trends"),
    path("evolution/<int:indicator>/", views_trends.trend, name="trend"),
    path("<int:year>/", views.board, name="board"),
    path("<int:year>/comparer/<int:indicator>/", views.comparison_year, name="comparison_year"),
    path("periode/", include("indicators.urls_periods")),
    path("direction/", include("indicators.urls_direction")),
    path("<int:year>/<int:unit>/<int:indicator>/", include(of_a_figure)),
    path("<int:year>/notes/", views_figures.year_notes, name="notes"),
    path("<int:year>/notes/nouvelle/", views_figures.note_new, name="note_new"),
    path("<int:year>/notes/<int:note>/", views_figures.note_edit, name="note_edit"),
    path("<int:year>/notes/<int:note>/retirer/", views_figures.note_remove, name="note_remove"),
    path("suivi/", include("indicators.urls_control")),
    path("saisie/", include("indicators.urls_entry")),
    path("registre/", include("indicators.urls_register")),
    path("silences/", views_silences.silences, name="silences"),
    path("silences/<int:unit>/<int:indicator>/", views_silences.silence_explain, name="silence_explain"),
    path("imports/", include("indicators.urls_imports")),
    path("telephone/", views_phones.phone_lines, name="phone_lines"),
    path("telephone/ajouter/", views_phones.phone_line_new, name="phone_line_new"),
    path("telephone/<int:line>/", views_phones.phone_line, name="phone_line"),
    path("telephone/fichiers/", views_phones.phone_file_new, name="phone_file_new"),
    path("telephone/fichiers/<int:number>/", views_phones.phone_file, name="phone_file"),
    path("mois/fichiers/", views_months.month_files, name="month_files"),
    path("mois/fichiers/modele/", views_months.month_table_file, name="month_table_file"),
    path("mois/fichiers/<int:number>/", views_months.month_file, name="month_file"),
]
