"""What the trail holds, in words: every event as a sentence, its group, door, fields and reference."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dure.core.events import Event
from dure.core.permissions import LABELS as PERMISSIONS
from dure.web.panel import CHANGE_LABELS
from dure.web.steps import WORDS
from dure.workspaces.policies import POLICIES

SENTENCES: dict[Event, Any] = {
    Event.WORKSPACE_FOUNDED: _("%(who)s founded the workspace."),
    Event.WORKSPACE_EDITED: _("%(who)s changed how the workspace looks and works."),
    Event.POLICIES_CHANGED: _("%(who)s changed the policies of the workspace."),
    Event.AUDIT_EXPORTED: _("%(who)s exported the trail."),
    Event.MEMBER_REGISTERED: _("%(who)s registered %(whom)s."),
    Event.MEMBER_ACTIVATED: _("%(whom)s set a password and joined."),
    Event.MEMBER_JOINED: _("%(whom)s accepted the place and joined."),
    Event.MEMBER_SUSPENDED: _("%(who)s suspended %(whom)s."),
    Event.MEMBER_RESUMED: _("%(who)s resumed %(whom)s."),
    Event.MEMBER_ON_LEAVE: _("%(who)s entered a leave of absence of %(whom)s."),
    Event.LEAVE_ENDED: _("%(who)s ended the leave of %(whom)s."),
    Event.LEAVE_TURNED: _("The leave of %(whom)s began or ended on its day."),
    Event.MEMBER_REMOVED: _("%(who)s removed %(whom)s."),
    Event.REMOVAL_DATED: _("%(who)s set a day on which %(whom)s is removed."),
    Event.REMOVAL_CANCELLED: _("%(who)s called the removal of %(whom)s off."),
    Event.MEMBER_RESTORED: _("%(who)s restored %(whom)s."),
    Event.ERASURE_ORDERED: _("%(who)s had %(whom)s erased."),
    Event.MEMBER_ERASED: _("Everything about %(whom)s was erased."),
    Event.ACCOUNT_ERASED: _("The account of %(whom)s was erased."),
    Event.JOB_BEGUN: _("%(who)s began a step for many members."),
    Event.LEAVE_ASKED: _("%(whom)s asked to leave."),
    Event.LEAVE_WITHDRAWN: _("%(whom)s took the request to leave back."),
    Event.LEAVE_DECLINED: _("%(who)s answered the request of %(whom)s to leave."),
    Event.MEMBER_EDITED: _("%(who)s changed the details of %(whom)s."),
    Event.OWN_PROFILE_EDITED: _("%(whom)s changed their own profile."),
    Event.ID_CORRECTED: _("%(who)s corrected the ID of %(whom)s."),
    Event.ISSUED_AGAIN: _("%(who)s made a new first password or link for %(whom)s."),
    Event.CODE_MAILED: _("%(who)s had the temporary password of %(whom)s mailed."),
    Event.DEADLINE_REMINDED: _("%(whom)s was reminded of the deadline."),
    Event.FACTOR_RESET: _("%(who)s reset the second factor of %(whom)s."),
    Event.PERMISSIONS_CHANGED: _("%(who)s changed the rights of %(whom)s."),
    Event.SUPER_ADMIN_APPOINTED: _("%(who)s made %(whom)s a super admin."),
    Event.SUPER_ADMIN_DISMISSED: _("%(who)s took the role of super admin from %(whom)s."),
    Event.ROLE_OFFERED: _("%(who)s offered the role of super admin to %(whom)s."),
    Event.ROLE_ACCEPTED: _("%(who)s took over the role of super admin from %(whom)s."),
    Event.ROLE_DECLINED: _("%(who)s declined the role of super admin that %(whom)s offered."),
    Event.ROLE_WITHDRAWN: _("%(who)s withdrew the offer of the role of super admin."),
    Event.RESCUE_CODES_MADE: _("%(who)s made recovery codes."),
    Event.RESCUE_LINK_MADE: _("%(who)s made a link that lets %(whom)s in again."),
    Event.RESCUED: _("%(whom)s set a new password with a recovery code."),
    Event.FILTER_KEPT: _("%(who)s kept a filter of the member list."),
    Event.FILTER_DROPPED: _("%(who)s dropped a filter of the member list."),
    Event.BACKED_UP: _("%(who)s backed the server up."),
    Event.RESTORED: _("%(who)s restored the server from a backup."),
    Event.INVITED: _("%(who)s invited %(whom)s."),
    Event.INVITED_AGAIN: _("The invitation of %(whom)s was sent again."),
    Event.INVITATION_WITHDRAWN: _("%(who)s withdrew the invitation of %(whom)s."),
    Event.INVITATION_ACCEPTED: _("%(whom)s accepted the invitation."),
    Event.INVITATION_DECLINED: _("%(whom)s declined the invitation."),
    Event.INVITATION_RAN_OUT: _("The invitation of %(whom)s ran out."),
    Event.LINK_MADE: _("%(who)s made an invite link."),
    Event.HELP_ASKED: _("%(whom)s asked the admins for help."),
    Event.HELP_ANSWERED: _("%(who)s answered the question of %(whom)s."),
    Event.PROOF_MAILED: _("%(whom)s asked for the mail that confirms the ID."),
    Event.ID_CHANGED: _("%(whom)s changed the ID."),
    Event.ID_CHANGE_UNDONE: _("%(whom)s took the change of the ID back."),
    Event.CODE_ENTERED: _("%(whom)s signed in with the temporary password."),
    Event.CODE_FOR_LIST_MAILED: _("A code that lists the workspaces was mailed to %(whom)s."),
    Event.IDS_MAILED: _("Their IDs were mailed to %(whom)s."),
    Event.FACTOR_SET: _("%(whom)s set up a second factor."),
    Event.FACTOR_REMOVED: _("%(whom)s removed a second factor."),
    Event.PASSKEY_RENAMED: _("%(whom)s renamed a passkey."),
    Event.SPARE_CODES_MADE: _("%(whom)s made spare codes."),
    Event.CONFIRMED: _("%(whom)s confirmed who they are once more."),
    Event.LINK_ASKED_AGAIN: _("%(whom)s asked for a new mail."),
    Event.PASSWORD_SET: _("%(whom)s set a password."),
    Event.PASSWORD_CHANGED: _("%(whom)s changed the password."),
    Event.RESET_MAILED: _("A link to set a new password was mailed to %(whom)s."),
    Event.ADDRESS_PROVEN: _("%(whom)s confirmed an address by mail."),
    Event.ID_CHANGE_ASKED: _("%(whom)s asked to change the ID."),
    Event.ID_CHANGE_CANCELLED: _("%(whom)s cancelled the change of the ID."),
    Event.PRIVATE_CHANGED: _("%(whom)s changed the private address."),
    Event.SIGNED_IN: _("%(whom)s signed in."),
    Event.SIGN_IN_MAILED: _("A link to sign in was mailed to %(whom)s."),
    Event.SIGNED_OUT: _("%(whom)s signed out."),
    Event.LANGUAGE_CHANGED: _("%(whom)s changed the language."),
}
"""``who`` acted, ``whom`` it is about; in languages with particles, ``who`` brings its own along."""

GROUPS: dict[str, tuple[Any, dict[Event, Any]]] = {
    "coming": (
        pgettext_lazy("trail", "Registration and joining"),
        {
            Event.MEMBER_REGISTERED: pgettext_lazy("trail", "Registered"),
            Event.MEMBER_ACTIVATED: pgettext_lazy("trail", "Set a password and joined"),
            Event.MEMBER_JOINED: pgettext_lazy("trail", "Accepted the place and joined"),
            Event.ISSUED_AGAIN: pgettext_lazy("trail", "First password or link made anew"),
            Event.CODE_MAILED: pgettext_lazy("trail", "Temporary password mailed"),
            Event.DEADLINE_REMINDED: pgettext_lazy("trail", "Reminded of the deadline"),
        },
    ),
    "invitations": (
        pgettext_lazy("trail", "Invitations"),
        {
            Event.LINK_MADE: pgettext_lazy("trail", "Invite link made"),
            Event.INVITED: pgettext_lazy("trail", "Invited"),
            Event.INVITED_AGAIN: pgettext_lazy("trail", "Invited again"),
            Event.INVITATION_WITHDRAWN: pgettext_lazy("trail", "Invitation withdrawn"),
            Event.INVITATION_ACCEPTED: pgettext_lazy("trail", "Invitation accepted"),
            Event.INVITATION_DECLINED: pgettext_lazy("trail", "Invitation declined"),
            Event.INVITATION_RAN_OUT: pgettext_lazy("trail", "Invitation ran out"),
        },
    ),
    "members": (
        pgettext_lazy("trail", "Members"),
        {
            Event.MEMBER_EDITED: pgettext_lazy("trail", "Details changed"),
            Event.OWN_PROFILE_EDITED: pgettext_lazy("trail", "Own profile changed"),
            Event.ID_CORRECTED: pgettext_lazy("trail", "ID corrected"),
            Event.FACTOR_RESET: pgettext_lazy("trail", "Second factor reset"),
            Event.FILTER_KEPT: pgettext_lazy("trail", "Filter kept"),
            Event.FILTER_DROPPED: pgettext_lazy("trail", "Filter dropped"),
            Event.HELP_ASKED: pgettext_lazy("trail", "Asked for help"),
            Event.HELP_ANSWERED: pgettext_lazy("trail", "Question answered"),
            Event.PROOF_MAILED: pgettext_lazy("trail", "Mail that confirms the ID"),
            Event.ID_CHANGED: pgettext_lazy("trail", "ID changed"),
            Event.ID_CHANGE_UNDONE: pgettext_lazy("trail", "ID changed back"),
        },
    ),
    "leaving": (
        pgettext_lazy("trail", "States and leaving"),
        {
            Event.MEMBER_SUSPENDED: pgettext_lazy("trail", "Suspended"),
            Event.MEMBER_RESUMED: pgettext_lazy("trail", "Resumed"),
            Event.MEMBER_ON_LEAVE: pgettext_lazy("trail", "Leave entered"),
            Event.LEAVE_ENDED: pgettext_lazy("trail", "Leave ended"),
            Event.LEAVE_TURNED: pgettext_lazy("trail", "Leave began or ended by itself"),
            Event.LEAVE_ASKED: pgettext_lazy("trail", "Asked to leave"),
            Event.LEAVE_WITHDRAWN: pgettext_lazy("trail", "Request to leave taken back"),
            Event.LEAVE_DECLINED: pgettext_lazy("trail", "Request to leave answered"),
            Event.MEMBER_REMOVED: pgettext_lazy("trail", "Removed"),
            Event.REMOVAL_DATED: pgettext_lazy("trail", "Day of removal set"),
            Event.REMOVAL_CANCELLED: pgettext_lazy("trail", "Removal called off"),
            Event.MEMBER_RESTORED: pgettext_lazy("trail", "Restored"),
            Event.ERASURE_ORDERED: pgettext_lazy("trail", "Erasure ordered"),
            Event.MEMBER_ERASED: pgettext_lazy("trail", "Erased"),
            Event.JOB_BEGUN: pgettext_lazy("trail", "Step for many begun"),
        },
    ),
    "administrators": (
        pgettext_lazy("trail", "Administrators"),
        {
            Event.PERMISSIONS_CHANGED: pgettext_lazy("trail", "Rights changed"),
            Event.SUPER_ADMIN_APPOINTED: pgettext_lazy("trail", "Super admin appointed"),
            Event.SUPER_ADMIN_DISMISSED: pgettext_lazy("trail", "Super admin dismissed"),
            Event.ROLE_OFFERED: pgettext_lazy("trail", "Role offered"),
            Event.ROLE_ACCEPTED: pgettext_lazy("trail", "Role taken over"),
            Event.ROLE_DECLINED: pgettext_lazy("trail", "Role declined"),
            Event.ROLE_WITHDRAWN: pgettext_lazy("trail", "Offer of the role withdrawn"),
            Event.RESCUE_CODES_MADE: pgettext_lazy("trail", "Recovery codes made"),
            Event.RESCUE_LINK_MADE: pgettext_lazy("trail", "Way back in made"),
        },
    ),
    "workspace": (
        pgettext_lazy("trail", "Workspace"),
        {
            Event.WORKSPACE_FOUNDED: pgettext_lazy("trail", "Workspace founded"),
            Event.WORKSPACE_EDITED: pgettext_lazy("trail", "Look and settings changed"),
            Event.POLICIES_CHANGED: pgettext_lazy("trail", "Policies changed"),
            Event.AUDIT_EXPORTED: pgettext_lazy("trail", "Trail exported"),
        },
    ),
}
"""What a workspace's chain holds, as the filter offers it."""

