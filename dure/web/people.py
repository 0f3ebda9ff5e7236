"""What the directory shows: its rows, drawn by hand like those of the member list (docs/adr/0011), and one card.

Every value goes through ``escape``; a test puts markup into each of them.
"""

from html import escape
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from dure.accounts.addresses import for_readers
from dure.core import keys
from dure.members import directory, listing, names, profile
from dure.members.models import Profile
from dure.web.context import avatar_of, name_of

PAGE = "people-page"
NAMES = ("name_ko", "name_en", "name_ja")


def address(workspace_uid: str, *, member: str = "", **place: str) -> str:
    """Return the address of a page of the list, or of one person beside it."""
    path = reverse("card", args=[workspace_uid, member]) if member else reverse("people", args=[workspace_uid])
    query = urlencode({name: value for name, value in place.items() if value})
    return f"{path}?{query}" if query else path


def shown(request: Any, *, current: str = "") -> dict[str, Any]:
    """Return one page of the list."""
    workspace, asked = request.actor.member.workspace, request.GET
    search, after, before = (asked.get(name, "") for name in ("q", "after", "before"))
    page = listing.directory(workspace, search=search, after=_opened(after), before=_opened(before))
    previous, following = (_sealed(mark) for mark in (page.previous, page.next))
    somebody = address(workspace.uid, member="-" * 22, q=search[:100], after=after, before=before)
    return {
        "tab": "people",
        "search": search,
        "drawn": _drawn(workspace, page.rows, somebody, current),
        "alone": not search and not page.next and len(page.rows) == 1,
        "nothing_found": not page.rows and not page.next,
        "previous_url": address(workspace.uid, q=search, before=previous) if previous else None,
        "next_url": address(workspace.uid, q=search, after=following) if following else None,
        "list_url": address(workspace.uid, q=search, after=after, before=before),
    }


def _sealed(mark: str) -> str:
    """Return where a page ends so that it can be read by us alone: it may be at somebody who is not shown."""
    return keys.seal(PAGE, mark).decode() if mark else ""


def _opened(given: str) -> str:
    try:
        return str(keys.unseal(PAGE, given.encode("ascii", "replace"))) if given else ""
    except keys.Unreadable:
        return ""


def _drawn(workspace: Any, found: list[Any], somebody: str, current: str) -> SafeString:
    columns = directory.columns(workspace, found) if found else {}
    photo = reverse("photo", args=[workspace.uid, "-" * 22])
    rows = (_row(one, columns.get(one.pk, ("", "")), somebody, photo, one.uid == current) for one in found)
    return mark_safe("\n".join(rows))  # noqa: S308 - each value is escaped below


def _row(member: Any, columns: tuple[str, ...], somebody: str, photo: str, current: bool) -> str:
    nickname, phone = columns
    url = escape(somebody.replace("-" * 22, member.uid, 1))
    face = escape(avatar_of(member))
    if member.photo:
        face = f'<img src="{escape(photo.replace("-" * 22, member.photo))}" alt="" loading="lazy">'
    language, (local, _at, domain) = escape(member.name_language), for_readers(member.id_key).partition("@")
    beside = f' <small class="nickname">{escape(nickname)}</small>' if nickname else ""
    number = f'<span class="secondary at-end">{escape(profile.shown("office_phone", phone))}</span>' if phone else ""
    return (
        f'<li{" aria-current=" + chr(34) + "true" + chr(34) if current else ""}><a href="{url}">'
        f'<span class="avatar" lang="{language}" aria-hidden="true">{face}</span>'
        f'<span><span><b lang="{language}">{escape(name_of(member))}</b>{beside}</span>'
        f"<small>{escape(local)}<wbr>@{escape(domain)}</small></span>{number}</a></li>"
    )


def card(request: Any, member: Any) -> dict[str, Any]:
    """Return what every member may know of one."""
    row: Profile | None = getattr(member, "profile", None)
    local, _at, domain = for_readers(member.id_key).partition("@")
    known = profile.texts(row)
    phonetic = names.display_name(
        known["phonetic_family_name"], known["phonetic_given_name"], member.name_language
    )  # fmt: skip
    facts = [("office_phone", known["office_phone"]), *((name, known[name]) for name in NAMES)]
    return {
        "uid": member.uid,
        "name": name_of(member),
        "lang": member.name_language,
        "avatar": avatar_of(member),
        "photo": row.photo if row else "",
        "phonetic": phonetic,
        "nickname": known["nickname"],
        "id_address": member.id_key,
        "id_local": local,
        "id_domain": domain,
        "facts": [
            {
                "label": profile.FIELDS[name].label,
                "value": profile.shown(name, value),
                "calls": value.partition(" #")[0] if name in profile.PHONES else "",
            }
            for name, value in facts
            if value
        ],
        "is_me": member.pk == request.actor.id,
    }
