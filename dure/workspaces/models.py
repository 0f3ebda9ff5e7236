"""Workspaces."""

from django.db import models

from dure.core.models import new_uid


class Workspace(models.Model):
    """A company's space. ``languages`` are those it uses, its own first.

    ``logo`` is the random name of the file under ``logos/``, ``accent`` a colour as six hexadecimal digits; both may be
    empty. What follows are its policies (``dure.workspaces.policies``); an account keeps to the strictest of those of
    its workspaces.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    name = models.CharField(max_length=100)
    languages = models.JSONField(default=list)
    time_zone = models.CharField(max_length=50, default="UTC")
    logo = models.CharField(max_length=22, blank=True)
    accent = models.CharField(max_length=6, blank=True)
    password_minimum = models.IntegerField(default=12)
    link_days = models.IntegerField(default=7)
    code_hours = models.IntegerField(default=72)
    restore_days = models.IntegerField(default=30)
    session_idle_hours = models.IntegerField(default=336)
    session_absolute_days = models.IntegerField(default=90)
    founded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(restore_days__gte=0, restore_days__lte=365), name="workspace_restore_days"
            )
        ]

    @property
    def language(self) -> str:
        """The workspace's own language."""
        return self.languages[0] if self.languages else "en"


class WorkspaceChange(models.Model):
    """One field of a workspace before and after; nothing personal, so it stays as long as the workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="own_changes")
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(null=True)
    field = models.CharField(max_length=24)
    before = models.CharField(max_length=200, blank=True)
    after = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="change_of_workspace")]
