"""Keeping what the member list is searched and ordered by (docs/adr/0013, docs/adr/0015).

Whatever writes a name, an address, a phone or an employee number calls ``refresh`` or ``refresh_accounts`` in the same
transaction, for one person or for a hundred thousand; whatever deletes a membership calls ``forget`` before it. The
terms that stand in the index are those of the lines in ``Member.search``, so only what differs is written.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Subquery

from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.action import writing
from dure.core.rows import insert, insert_rows
from dure.members import names, terms
from dure.members.models import NEVER, Member, Profile, SearchTerm

CHUNK = 1000
COLUMNS = ("pk", "workspace_id", "account_id", "family_name", "given_name", "sort_key", "id_key", "search")
NAMES = ("name_ko", "name_en", "name_ja", "nickname")
INSERT = "INSERT INTO dure_searchterm (workspace_id, term, member_id) VALUES {} ON CONFLICT DO NOTHING"
DELETE = "DELETE FROM dure_searchterm WHERE workspace_id = %s AND term = %s AND member_id = %s"
Term = tuple[int, str, int]


def refresh(members: Iterable[int]) -> None:
    """Write what these members are found and ordered by as the rows now say; part of an action."""
    for chunk in _chunks(members):
        _refresh(chunk)


def enter(member: Member, id_address: str) -> None:
    """Insert a membership that has no profile yet, of an account that no workspace manages, and what it is found by.

    What ``refresh`` would read is at hand; part of an action.
    """
    known = terms.Known(member.family_name, member.given_name, addresses=(id_address,))
    member.sort_key, member.id_key = names.sort_key(member.family_name, member.given_name), id_address
    member.search = terms.lines(known)
    insert(member)
    insert_rows(INSERT, sorted(terms_of(member.pk, member.workspace_id, member.search)))


def refresh_accounts(accounts: Iterable[int]) -> None:
    """The same for every membership of these accounts: an ID is one everywhere, and a private address is not."""
    for chunk in _chunks(accounts):
        refresh(Member.objects.filter(account_id__among=chunk).values_list("pk", flat=True))


def forget(members: Iterable[int]) -> None:
    """Take these members out of the index, before their rows are deleted; part of an action."""
    for chunk in _chunks(members):
        rows = Member.objects.filter(pk__among=chunk).values_list("pk", "workspace_id", "search")
        _execute(DELETE, [term for row in rows for term in terms_of(*row)])


def shelf(workspace_id: int, *, known_to_all: bool) -> int:
    """Return the number under which a workspace's terms stand: those that every member may look in, or the others."""
    return -workspace_id if known_to_all else workspace_id


def terms_of(member_id: int, workspace_id: int, search: str) -> set[Term]:
    """Return what stands in the index of a member with these lines."""
    return {
        (shelf(workspace_id, known_to_all=known_to_all), term, member_id)
        for known_to_all, some in zip((True, False), terms.on_shelves(search), strict=True)
        for term in some
    }


def rebuild() -> int:
    """Write the whole index anew, in chunks that readers hardly notice; returns how many members there are."""
    done, last = 0, 0
    _drop_orphans()
    while chunk := list(Member.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        with writing():
            known = [(pk, workspace, search) for pk, workspace, *_rest, search in _locked(chunk)]
            insert_rows(INSERT, [term for row in known for term in terms_of(*row)])
            _refresh(chunk)
        done, last = done + len(chunk), chunk[-1]
    note_sign_ins(since=NEVER)
    return done


def _drop_orphans() -> None:
    """Delete the terms that belong to nobody, or that nobody's lines have, in pieces."""
    after: Term | None = None
    while rows := _terms_after(after):
        found = Member.objects.filter(pk__among={row[2] for row in rows}).values_list("pk", "workspace_id", "search")
        right = {term for row in found for term in terms_of(*row)}
        with writing():
            _execute(DELETE, [row for row in rows if row not in right])
        after = rows[-1]


def _terms_after(after: Term | None) -> list[Term]:
    beyond = "" if after is None else "WHERE (workspace_id, term, member_id) > (%s, %s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT workspace_id, term, member_id FROM dure_searchterm {beyond} "  # noqa: S608 - one of two
            f"ORDER BY workspace_id, term, member_id LIMIT {20 * CHUNK}",
            after or (),
        )
        return [tuple(row) for row in cursor.fetchall()]


def stale(sample: int = CHUNK) -> int:
    """Return how many of the newest members are not in the index as their rows say; for ``dure doctor``."""
    newest = list(Member.objects.order_by("-pk").values_list("pk", flat=True)[:sample])
    rows = list(Member.objects.filter(pk__among=newest).values_list(*COLUMNS))
    wanted = _wanted(rows)
    return sum(1 for row in rows if row[5:] != wanted[row[0]] or not _stand(row[1], row[0], row[7]))


