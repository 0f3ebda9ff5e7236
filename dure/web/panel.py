"""What the panel of one person shows."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from dure.accounts import activation, browsers
from dure.accounts.addresses import for_readers
from dure.accounts.models import ActivationCode, Address
from dure.core import clock
from dure.core.models import OneTimeSecret
from dure.core.secrets import Purpose, end_of
from dure.mail import kinds
from dure.mail.models import Letter
from dure.members import devices, profile, queries, rules
from dure.members.actors import MemberActor
from dure.members.models import Change, Member, Profile
from dure.members.rules import State
from dure.web.context import ROLES, avatar_of, name_of
from dure.web.standing import standing_of

LETTER_LABELS = {
    Letter.WAITING: pgettext_lazy("letter", "waiting"),
    Letter.SENDING: pgettext_lazy("letter", "being sent"),
    Letter.SENT: pgettext_lazy("letter", "sent"),
    Letter.FAILED: pgettext_lazy("letter", "failed"),
    Letter.WITHDRAWN: pgettext_lazy("letter", "withdrawn"),
    Letter.EXPIRED: pgettext_lazy("letter", "expired"),
}
LETTER_MARKS = {
    State.SCHEDULED: "scheduled",
    Letter.WAITING: "pending",
    Letter.SENDING: "pending",
    Letter.SENT: "active",
    Letter.FAILED: "wrong",
    Letter.WITHDRAWN: "removed",
    Letter.EXPIRED: "expired",
}
PROBLEMS = {
    "refused": gettext_lazy("The mail server refused the address (%(code)s)."),
    "later": gettext_lazy("The mail server asked us to try later (%(code)s)."),
    "sign_in_refused": gettext_lazy("The mail server refused our own sign-in (%(code)s)."),
    "timeout": gettext_lazy("The mail server did not answer in time."),
    "unreachable": gettext_lazy("The mail server could not be reached."),
    "interrupted": gettext_lazy("The mail server hung up in the middle."),
    "unwritable": gettext_lazy("The letter could not be written. The server's log says why."),
    "unreadable": gettext_lazy("The letter was sealed with a key that is no longer known."),
}
TO_LABELS = {Address.ID: gettext_lazy("to the ID"), Address.PRIVATE: gettext_lazy("to the private address")}
MARKS = {
    State.SCHEDULED: "scheduled",
    State.ACTIVE: "active",
    State.REGISTERED: "pending",
    State.EXPIRED: "expired",
    State.ON_LEAVE: "on_leave",
    State.SUSPENDED: "suspended",
    State.REMOVED: "removed",
}
SENTENCES = {
    State.SCHEDULED: gettext_lazy("Starts on the activation date. Until then nothing opens."),
    State.ACTIVE: gettext_lazy("Has set a password and is in."),
    State.REGISTERED: gettext_lazy("Has not set a password yet."),
    State.EXPIRED: gettext_lazy("Did not set a password before the deadline. Send the mail again."),
    State.ON_LEAVE: gettext_lazy("Cannot open this workspace until the leave is over."),
    State.SUSPENDED: gettext_lazy("Cannot open this workspace until resumed."),
    State.REMOVED: gettext_lazy("Is no member any more. Everything is kept until the time for restoring is over."),
}
CREDENTIAL_LABELS = {
    "": gettext_lazy("waits to be used"),
    "early": gettext_lazy("waits for its day"),
    "used": gettext_lazy("used"),
    "withdrawn": gettext_lazy("replaced"),
    "expired": gettext_lazy("deadline passed"),
}
CHANGE_LABELS = {
    **{name: field.label for name, field in profile.FIELDS.items()},
    "family_name": gettext_lazy("Family name"),
    "given_name": gettext_lazy("Given name"),
    "language": gettext_lazy("Language"),
    "private_address": gettext_lazy("Private address"),
    "photo": gettext_lazy("Photo"),
    "id": gettext_lazy("ID (e-mail address)"),
}
LANGUAGE_NAMES = {"ko": "한국어", "en": "English", "ja": "日本語"}


def problem_of(letter: Letter) -> str:
    """Return what went wrong with a letter, as a sentence; empty when nothing did."""
    reason, _space, code = letter.problem.partition(" ")
    return str(PROBLEMS[reason]) % {"code": code} if reason in PROBLEMS else ""


def letter_facts(letter: Letter) -> dict[str, Any]:
    """Return what a list says of one letter."""
    return {
        "kind_label": kinds.LABELS[kinds.Kind(letter.kind)],
        "to_label": TO_LABELS.get(letter.to, ""),
        "state": letter.state,
        "state_label": LETTER_LABELS[letter.state],
        "mark": LETTER_MARKS[letter.state],
        "detail": problem_of(letter) if letter.state != Letter.SENT else "",
        "at": letter.ended_at or letter.posted_at,
        "goes_at": letter.due_at if letter.state == Letter.WAITING and _is_early(letter) else None,
        "next_try_at": letter.due_at if letter.state == Letter.WAITING and letter.attempts else None,
    }


def _is_early(letter: Letter) -> bool:
    """Tell whether a letter waits for its day, as that of somebody who starts later does."""
    return not letter.attempts and letter.due_at > clock.now()


def person(actor: MemberActor, member: Any) -> dict[str, Any]:
    """Return everything about one person that *Member management* may see."""
    state = rules.state_of(member)
    private = Address.objects.filter(account_id=member.account_id, kind=Address.PRIVATE).first()
    posted = Letter.objects.filter(account_id=member.account_id, workspace_id=actor.workspace_id)
    letters = list(posted.order_by("-id")[:5])
    row = Profile.objects.filter(member=member).first()
    managed = queries.is_managed(member.account, actor.workspace_id)
    outranks = actor.is_super_admin or not member.is_super_admin
    return {
        "uid": member.uid,
        "name": name_of(member),
        "lang": member.name_language,
        "avatar": avatar_of(member),
        "id_address": member.id_address,
        "id_local": member.id_address.partition("@")[0],
        "id_domain": for_readers(member.id_address.partition("@")[2]),
        "id_proven": member.id_proven_at is not None,
        "private_address": private.canonical if private and managed else None,
        "state": str(state),
        "state_label": rules.LABELS[state],
        "mark": MARKS[state],
        "state_sentence": SENTENCES[state],
        "role_label": ROLES[queries.roles([member])(member)],
        "starts_at": member.starts_at if state is State.SCHEDULED else None,
        "registered_at": member.registered_at,
        "activated_at": member.activated_at,
        **_sign_in(member, managed),
        "language_name": LANGUAGE_NAMES.get(member.account.language, ""),
        "credential": _credential(member, letters),
        "photo": row.photo if row else "",
        "details": _details(row),
        "changes": changes_of(member),
        "may_reset_factor": member.account.has_factor and managed and outranks and rules.is_here(member),
        "may_edit": outranks and state is not State.REMOVED,
        **standing_of(actor, member),
        "letters": [letter_facts(letter) for letter in letters],
        "may_send_again": _may_send_again(actor, member, managed),
        "history": _history(member),
    }


def _sign_in(member: Member, managed: bool) -> dict[str, Any]:
    """Return what admins may know of an account's use: the latest sign-in, and the devices used here (§4.1)."""
    account = member.account
    return {
        "signed_in_at": account.signed_in_at,
        "has_factor": account.has_factor if managed else None,
        "devices": [_device(use) for use in devices.uses_of(member)],
    }


