"""Every package's models, where Django looks for them."""

from dure.accounts.models import Account, Address, Device, RecoveryRequest, Session, Tries
from dure.audit.models import AuditEvent, AuditHead
from dure.core.models import OneTimeSecret
from dure.mail.models import Letter
from dure.members.models import Grant, Member
from dure.workspaces.models import Workspace

__all__ = [
    "Account",
    "Address",
    "AuditEvent",
    "AuditHead",
    "Device",
    "Grant",
    "Letter",
    "Member",
    "OneTimeSecret",
    "RecoveryRequest",
    "Session",
    "Tries",
    "Workspace",
]
