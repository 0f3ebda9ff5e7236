"""What *Home* says: what waits for the reader, what waits in the admin service, and who is new. All of it bounded."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dure.accounts.addresses import for_readers
from dure.core.permissions import Permission
from dure.joining import queries as joining
from dure.joining import requests
from dure.joining.rules import State as Answer
from dure.members import directory, waiting
from dure.members.actors import MemberActor
from dure.web.context import avatar_of, name_of
from dure.web.join_requests import counted as counted_requests

FEW_SPARE_CODES = 2


def waits(actor: MemberActor) -> list[dict[str, Any]]:
    """Return what waits for the reader themselves, what is most pressing first."""
    member, found = actor.member, []
    for offer in waiting.offers(member):
        said = _("%(name)s offers you the role of super admin.") % {"name": name_of(offer.giver)}
        url = reverse("hand_over", args=[member.workspace.uid, offer.uid])
        found.append(_row("key", said, _("Accept or decline"), url))
    if invited := waiting.count(joining.waiting_for(member.account)):
        said = ngettext(
            "A place in another workspace waits for your answer.",
            "%(n)s places in other workspaces wait for your answer.",
            invited,
        )
        found.append(_row("mail", said % {"n": _counted(invited)}, _("My workspaces"), reverse("my_workspaces")))
    return [*found, *_factor(actor)]


def _factor(actor: MemberActor) -> list[dict[str, Any]]:
    account = actor.member.account
    if not account.has_factor:
        said = _("Set a second factor")
        why = _("Your rights give access to other people’s data. A password alone is not enough.")
        return [_row("phone", said, why, reverse("change_factor"))] if actor.permissions else []
    left = account.spare_codes.filter(used_at=None).count()
    if left > FEW_SPARE_CODES:
        return []
    said = ngettext("%(n)s spare code is left", "%(n)s spare codes are left", left) % {"n": left}
    return [_row("key", said, _("Make new ones before you need them."), reverse("change_factor"))]


def _row(icon: str, said: str, why: str, url: str) -> dict[str, Any]:
    return {"icon": icon, "said": said, "why": why, "url": url}


def admin(actor: MemberActor) -> dict[str, Any]:
    """Return what waits in the admin service, for those who may do something about it."""
    if not actor.may(Permission.ADMIN_ENTER):
        return {}
    told: dict[str, Any] = {"rights_end": waiting.rights_end(actor.member)}
    if not actor.may(Permission.MEMBERS_MANAGE):
        return told
    workspace = actor.member.workspace
    found = waiting.for_managers(workspace)
    unanswered = waiting.count(joining.in_state(joining.invitations(workspace), Answer.WAITING))
    asking = requests.count_waiting(workspace)
    return told | {
        "members": _members(found),
        "members_state": "expired" if found.passed else "registered" if found.soon else "",
        "invitations": ngettext("%(n)s waits for an answer", "%(n)s wait for an answer", unanswered)
        % {"n": _counted(unanswered)}
        if unanswered
        else "",
        "requests": ngettext("%(n)s asks to join", "%(n)s ask to join", asking) % {"n": counted_requests(asking)}
        if asking
        else "",
        "questions": ngettext("%(n)s question to answer", "%(n)s questions to answer", found.questions)
        % {"n": _counted(found.questions)}
        if found.questions
        else "",
        "leaving": ngettext("%(n)s asks to leave", "%(n)s ask to leave", found.leaving) % {"n": _counted(found.leaving)}
        if found.leaving
        else "",
    }


def _members(found: waiting.ForManagers) -> str:
    passed = ngettext("deadline passed for %(n)s", "deadline passed for %(n)s", found.passed)
    soon = ngettext("ends within a day for %(n)s", "ends within a day for %(n)s", found.soon)
    said = [text % {"n": _counted(n)} for text, n in ((passed, found.passed), (soon, found.soon)) if n]
    return " · ".join(said)


def _counted(number: int) -> str:
    return f"{waiting.COUNTED}+" if number > waiting.COUNTED else str(number)


def newcomers(actor: MemberActor) -> list[dict[str, Any]]:
    """Return who came within a week."""
    workspace = actor.member.workspace
    return [
        {
            "url": reverse("card", args=[workspace.uid, one.uid]),
            "name": name_of(one),
            "lang": one.name_language,
            "avatar": avatar_of(one),
            "photo": one.photo,  # type: ignore[attr-defined]
            "id_local": one.id_key.partition("@")[0],
            "id_domain": for_readers(one.id_key.partition("@")[2]),
        }
        for one in directory.newcomers(workspace, but=actor.id)
    ]
