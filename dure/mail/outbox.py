"""Writing letters into the outbox, and taking them back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from dure.core import clock, keys
from dure.core.models import OneTimeSecret
from dure.core.rows import insert, insert_many
from dure.core.secrets import Issued
from dure.mail.kinds import GIVES_UP_AFTER, UNTIL_JOINED, Kind
from dure.mail.models import Letter


def can_send() -> bool:
    """Tell whether a mail server is set; without one, admins see what PRODUCT.md §4.2 allows."""
    return bool(settings.DURE["SMTP_URL"])


def post(kind: Kind, **facts: Any) -> Letter | None:
    """Put a letter into the outbox; call it inside the transaction of its reason. None without a mail server.

    ``facts`` as in ``write``. The sending itself must never move here: a slow mail server would hold the lock of
    everything written.
    """
    if not can_send():
        return None
    letter = write(kind, **facts)
    insert(letter)
    return letter


def post_many(letters: list[Letter]) -> None:
    """Put letters written before into the outbox at once; nothing without a mail server."""
    if letters and can_send():
        insert_many(letters)


def write(
    kind: Kind,
    *,
    address: str,
    to: str,
    language: str,
    account_id: int | None,
    workspace_id: int | None = None,
    secret: Issued | None = None,
    link: str = "",
    about: str = "",
    opens_at: datetime | None = None,
    expires_at: datetime | None = None,
    context: dict[str, Any],
) -> Letter:
    """Return a letter that is not in the outbox yet.

    ``to`` is ``id`` or ``private``: the recipient's address itself is sealed. A letter with a secret dies with it, and
    nothing goes before ``opens_at``. ``link`` is the secret of a mailed link whose row is ``about``.
    """
    at = clock.now()
    due_at = max(at, opens_at or at)
    payload = {
        "address": address,
        "context": context | {"at": due_at.isoformat()},
        "secret": secret.value if secret else link,
    }
    return Letter(
        kind=kind,
        language=language,
        account_id=account_id,
        workspace_id=workspace_id,
        secret_id=secret.row.pk if secret else None,
        about=about,
        to=to,
        sealed=keys.seal("letter", payload),
        posted_at=at,
        due_at=due_at,
        expires_at=secret.row.expires_at if secret else expires_at or due_at + GIVES_UP_AFTER,
    )


def end(letters: Any, state: str, *, at: datetime, problem: str = "") -> int:
    """Close a set of letters and wipe what they carried; returns how many."""
    return letters.update(state=state, ended_at=at, sealed=None, lease="", problem=problem)


def withdraw_dead(account_id: int) -> int:
    """Take back the waiting letters of an account whose secret no longer opens anything."""
    dead = OneTimeSecret.objects.filter(account_id=account_id).exclude(used_at=None, withdrawn_at=None)
    waiting = Letter.objects.filter(
        account_id=account_id, state__in=[Letter.WAITING, Letter.SENDING], secret_id__in=dead.values("pk")
    )
    return end(waiting, Letter.WITHDRAWN, at=clock.now())


def withdraw_about(uids: Iterable[str]) -> int:
    """Take back the waiting letters about these rows; returns how many."""
    about = Letter.objects.exclude(about="").filter(about__among=list(uids))  # the index is of those about something
    waiting = about.filter(state__in=[Letter.WAITING, Letter.SENDING])
    return end(waiting, Letter.WITHDRAWN, at=clock.now())


def withdraw_until_joined(account_ids: Iterable[int]) -> int:
    """Take back the waiting letters about the first password of these accounts; returns how many."""
    waiting = Letter.objects.filter(
        account_id__among=list(account_ids), state__in=[Letter.WAITING, Letter.SENDING], kind__in=UNTIL_JOINED
    )
    return end(waiting, Letter.WITHDRAWN, at=clock.now())


NEWEST = "SELECT state, attempts FROM dure_letter WHERE about <> '' AND about = %s ORDER BY id DESC LIMIT 1"


def fate_of(about: str) -> str:
    """Return what became of the newest letter about a row: ``trouble`` while the mail server refuses, ``failed``, or
    empty when all goes well.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [about])
        state, attempts = cursor.fetchone() or ("", 0)
    if state == Letter.WAITING:
        return "trouble" if attempts else ""
    return "failed" if state == Letter.FAILED else ""
