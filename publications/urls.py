from django.urls import path, re_path

from publications import public

# Everybody may read these. The bilan's files carry its year in their name too.
BILAN = r"^(?P<slug>[-a-zA-Z0-9_]+)/bilans/(?P<year>[0-9]{4})/bilan-(?P=year)"

urlpatterns = [
    path("", public.home, name="public_home"),
    # <préfecture>/
    path("<slug:slug>/", public.prefecture, name="public_prefecture"),
    path("<slug:slug>/bilans/<int:year>/", public.bilan, name="public_bilan"),
    re_path(BILAN + r"\.pdf$", public.bilan_pdf, name="public_bilan_pdf"),
    re_path(BILAN + r"\.csv$", public.bilan_csv, name="public_bilan_csv"),
]
