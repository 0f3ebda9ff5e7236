"""Everything the trail can tell (PRODUCT.md §4.12)."""

from enum import StrEnum


class Event(StrEnum):
    """One kind of thing that was written; the value is stored and never changes."""

    WORKSPACE_FOUNDED = "workspace.founded"
    MEMBER_REGISTERED = "member.registered"
    MEMBER_ACTIVATED = "member.activated"
    MEMBER_SUSPENDED = "member.suspended"
    MEMBER_RESUMED = "member.resumed"
    PERMISSIONS_CHANGED = "member.permissions_changed"
    ISSUED_AGAIN = "member.issued_again"
    CODE_MAILED = "member.temporary_password_mailed"
    CODE_ENTERED = "account.temporary_password_entered"
    DEADLINE_REMINDED = "member.deadline_reminded"
    CODE_FOR_LIST_MAILED = "account.listing_code_mailed"
    IDS_MAILED = "account.ids_mailed"
    MEMBER_EDITED = "member.edited"
    ID_CORRECTED = "member.id_corrected"
    HELP_ASKED = "member.help_asked"
    HELP_ANSWERED = "member.help_answered"
    LINK_ASKED_AGAIN = "account.link_asked_again"
    PASSWORD_SET = "account.password_set"
    PASSWORD_CHANGED = "account.password_changed"
    RESET_MAILED = "account.reset_mailed"
    ADDRESS_PROVEN = "account.address_proven"
    PROOF_MAILED = "account.proof_mailed"
    SIGNED_IN = "account.signed_in"
    SIGN_IN_MAILED = "account.sign_in_mailed"
    SIGNED_OUT = "account.signed_out"
    LANGUAGE_CHANGED = "account.language_changed"
