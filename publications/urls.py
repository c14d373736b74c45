from django.urls import path, re_path, register_converter

from publications import converters, public, public_documents

register_converter(converters.PublicEntry, "public_entry")

# Everybody may read these. The bilan's files carry its year in their name too.
BILAN = r"^(?P<slug>[-a-zA-Z0-9_]+)/bilans/(?P<year>[0-9]{4})/bilan-(?P=year)"

urlpatterns = [
    path("", public.home, name="public_home"),
    path(".well-known/security.txt", public_documents.security_txt, name="security_txt"),
    # <préfecture>/
    path("<slug:slug>/", public.prefecture, name="public_prefecture"),
    path("<slug:slug>/bilans/<int:year>/", public.bilan, name="public_bilan"),
    re_path(BILAN + r"\.pdf$", public.bilan_pdf, name="public_bilan_pdf"),
    re_path(BILAN + r"\.csv$", public.bilan_csv, name="public_bilan_csv"),
    path("<slug:slug>/bilans/<int:year>/edition-<int:edition>/", public.edition, name="public_edition"),
    re_path(BILAN + r"-edition-(?P<edition>[0-9]{1,4})\.pdf$", public.edition_pdf, name="public_edition_pdf"),
    path("<slug:slug>/<public_entry:entry>/", public_documents.entry, name="public_entry"),
    path("<slug:slug>/documents/<int:number>.pdf", public_documents.document, name="public_document"),
    path("<slug:slug>/mentions-legales/", public_documents.legal, name="public_legal"),
    path("<slug:slug>/donnees-personnelles/", public_documents.privacy, name="public_privacy"),
    path("<slug:slug>/accessibilite/", public_documents.accessibility, name="public_accessibility"),
    path("<slug:slug>/contact/", public_documents.contact, name="public_contact"),
    path("<slug:slug>/plan-du-site/", public_documents.site_map, name="public_site_map"),
]
