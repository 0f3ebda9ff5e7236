"""Workspaces."""

from django.db import models

from dure.core.models import new_uid


class Workspace(models.Model):
    """A company's space. ``languages`` are those it uses, its own first."""

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    name = models.CharField(max_length=100)
    languages = models.JSONField(default=list)
    time_zone = models.CharField(max_length=50, default="UTC")
    password_minimum = models.IntegerField(default=12)
    founded_at = models.DateTimeField()

    @property
    def language(self) -> str:
        """The workspace's own language."""
        return self.languages[0] if self.languages else "en"
