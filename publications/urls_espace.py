from django.urls import path, register_converter

from publications import converters, views_documents, views_flash

register_converter(converters.AnyEntry, "entry")

# agents/<préfecture>/espace-qualite/
urlpatterns = [
    path("", views_documents.home, name="espace"),
    path("mentions/", views_documents.notices, name="notices"),
    path("flash/", views_flash.flash_list, name="flashes"),
    path("flash/<slug:month>/", views_flash.flash, name="flash"),
    path("flash/<slug:month>/editions/<int:edition>/", views_flash.edition, name="flash_edition"),
    path("flash/<slug:month>/preparer/", views_flash.prepare, name="flash_prepare"),
    path("<entry:entry>/", views_documents.entry, name="entry"),
    path("<entry:entry>/presentation/", views_documents.introduction, name="introduction"),
    path("documents/", views_documents.document_list, name="documents"),
    path("documents/deposer/", views_documents.deposit, name="document_deposit"),
    # documents/<numéro>/
    path("documents/<int:number>/", views_documents.document, name="document"),
    path("documents/<int:number>/document.pdf", views_documents.document_file, name="document_file"),
    path("documents/<int:number>/corriger/", views_documents.document_amend, name="document_amend"),
    path("documents/<int:number>/publier/", views_documents.document_publish, name="document_publish"),
    path("documents/<int:number>/retirer/", views_documents.document_withdraw, name="document_withdraw"),
    path("documents/<int:number>/supprimer/", views_documents.document_discard, name="document_discard"),
]
