"""The one Django app of Dure."""

from django.apps import AppConfig


class DureConfig(AppConfig):
    """Everything is one app: moving a model between packages costs nothing."""

    name = "dure"
    label = "dure"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Teach queries the lookups of ``dure.core.database``."""
        from dure.core import database  # noqa: F401
