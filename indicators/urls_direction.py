from django.urls import path

from indicators import views_direction

# agents/<slug>/indicateurs/direction/
urlpatterns = [
    path("", views_direction.direction_latest, name="direction_latest"),
    path("<slug:month>/", views_direction.direction, name="direction"),
    path("<slug:month>/mot/", views_direction.remark, name="remark"),
]
