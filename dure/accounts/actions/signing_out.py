"""Signing out: here, on one other device, or everywhere else."""

from dure.accounts.actors import Owner
from dure.accounts.models import Session
from dure.core.action import action, record
from dure.core.events import Event


@action(needs=None, records=Event.SIGNED_OUT)
def sign_out(actor: Owner, *, session_key: str) -> None:
    """End one session."""
    Session.objects.filter(account=actor.account, session_key=session_key).delete()
    record(actor, Event.SIGNED_OUT, subject_kind="account", subject_id=actor.id)


@action(needs=None, records=Event.SIGNED_OUT)
def sign_out_device(actor: Owner, *, device_uid: str) -> None:
    """End every session of one of one's own browsers."""
    Session.objects.filter(account=actor.account, device__uid=device_uid, device__account=actor.account).delete()
    record(actor, Event.SIGNED_OUT, subject_kind="account", subject_id=actor.id, via=device_uid)


@action(needs=None, records=Event.SIGNED_OUT)
def sign_out_others(actor: Owner, *, session_key: str) -> None:
    """End every session but this one."""
    Session.objects.filter(account=actor.account).exclude(session_key=session_key).delete()
    record(actor, Event.SIGNED_OUT, subject_kind="account", subject_id=actor.id, fields=["others"])
