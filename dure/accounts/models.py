"""Accounts and what hangs on them."""

from typing import ClassVar

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models import Q

from dure.core.models import new_uid


class Account(models.Model):
    """One person on this server: one ID, one password, any number of workspaces (PRODUCT.md §4.1).

    ``epoch`` is raised by everything that must end the account's sessions everywhere (§4.9). ``origin_id`` is the
    workspace that created the account by registration, null after a sign-up: what makes an account managed.
    ``time_zone`` is that of its first workspace: its letters and its own pages tell the time in it.
    ``without_place_since`` is when its last membership was erased (§4.18).
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    password = models.CharField(max_length=128, default="")
    password_set_at = models.DateTimeField(null=True)
    language = models.CharField(max_length=8, default="en")
    time_zone = models.CharField(max_length=50, default="UTC")
    epoch = models.IntegerField(default=0)
    has_factor = models.BooleanField(default=False)
    origin_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    signed_in_at = models.DateTimeField(null=True)
    without_place_since = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["signed_in_at"], condition=Q(signed_in_at__isnull=False), name="account_by_sign_in"),
            models.Index(
                fields=["without_place_since"],
                condition=Q(without_place_since__isnull=False),
                name="account_without_place",
            ),
        ]

    @property
    def has_own_password(self) -> bool:
        """Whether the owner chose the password; nothing else signs in."""
        return bool(self.password)


class Address(models.Model):
    """An e-mail address, canonical, of one account (PRODUCT.md §4.15). ``proven_at``: see §4.2.

    An alias and a pending address end at ``until``. A pending one waits for its proof to become the ID: it opens
    nothing and keeps nobody else from it. ``since`` is when the owner added it, null for what was there at first.
    """

    ID, ALIAS, PRIVATE, PENDING = "id", "alias", "private", "pending"
    KINDS = (ID, ALIAS, PRIVATE, PENDING)

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="addresses")
    canonical = models.CharField(max_length=254)
    kind = models.CharField(max_length=8, choices=[(kind, kind) for kind in KINDS])
    proven_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["canonical"], condition=Q(kind__in=["id", "alias"]), name="address_signs_in_one_account"
            ),
            models.UniqueConstraint(fields=["account"], condition=Q(kind="id"), name="address_one_id_per_account"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(kind="private"), name="address_one_private_per_account"
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(kind="pending"), name="address_one_pending_per_account"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["id", "private"], until=None)
                | Q(kind__in=["alias", "pending"], until__isnull=False),
                name="address_kind_known_and_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["canonical"], name="address_by_canonical"),
            models.Index(fields=["until"], condition=Q(until__isnull=False), name="address_by_end"),
        ]


class Session(AbstractBaseSession):
    """A signed-in browser; the account stands in a column so that its sessions can be listed and ended."""

    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="sessions")
    device = models.ForeignKey("Device", null=True, on_delete=models.SET_NULL, related_name="sessions")
    seen_at = models.DateTimeField(null=True)

    objects: ClassVar[BaseSessionManager] = BaseSessionManager()

    class Meta:
        db_table = "dure_session"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return the store that writes this table."""
        from dure.accounts.sessions import SessionStore

        return SessionStore


class Device(models.Model):
    """A browser that once signed in with the right password; its cookie gives it a count of its own (§4.16).

    ``browser`` is what it calls itself (the User-Agent header); no network address is kept.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="devices")
    hash = models.BinaryField(max_length=32, unique=True)
    browser = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    last_used_at = models.DateTimeField()


class ActivationCode(models.Model):
    """A temporary password an admin made or typed; it opens the page that changes it, and nothing else (§4.5).

    One for an account: issuing again replaces the row. ``uid`` names it in the session and in the trail.
    """

    GENERATED, TYPED = "generated", "typed"

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="activation_code")
    workspace_id = models.BigIntegerField()
    method = models.CharField(max_length=9)
    encoded = models.CharField(max_length=128)
    issued_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class SecondFactor(models.Model):
    """An authenticator app (TOTP, RFC 6238); ``last_step`` is the newest time step used, so that each works once."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="second_factor")
    sealed = models.BinaryField()
    since = models.DateTimeField()
    last_step = models.BigIntegerField(default=0)


class SpareCode(models.Model):
    """One of ten codes for whoever lost the authenticator app; each works once."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="spare_codes")
    hash = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "used_at"], name="spare_code_of_account")]


class Passkey(models.Model):
    """A public key credential (WebAuthn Level 3): second factor, and by itself a sign-in, since it checks its owner.

    ``sign_count`` stays 0 with authenticators that keep none; ``backed_up`` tells that it lives on several devices.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="passkeys")
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    name = models.CharField(max_length=60)
    transports = models.JSONField(default=list)
    backed_up = models.BooleanField(default=False)
    since = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)


class SpentChallenge(models.Model):
    """A challenge that a passkey answered, right or wrong; the unique hash lets nobody answer it twice."""

    hash = models.BinaryField(max_length=32, primary_key=True)
    until = models.DateTimeField()


class Tries(models.Model):
    """Failures in a row under one key: an ID, an ID from one network, a network, a known device (§4.16).

    The key is a keyed hash, so that unknown addresses are counted like known ones and nothing can be read back.
    """

    key = models.BinaryField(max_length=32, primary_key=True)
    failures = models.IntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["last_at"], name="tries_by_age")]


class RecoveryRequest(models.Model):
    """Somebody asked for a mail without proving who they are.

    The page only writes this row and the worker looks the address up, so that the answer takes the same for
    everybody (§4.11). The address is sealed and the row is deleted when it is answered.
    """

    purpose = models.CharField(max_length=20)
    sealed_address = models.BinaryField()
    code = models.ForeignKey("ListingCode", null=True, on_delete=models.CASCADE)
    language = models.CharField(max_length=8)
    asked_at = models.DateTimeField()


class ListingCode(models.Model):
    """A six-digit code that lists somebody's workspaces and never signs in (K12, PRODUCT.md §4.7 d).

    There is one for whoever asks, also with an address nobody has; only the worker knows whom to mail it. ``browser``
    is the keyed hash of the asking browser's cookie, ``code`` that of the code once the worker has drawn it and random
    bytes before, and the address is sealed.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    browser = models.BinaryField(max_length=32)
    code = models.BinaryField(max_length=32)
    sealed = models.BinaryField()
    tries_left = models.IntegerField(default=5)
    expires_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="listing_code_by_expiry")]
