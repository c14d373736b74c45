from django.apps import AppConfig


class QualeprefConfig(AppConfig):
    name = "qualepref"
