"""Signing out: here, on one other device, or everywhere else."""

from dure.accounts.actors import Owner
from dure.accounts.models import Device, Session
from dure.core.action import action, record
from dure.core.errors import NotFound
from dure.core.events import Event
from dure.core.models import is_uid


@action(needs=None, records=Event.SIGNED_OUT)
def sign_out(actor: Owner, *, session_key: str) -> None:
    """End one session."""
    Session.objects.filter(account=actor.account, session_key=session_key).delete()
    record(actor, Event.SIGNED_OUT, subject_kind="account", subject_id=actor.id)


@action(needs=None, records=Event.SIGNED_OUT)
def sign_out_device(actor: Owner, *, device_uid: str) -> None:
    """End every session of one of one's own browsers.

    :raises NotFound: the account knows no such browser.
    """
    device = Device.objects.filter(account=actor.account, uid=device_uid).first() if is_uid(device_uid) else None
    if device is None:
        raise NotFound
    Session.objects.filter(account=actor.account, device=device).delete()
    record(actor, Event.SIGNED_OUT, subject_kind="account", subject_id=actor.id, via=device.uid)


@action(needs=None, records=Event.SIGNED_OUT)
def sign_out_others(actor: Owner, *, session_key: str) -> None:
    """End every session but this one."""
    Session.objects.filter(account=actor.account).exclude(session_key=session_key).delete()
    record(actor, Event.SIGNED_OUT, subject_kind="account", subject_id=actor.id, fields=["others"])
