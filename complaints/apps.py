from importlib import import_module

from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "complaints"

    def ready(self) -> None:
        """Be told of what moves due dates."""
        import_module("complaints.recomputing")
