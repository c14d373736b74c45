from django.urls import path, register_converter

from indicators import converters, views, views_figures

register_converter(converters.PeriodConverter, "period")

# agents/<slug>/indicateurs/periode/
urlpatterns = [
    path("<period:period>/", views.board_period, name="board_period"),
    path("<period:period>/comparer/<int:indicator>/", views.comparison_period, name="comparison_period"),
    path("<period:period>/<int:unit>/<int:indicator>/", views_figures.figure_period, name="figure_period"),
]
