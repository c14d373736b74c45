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
    path("<slug:slug>/bilans/<int:year>/edition-<int:edition>/", public.edition, name="public_edition"),
    re_path(BILAN + r"-edition-(?P<edition>[0-9]{1,4})\.pdf$", public.edition_pdf, name="public_edition_pdf"),
]
