from django.apps import AppConfig


class SitesConfig(AppConfig):
    name = "sites"
    label = "qualepref_sites"  # "sites" would collide with django.contrib.sites
    verbose_name = "Organisation"
