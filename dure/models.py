"""Every package's models, where Django looks for them."""

from dure.accounts.models import (
    Account,
    ActivationCode,
    Address,
    Device,
    ListingCode,
    Passkey,
    RecoveryRequest,
    SecondFactor,
    Session,
    SpareCode,
    SpentChallenge,
    Tries,
)
from dure.audit.models import AuditEvent, AuditHead
from dure.core.models import OneTimeSecret, Reading
from dure.joining.models import (
    Invitation,
    InvitationToken,
    InviteLink,
    InviteLinkDay,
    InviteLinkUse,
    JoinRequest,
    SignUp,
)
from dure.mail.models import Letter
from dure.members.models import (
    Change,
    Grant,
    HandOver,
    HelpRequest,
    KeptFilter,
    Member,
    Profile,
    RescueCode,
    SearchTerm,
)
from dure.members.pending import Job, LeaveRequest
from dure.workspaces.models import Workspace, WorkspaceChange

__all__ = [
    "Account",
    "ActivationCode",
    "Address",
    "AuditEvent",
    "AuditHead",
    "Change",
    "Device",
    "Grant",
    "HandOver",
    "HelpRequest",
    "Invitation",
    "InvitationToken",
    "InviteLink",
    "InviteLinkDay",
    "InviteLinkUse",
    "Job",
    "JoinRequest",
    "KeptFilter",
    "LeaveRequest",
    "Letter",
    "ListingCode",
    "Member",
    "OneTimeSecret",
    "Passkey",
    "Profile",
    "Reading",
    "RecoveryRequest",
    "RescueCode",
    "SearchTerm",
    "SecondFactor",
    "Session",
    "SignUp",
    "SpareCode",
    "SpentChallenge",
    "Tries",
    "Workspace",
    "WorkspaceChange",
]