OF_THE_SERVER = frozenset({
    Event.CODE_ENTERED, Event.CODE_FOR_LIST_MAILED, Event.IDS_MAILED, Event.RESCUED, Event.FACTOR_SET,
    Event.FACTOR_REMOVED, Event.PASSKEY_RENAMED, Event.SPARE_CODES_MADE, Event.CONFIRMED, Event.LINK_ASKED_AGAIN,
    Event.PASSWORD_SET, Event.PASSWORD_CHANGED, Event.RESET_MAILED, Event.ADDRESS_PROVEN, Event.ID_CHANGE_ASKED,
    Event.ID_CHANGE_CANCELLED, Event.PRIVATE_CHANGED, Event.SIGNED_IN, Event.SIGN_IN_MAILED, Event.SIGNED_OUT,
    Event.LANGUAGE_CHANGED, Event.BACKED_UP, Event.RESTORED, Event.ACCOUNT_ERASED,
})  # fmt: skip
"""What people do with their own accounts stands in the server's chain alone, which no workspace reads (ADR 10)."""

DOORS = {
    "web": pgettext_lazy("door", "on the pages"),
    "command": pgettext_lazy("door", "on the server’s command line"),
    "worker": pgettext_lazy("door", "by itself"),
}

FIELDS: dict[str, Any] = {
    **CHANGE_LABELS,
    **{str(code): label for code, label in PERMISSIONS.items()},
    "state": _("State"),
    "is_super_admin": pgettext_lazy("trail", "Super admin"),
    "password": _("Password"),
    "second_factor": _("Second factor"),
    "temporary_password": _("Temporary password"),
    "link": _("Set-password link"),
    "private": _("Private address"),
    "starts_at": _("Activation date"),
    "leave_from": _("First day"),
    "leave_until": _("Last day"),
    "removed_at": _("Day of removal"),
    **{str(step): words.title for step, words in WORDS.items()},
    "name": pgettext_lazy("trail", "Name of the workspace"),
    "languages": _("Languages"),
    "time_zone": _("Time zone"),
    "logo": _("Logo"),
    "accent": _("Colour"),
    **{name: policy.label for name, policy in POLICIES.items()},
    "others": pgettext_lazy("trail", "Other devices"),
    "halfway": pgettext_lazy("trail", "Without the second factor yet"),
    "csv": "CSV",
    "jsonl": "JSON Lines",
    "who": pgettext_lazy("trail", "Who"),
    "whom": pgettext_lazy("trail", "On whom"),
    "about": pgettext_lazy("trail", "About"),
    "kind": pgettext_lazy("trail", "What"),
    "door": pgettext_lazy("trail", "How"),
    "since": pgettext_lazy("trail", "From"),
    "until": pgettext_lazy("trail", "To"),
}