def _device(use: Any) -> dict[str, Any]:
    return {"name": browsers.name_of(use.device.browser), "last_at": use.last_at, "is_signed_in": use.is_signed_in}


def _details(row: Profile | None) -> list[dict[str, Any]]:
    known = profile.texts(row)
    return [
        {"label": profile.FIELDS[name].label, "value": profile.shown(name, value)}
        for name, value in known.items()
        if value
    ]


def _may_send_again(actor: MemberActor, member: Member, managed: bool) -> bool:
    allowed = rules.may("send_again", member) and not member.account.has_own_password
    return allowed and managed and (actor.is_super_admin or not member.is_super_admin)


def _credential(member: Member, letters: list[Letter]) -> dict[str, Any] | None:
    code = ActivationCode.objects.filter(account_id=member.account_id, workspace_id=member.workspace_id).first()
    issued = OneTimeSecret.objects.filter(
        account_id=member.account_id, workspace_id=member.workspace_id, purpose=Purpose.SET_PASSWORD
    )
    link = issued.order_by("-id").first()
    row: ActivationCode | OneTimeSecret | None = code or link
    if row is None:
        return None
    if code:
        end = "withdrawn" if member.account.has_own_password and not code.used_at else activation.end_of(code)
        about = [letter for letter in letters if letter.kind == kinds.Kind.TEMPORARY_PASSWORD]
        about = [letter for letter in about if letter.posted_at >= code.issued_at]
    else:
        end = end_of(link) if link else ""
        about = [letter for letter in letters if letter.secret_id == row.pk]
    return {
        "is_code": code is not None,
        "issued_at": row.issued_at,
        "sent_at": next((letter.ended_at for letter in about if letter.state == Letter.SENT), None),
        "used_at": row.used_at,
        "expires_at": row.expires_at,
        "state_label": CREDENTIAL_LABELS[end],
    }


def changes_of(member: Member) -> list[dict[str, Any]]:
    """Return the newest changes of the member's own history, with who made them."""
    rows = list(Change.objects.filter(workspace_id=member.workspace_id, member=member).order_by("-id")[:20])
    ids = {row.actor_id for row in rows if row.actor_kind == "member" and row.actor_id}
    gone = _("erased member")
    people = {one.pk: name_of(one) for one in queries.of(member.workspace_id).filter(pk__in=ids)}
    return [
        {
            "at": row.at,
            "label": CHANGE_LABELS.get(row.field, row.field),
            "before": _changed(row.field, row.before),
            "after": _changed(row.field, row.after),
            "who": people.get(row.actor_id, gone) if row.actor_id and row.actor_kind == "member" else "",
        }
        for row in rows
    ]


def _changed(field: str, value: str) -> str:
    return for_readers(value) if field in ("id", "private_address") else profile.shown(field, value)


def _history(member: Member) -> list[dict[str, Any]]:
    at_once = member.activated_at == member.registered_at
    steps = [
        (None if at_once else member.registered_at, _("Registered")),
        (member.activated_at, _("Joined") if at_once else _("Set a password and joined")),
        (member.suspended_at, _("Suspended")),
        (None if rules.is_here(member) else member.removed_at, _("Removed")),
    ]
    return [{"at": at, "sentence": sentence} for at, sentence in reversed(steps) if at]
