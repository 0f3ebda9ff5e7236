"""The ways in that somebody may hold: an invite link or one mailed link of an invitation (PRODUCT.md §4.7 b, c, d).

What is trusted is the row alone: the secret says which, and that its holder was given it.
"""

import base64
import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from unicodedata import normalize

from django.db import connection

from dure.core import keys, links
from dure.core.database import moment_of
from dure.core.models import is_uid
from dure.joining import queries
from dure.joining.models import Invitation, InvitationToken, InviteLink
from dure.workspaces.models import Workspace

SHARED = "/j/"
LINK, CODE = "invite-link", "invite-code"
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ"
"""The letters of a short code: none that is taken for another one or for a digit."""
LENGTH = 8


@dataclass(frozen=True)
class Way:
    """What a secret belongs to: a link or one mailed link of an invitation, living or not.

    ``handle`` is the non-secret name of its page.
    """

    workspace: Workspace
    handle: str
    link: InviteLink | None = None
    token: InvitationToken | None = None

    @property
    def invitation(self) -> Invitation | None:
        """The invitation of the token."""
        return self.token.invitation if self.token else None


# In the order of the models, as from_db asks; what is not here is read when it is asked for.
LINK_FACTS = (
    "id", "uid", "workspace_id", "language", "generation", "domains", "needs_approval", "most_uses", "uses",
    "made_by_id", "expires_at", "paused_at", "withdrawn_at",
)  # fmt: skip
WORKSPACE_FACTS = ("id", "uid", "name", "time_zone", "logo", "accent", "password_minimum")
FIND = f"""
SELECT {", ".join([*(f"link.{name}" for name in LINK_FACTS), *(f"space.{name}" for name in WORKSPACE_FACTS)])}
FROM dure_invitelink link JOIN dure_workspace space ON space.id = link.workspace_id WHERE link.uid = %s
"""  # noqa: S608 - the names are those above


def locked(link: InviteLink) -> InviteLink | None:
    """Lock a link and read it anew; None when it was made anew or deleted since. Part of an action."""
    fresh = _link(link.uid, lock=True)
    return fresh if fresh and fresh.generation == link.generation else None


def _link(uid: str, *, lock: bool = False) -> InviteLink | None:
    """Return a link with its workspace, and of both only what letting somebody in needs.

    Plain SQL: every page of everybody who comes asks, and building the query anew costs ten times what it takes to run.
    """
    end = " FOR NO KEY UPDATE OF link" if lock and connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(FIND + end, [uid])
        row = cursor.fetchone()
    if row is None:
        return None
    facts = dict(zip(LINK_FACTS, row, strict=False))
    facts["domains"] = json.loads(facts["domains"]) if isinstance(facts["domains"], str) else facts["domains"]
    facts["needs_approval"] = bool(facts["needs_approval"])
    for moment in ("expires_at", "paused_at", "withdrawn_at"):
        facts[moment] = moment_of(facts[moment])
    link = InviteLink.from_db(connection.alias, LINK_FACTS, list(facts.values()))
    link.workspace = Workspace.from_db(connection.alias, WORKSPACE_FACTS, row[len(LINK_FACTS) :])
    return link


def find(secret: str) -> Way | None:
    """Return what a secret belongs to; None for a wrong one, and for a link that was made anew since."""
    uid, _dot, key = secret.partition(".")
    if not is_uid(uid):
        return None
    link = _link(uid)
    if link is not None:
        return Way(link.workspace, link.uid, link=link) if opens(link, key) else None
    token = queries.token(secret)
    return Way(token.invitation.workspace, token.uid, token=token) if token else None


def opens(link: InviteLink, key: str) -> bool:
    """Tell whether this is the key of the link as it stands now, also under an older secret key of the server."""
    candidates = [_key(link, root) for root in keys.derive_all(LINK)]
    return key.isascii() and any(hmac.compare_digest(candidate, key) for candidate in candidates)


def _key(link: InviteLink, root: bytes) -> str:
    """Return 128 bits derived for this link and its generation."""
    digest = hmac.digest(root, f"{link.uid} {link.generation}".encode(), sha256)
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def secret_of(link: InviteLink) -> str:
    """Return the secret of a link, for those who may show it."""
    return f"{link.uid}.{_key(link, keys.derive(LINK))}"


def address_of(link: InviteLink) -> str:
    """Return the address to copy, print and share; opening it changes nothing (PRODUCT.md §4.6)."""
    return links.absolute(f"{SHARED}{secret_of(link)}")


def code_of(link: InviteLink) -> str:
    """Return the eight letters to type, as ``ABCD-EFGH``; empty when the server's key they come from is gone."""
    for root in keys.derive_all(CODE):
        code = _code(link, root)
        if keys.fits(CODE, code, link.code):
            return f"{code[:4]}-{code[4:]}"
    return ""


def _code(link: InviteLink, root: bytes) -> str:
    number = int.from_bytes(hmac.digest(root, f"{link.uid} {link.generation}".encode(), sha256))
    letters = []
    for _place in range(LENGTH):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    return "".join(letters)


def code_hash(link: InviteLink) -> bytes:
    """Return what is stored of the short code of the link's present generation."""
    return keys.keyed_hash(CODE, _code(link, keys.derive(CODE)))


def by_code(typed: str) -> InviteLink | None:
    """Return the link with this short code, however it was typed; its tries are counted by whoever asks."""
    code = "".join(letter for letter in normalize("NFKC", typed).upper() if letter in LETTERS)
    if len(code) != LENGTH or len(typed) > LENGTH * 3:
        return None
    found = InviteLink.objects.select_related("workspace").filter(code__in=keys.keyed_hashes(CODE, code))
    return found.first()
