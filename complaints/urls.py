from django.urls import path

from complaints import views, views_lists

# agents/<slug>/affaires/
urlpatterns = [
    path("", views_lists.cases, name="cases"),
    path("<int:year>/<int:number>/", views.case, name="case"),
]
