"""Secrets that work once (PRODUCT.md §4.7 a), and what the operator reads off the server."""

import re
import secrets

from django.db import models

UID = re.compile("[A-Za-z0-9_-]{22}")


def new_uid() -> str:
    """Return a name for URLs: 128 random bits, 22 characters; none begins like an option of a command."""
    while (uid := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return uid


def is_uid(text: str) -> bool:
    """Tell whether text could be a name that ``new_uid`` made."""
    return UID.fullmatch(text) is not None


class OneTimeSecret(models.Model):
    """A mailed link: bound to purpose, account and workspace; only a keyed hash of it is here.

    ``uid`` is the non-secret handle of its page. ``address_id`` is the address it is mailed to, and what its use
    proves; it is null when an admin saw the link, which then proves nothing (PRODUCT.md §4.2). Before ``opens_at`` it
    opens nothing.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    purpose = models.CharField(max_length=20)
    account_id = models.BigIntegerField()
    workspace_id = models.BigIntegerField(null=True)
    address_id = models.BigIntegerField(null=True)
    hash = models.BinaryField(max_length=32)
    issued_at = models.DateTimeField()
    opens_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "purpose"], name="secret_by_account"),
            models.Index(fields=["expires_at"], name="secret_by_expiry"),
        ]


class Reading(models.Model):
    """A number the worker or a command keeps for the operator, so that no request counts a big table.

    ``name`` as ``letters.waiting``; nothing personal.
    """

    name = models.CharField(max_length=40, primary_key=True)
    value = models.FloatField(default=0)
    at = models.DateTimeField()
