"""What ends when a backup comes back: every session and every secret that works once.

A link used since, a password since reset, a session since signed out would come alive again. ``RULES`` names every
field of every table that holds, seals or hashes something secret; a test fails on one that is not here.
"""

from datetime import timedelta

from django.db.models import F, Q

from dure.accounts import passkeys
from dure.accounts.models import (
    Account,
    ActivationCode,
    ListingCode,
    RecoveryRequest,
    SecondFactor,
    Session,
    SpareCode,
    SpentChallenge,
)
from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import NotAllowed
from dure.core.events import Event
from dure.core.models import OneTimeSecret, Reading
from dure.joining.models import InvitationToken, InviteLink, SignUp
from dure.mail import outbox
from dure.mail.kinds import CARRY_SECRETS
from dure.mail.models import Letter
from dure.members.models import Member, RescueCode
from dure.members.pending import RESTORED, Job

ENDS, STAYS = "ends", "stays"
RULES = {
    "Session.session_key": f"{ENDS}: every browser signs in again, also those half-way",
    "Session.session_data": f"{ENDS}: with the session",
    "OneTimeSecret.hash": f"{ENDS}: withdrawn",
    "InvitationToken.hash": f"{ENDS}: deleted; the invitation waits and can be sent again",
    "InviteLink.code": f"{STAYS}: with the link; every open link is paused, as it may have been withdrawn since",
    "SignUp.password": f"{ENDS}: deleted; the sign-up is begun anew",
    "SignUp.browser": f"{ENDS}: deleted",
    "SignUp.code": f"{ENDS}: deleted",
    "ActivationCode.encoded": f"{ENDS}: its deadline passes, and the admin creates it anew",
    "ListingCode.browser": f"{ENDS}: deleted",
    "ListingCode.code": f"{ENDS}: deleted",
    "ListingCode.sealed": f"{ENDS}: deleted",
    "RecoveryRequest.sealed_address": f"{ENDS}: deleted; the question is asked again",
    "SpareCode.hash": f"{ENDS}: deleted; each works once, and nobody knows which were used since",
    "RescueCode.hash": f"{ENDS}: deleted, for the same reason; `dure rescue` is there",
    "SpentChallenge.hash": f"{ENDS}: every challenge given out before",
    "SecondFactor.sealed": f"{STAYS}: the app's key; the codes of this minute are spent",
    "Letter.sealed": f"{ENDS}: a waiting letter with a secret is withdrawn; others go out",
    "Account.password": f"{STAYS}: the password of the day of the backup",
    "Passkey.credential_id": f"{STAYS}: no secret",
    "Passkey.public_key": f"{STAYS}: no secret",
    "Device.hash": f"{STAYS}: signs nobody in; it only counts wrong tries on its own",
    "Tries.key": f"{STAYS}: nothing can be read back",
    "AuditEvent.digest": f"{STAYS}: no secret",
    "AuditHead.digest": f"{STAYS}: no secret",
    "AuditHead.seal": f"{STAYS}: no secret",
}

TIME_STEP = 30
"""Seconds of one code of an authenticator app (RFC 6238)."""


@action(needs=None, records=Event.RESTORED)
def end_secrets(actor: Actor) -> dict[str, int]:
    """End what ``RULES`` says ends, and return how much of each kind did."""
    if not actor.is_super_admin or actor.kind != "operator":
        raise NotAllowed
    at = clock.now()
    ended = {
        "sessions": Session.objects.all().delete()[0],
        "mailed links": OneTimeSecret.objects.filter(used_at=None, withdrawn_at=None).update(withdrawn_at=at),
        "invitation links": InvitationToken.objects.all().delete()[0],
        "open invite links": InviteLink.objects.filter(paused_at=None, withdrawn_at=None).update(paused_at=at),
        "unfinished sign-ups": SignUp.objects.all().delete()[0],
        "temporary passwords": _end_temporary_passwords(),
        "mailed codes": _end_codes(),
        "spare and printed codes": SpareCode.objects.all().delete()[0] + RescueCode.objects.all().delete()[0],
        "waiting letters": _withdraw_letters(),
        "unfinished steps over many": _stop_jobs(),
    }
    Account.objects.update(epoch=F("epoch") + 1)
    Member.objects.update(epoch=F("epoch") + 1)
    Reading.objects.all().delete()
    record(actor, Event.RESTORED, subject_kind="server", subject_id=None, workspace_id=0)
    return ended


def _end_temporary_passwords() -> int:
    """End them, and with every way to a first password also its deadline: the admins see who has to be sent one."""
    at = clock.now()
    waiting = Member.objects.filter(state=Member.REGISTERED, deadline_at__gt=at)
    waiting.update(deadline_at=at, remind_at=None)
    return ActivationCode.objects.filter(used_at=None, expires_at__gt=at).update(expires_at=at)


def _stop_jobs() -> int:
    """Stop what was half done that day: whoever began it may have brought the backup back because of it."""
    stopped = {"ended_at": clock.now(), "stopped": RESTORED, "selection": {}, "facts": {}}
    return Job.objects.filter(ended_at=None).update(**stopped)


def _end_codes() -> int:
    at = clock.now()
    RecoveryRequest.objects.all().delete()
    step = int(at.timestamp()) // TIME_STEP + 1
    SecondFactor.objects.filter(last_step__lt=step).update(last_step=step)
    until = at + passkeys.LASTS + timedelta(seconds=1)
    SpentChallenge.objects.update_or_create(hash=passkeys.ALL_CHALLENGES, defaults={"until": until})
    return ListingCode.objects.all().delete()[0]


def _withdraw_letters() -> int:
    carries = ~Q(secret_id=None) | ~Q(about="") | Q(kind__in=CARRY_SECRETS)
    found = Letter.objects.filter(carries, state__in=[Letter.WAITING, Letter.SENDING])
    return outbox.end(found, Letter.WITHDRAWN, at=clock.now())
