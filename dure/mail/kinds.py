"""Every letter Dure writes (PRODUCT.md §7)."""

from datetime import timedelta
from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """A folder of templates under ``letters/``; the value is stored."""

    SET_PASSWORD = "set_password"
    TEMPORARY_PASSWORD = "temporary_password"
    DEADLINE_REMINDER = "deadline_reminder"
    YOU_HAVE_JOINED = "you_have_joined"
    RESET_PASSWORD = "reset_password"
    PROVE_ADDRESS = "prove_address"
    SIGN_IN_LINK = "sign_in_link"
    ID_PROOF = "id_proof"
    ID_CHANGED = "id_changed"
    PRIVATE_PROOF = "private_proof"
    PRIVATE_CHANGED = "private_changed"
    PASSWORD_CHANGED = "password_changed"
    NEW_DEVICE = "new_device"
    FACTOR_CHANGED = "factor_changed"
    EMAIL_CODE = "email_code"
    YOUR_IDS = "your_ids"
    RIGHTS_GIVEN = "rights_given"
    RIGHTS_TAKEN = "rights_taken"
    HAND_OVER = "hand_over"
    HAND_OVER_DONE = "hand_over_done"
    RESCUE_CODES_MADE = "rescue_codes_made"
    SIGN_UP_CODE = "sign_up_code"
    INVITATION = "invitation"
    INVITATION_REMINDER = "invitation_reminder"
    INVITATION_DECLINED = "invitation_declined"
    HELP_ASKED = "help_asked"
    HELP_ANSWERED = "help_answered"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    ON_LEAVE = "on_leave"
    REMOVED = "removed"
    RESTORED = "restored"
    LEAVE_ASKED = "leave_asked"
    LEAVE_APPROVED = "leave_approved"
    LEAVE_DECLINED = "leave_declined"
    JOIN_RECEIVED = "join_received"
    JOIN_ASKED = "join_asked"
    JOIN_APPROVED = "join_approved"
    JOIN_REFUSED = "join_refused"
    LINK_WANTED = "link_wanted"


LABELS = {
    Kind.SET_PASSWORD: _("Set your password"),
    Kind.TEMPORARY_PASSWORD: _("Your ID and temporary password"),
    Kind.DEADLINE_REMINDER: _("Reminder of the deadline"),
    Kind.YOU_HAVE_JOINED: _("You have joined"),
    Kind.RESET_PASSWORD: _("Reset your password"),
    Kind.PROVE_ADDRESS: _("Confirm your address"),
    Kind.SIGN_IN_LINK: _("Sign in by link"),
    Kind.ID_PROOF: _("Confirm your new ID"),
    Kind.ID_CHANGED: _("Your ID was changed"),
    Kind.PRIVATE_PROOF: _("Confirm your private address"),
    Kind.PRIVATE_CHANGED: _("Your private address was changed"),
    Kind.PASSWORD_CHANGED: _("Your password was changed"),
    Kind.NEW_DEVICE: _("A new device signed in"),
    Kind.FACTOR_CHANGED: _("Your second factor was changed"),
    Kind.EMAIL_CODE: _("Code by mail"),
    Kind.YOUR_IDS: _("Your IDs and workspaces"),
    Kind.RIGHTS_GIVEN: _("Admin rights given"),
    Kind.RIGHTS_TAKEN: _("Admin rights taken"),
    Kind.HAND_OVER: _("Super admin hand-over"),
    Kind.HAND_OVER_DONE: _("Super admin handed over"),
    Kind.RESCUE_CODES_MADE: _("New recovery codes were made"),
    Kind.SIGN_UP_CODE: _("Code for signing up"),
    Kind.INVITATION: _("Invitation"),
    Kind.INVITATION_REMINDER: _("Reminder of the invitation"),
    Kind.INVITATION_DECLINED: _("Invitation declined"),
    Kind.HELP_ASKED: _("Somebody asks for help"),
    Kind.HELP_ANSWERED: _("Answer to a question"),
    Kind.SUSPENDED: _("You were suspended"),
    Kind.RESUMED: _("Your suspension was lifted"),
    Kind.ON_LEAVE: _("Your leave of absence"),
    Kind.REMOVED: _("You were removed"),
    Kind.RESTORED: _("You were restored"),
    Kind.LEAVE_ASKED: _("Somebody asks to leave"),
    Kind.LEAVE_APPROVED: _("A request to leave was approved"),
    Kind.LEAVE_DECLINED: _("Answer to a request to leave"),
    Kind.JOIN_RECEIVED: _("A request to join was received"),
    Kind.JOIN_ASKED: _("Somebody asks to join"),
    Kind.JOIN_APPROVED: _("A request to join was approved"),
    Kind.JOIN_REFUSED: _("A request to join ended without a place"),
    Kind.LINK_WANTED: _("Somebody asks for a new link"),
}

GIVES_UP_AFTER = timedelta(days=3)
"""How long a letter without a deadline of its own is tried."""

CARRY_SECRETS = (Kind.TEMPORARY_PASSWORD, Kind.EMAIL_CODE, Kind.SIGN_UP_CODE)
"""Letters that carry a secret other than a link."""

UNTIL_JOINED = (Kind.SET_PASSWORD, Kind.TEMPORARY_PASSWORD, Kind.DEADLINE_REMINDER)
"""Letters that are about the first password, and worth nothing once it is set or made anew."""

AWAITED = (
    Kind.SIGN_UP_CODE,
    Kind.EMAIL_CODE,
    Kind.SIGN_IN_LINK,
    Kind.RESET_PASSWORD,
    Kind.PROVE_ADDRESS,
    Kind.ID_PROOF,
    Kind.PRIVATE_PROOF,
    Kind.YOUR_IDS,
)
"""Letters somebody sits before a page and waits for: they go before all others."""
