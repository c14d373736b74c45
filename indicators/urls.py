from django.urls import path

from indicators import views

# agents/<slug>/indicateurs/
urlpatterns = [
    path("", views.board_latest, name="board_latest"),
    path("<int:year>/", views.board, name="board"),
]