def _stand(workspace_id: int, member_id: int, search: str) -> bool:
    shelves = [shelf(workspace_id, known_to_all=True), shelf(workspace_id, known_to_all=False)]
    every = terms_of(member_id, workspace_id, search)
    found = SearchTerm.objects.filter(workspace_id__in=shelves, member_id=member_id)
    found = found.filter(term__among=[term for _shelf, term, _member in every])
    return every <= set(found.values_list("workspace_id", "term", "member_id"))


def note_late_sign_ins() -> int:
    """Copy the sign-ins of the last hour; the worker does so every minute."""
    return note_sign_ins(since=clock.now() - timedelta(hours=1))


def note_sign_ins(*, since: datetime) -> int:
    """Copy newer sign-ins to the memberships, so that lists can be ordered by them; returns how many changed.

    A sign-in itself writes nothing here: accounts do not know members, and a list may be a minute late.
    """
    lately = Account.objects.filter(signed_in_at__gte=since)
    newer = Member.objects.filter(account__in=lately).exclude(signed_in_at=F("account__signed_in_at"))
    at = Account.objects.filter(pk=OuterRef("account_id")).values("signed_in_at")
    with writing():
        return newer.update(signed_in_at=Subquery(at[:1]))


def _refresh(chunk: list[int]) -> None:
    rows = _locked(chunk)
    wanted = _wanted(rows)
    gone: list[Term] = []
    new: list[Term] = []
    changed: list[tuple[Any, ...]] = []
    for pk, workspace, _account, _family, _given, *was in rows:
        if tuple(was) == wanted[pk]:
            continue
        changed.append((*wanted[pk], pk))
        if was[-1] != wanted[pk][-1]:
            before, after = terms_of(pk, workspace, was[-1]), terms_of(pk, workspace, wanted[pk][-1])
            gone += before - after
            new += after - before
    _execute(DELETE, gone)
    insert_rows(INSERT, sorted(new))
    _execute("UPDATE dure_member SET sort_key = %s, id_key = %s, search = %s WHERE id = %s", changed)


def _locked(chunk: list[int]) -> list[tuple[Any, ...]]:
    found = Member.objects.select_for_update().filter(pk__among=chunk).order_by("pk")
    return list(found.values_list(*COLUMNS))


def _wanted(rows: list[tuple[Any, ...]]) -> dict[int, tuple[str, str, str]]:
    """Return order key, ID and lines of each of these members, read from the rows they come from."""
    accounts = {row[2] for row in rows}
    ids, private = _addresses(accounts)
    profiles = _profiles([row[0] for row in rows])
    managed = _managed(accounts) if private else set()
    wanted = {}
    for pk, workspace, account, family, given, *_was in rows:
        own, known_here = ids.get(account, ""), account in private and (account, workspace) in managed
        addresses = {"addresses": (own,), "private_addresses": (private[account],) if known_here else ()}
        known = terms.Known(family, given, **addresses, **profiles.get(pk, {}))
        wanted[pk] = (names.sort_key(family, given), own, terms.lines(known))
    return wanted


def _addresses(accounts: set[int]) -> tuple[dict[int, str], dict[int, str]]:
    kinds: dict[str, dict[int, str]] = {Address.ID: {}, Address.PRIVATE: {}}
    found = Address.objects.filter(account_id__among=accounts, kind__in=list(kinds))
    for account, kind, canonical in found.values_list("account_id", "kind", "canonical"):
        kinds[kind][account] = canonical
    return kinds[Address.ID], kinds[Address.PRIVATE]


def _profiles(members: list[int]) -> dict[int, dict[str, tuple[str, ...]]]:
    found = Profile.objects.filter(member_id__among=members).values(
        "member_id", "phonetic_family_name", "phonetic_given_name", *NAMES,
        "mobile_phone", "office_phone", "employee_number",
    )  # fmt: skip
    return {
        row["member_id"]: {
            "names": (
                f"{row['phonetic_family_name']} {row['phonetic_given_name']}",
                f"{row['phonetic_family_name']}{row['phonetic_given_name']}",
                *(row[name] for name in NAMES),
            ),
            "phones": tuple(filter(None, (row["office_phone"],))),
            "private_phones": tuple(filter(None, (row["mobile_phone"],))),
            "numbers": (row["employee_number"],),
        }
        for row in found
    }


def _managed(accounts: set[int]) -> set[tuple[int, int]]:
    """Return account and workspace where its admins may know the private address: they made it, and it is only there.

    Elsewhere a search would tell whose private address it is (PRODUCT.md §4.1).
    """
    places: dict[int, list[int]] = {}
    for account, workspace in Member.objects.filter(account_id__among=accounts).values_list(
        "account_id", "workspace_id"
    ):
        places.setdefault(account, []).append(workspace)
    origins = Account.objects.filter(pk__among=accounts).values_list("pk", "origin_id")
    return {(account, origin) for account, origin in origins if origin and places.get(account) == [origin]}


def _execute(sql: str, rows: list[Any]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    left = iter(list(ids))
    while chunk := list(islice(left, CHUNK)):
        yield chunk