BY_LINK, BY_INVITATION, BY_OFFER, BY_QUESTION, BY_PASSKEY = (
    pgettext_lazy("trail", "link or password %(handle)s"),
    pgettext_lazy("trail", "invitation %(handle)s"),
    pgettext_lazy("trail", "offer %(handle)s"),
    pgettext_lazy("trail", "question %(handle)s"),
    pgettext_lazy("trail", "passkey %(handle)s"),
)
BY_ROW = pgettext_lazy("trail", "row %(row)s of the file %(handle)s")
BY_ANYTHING = pgettext_lazy("trail", "reference %(handle)s")
REFERENCES = {
    **dict.fromkeys((Event.MEMBER_REGISTERED, Event.MEMBER_ACTIVATED, Event.ISSUED_AGAIN, Event.CODE_MAILED), BY_LINK),
    **dict.fromkeys((Event.ID_CORRECTED, Event.ID_CHANGED, Event.ID_CHANGE_UNDONE, Event.RESCUE_LINK_MADE), BY_LINK),
    **dict.fromkeys((Event.MEMBER_JOINED, Event.INVITATION_ACCEPTED, Event.INVITATION_DECLINED), BY_INVITATION),
    **dict.fromkeys((Event.ROLE_OFFERED, Event.ROLE_ACCEPTED, Event.ROLE_DECLINED), BY_OFFER),
    **dict.fromkeys((Event.HELP_ASKED, Event.HELP_ANSWERED), BY_QUESTION),
    **dict.fromkeys((Event.PASSKEY_RENAMED, Event.FACTOR_SET, Event.FACTOR_REMOVED, Event.CONFIRMED), BY_PASSKEY),
}
"""What ``via`` names: never a secret, only the handle of one."""
