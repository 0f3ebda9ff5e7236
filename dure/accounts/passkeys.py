"""Passkeys (WebAuthn Level 3): what a browser is asked for, and whether its answer is right.

py_webauthn is imported where an answer is checked: it takes nine megabytes that a server without passkeys never needs.
"""

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import queries
from dure.accounts.models import Account, Passkey, SpentChallenge
from dure.core import clock, keys, links
from dure.core.action import writing
from dure.core.errors import DomainError

LASTS = timedelta(minutes=5)
"""How long a challenge may be answered."""
ALL_CHALLENGES = bytes(32)
"""Stands in the place of every challenge that ends before its row does: those given out before a restore."""
ALGORITHMS = (-8, -7, -257)
"""EdDSA, ES256 and RS256 as COSE numbers them (RFC 9053)."""


class PasskeyRefused(DomainError):
    """Not a passkey of this account, not on this page, not verified, too late or a second time; never told which."""

    code = "passkey_refused"
    message = _("This passkey was not accepted. Try again, or take another way.")


class Ceremony(StrEnum):
    """What a passkey is asked for; an answer to one is none to another."""

    ADD = "add"
    SECOND = "second"
    CONFIRM = "confirm"
    SIGN_IN = "sign_in"


@dataclass(frozen=True)
class Question:
    """What the browser is given: the options as WebAuthn's JSON has them, and the ticket that comes back."""

    ticket: str
    options: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the browser gives: the ticket and the credential as JSON; ``browser`` is the secret both are bound to."""

    ceremony: Ceremony
    browser: str
    ticket: str
    text: str


@dataclass(frozen=True)
class NewKey:
    """A credential that was just made and proved itself."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    backed_up: bool


@dataclass(frozen=True)
class Used:
    """A passkey, used rightly, and what changes with it."""

    passkey: Passkey
    sign_count: int
    backed_up: bool


def question_to_add(account: Account, browser: str) -> Question:
    """Ask for a new credential: discoverable where possible, and one that checks its owner (WebAuthn §7.1)."""
    name = queries.id_address(account)
    options = {
        "rp": {"id": links.host(), "name": "Dure"},
        "user": {"id": _text(account.uid.encode()), "name": name, "displayName": name},
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": "required"},
        "attestation": "none",
        "excludeCredentials": _named(account.passkeys.all()),
    }
    return _question(Ceremony.ADD, browser, options)


def question_to_use(ceremony: Ceremony, browser: str, account: Account | None = None) -> Question:
    """Ask for an assertion by one of an account's passkeys, or by whichever the browser holds (WebAuthn §7.2)."""
    own = _named(account.passkeys.all()) if account else []
    options = {"rpId": links.host(), "userVerification": "required", "allowCredentials": own}
    return _question(ceremony, browser, options)


def _named(passkeys: Iterable[Passkey]) -> list[dict[str, Any]]:
    return [
        {"type": "public-key", "id": _text(bytes(one.credential_id)), "transports": one.transports} for one in passkeys
    ]


def _question(ceremony: Ceremony, browser: str, options: dict[str, Any]) -> Question:
    challenge = _text(secrets.token_bytes(32))
    until = int((clock.now() + LASTS).timestamp())
    facts = {"ceremony": ceremony, "browser": browser, "challenge": challenge, "until": until}
    lasts = int(LASTS.total_seconds() * 1000)
    return Question(keys.seal("passkey", facts).decode(), {**options, "challenge": challenge, "timeout": lasts})


def spend_challenge(answer: Answer) -> bytes:
    """Return the challenge an answer is about, and let nobody answer it again (WebAuthn §13.4.3).

    :raises PasskeyRefused: of another browser or ceremony, too old, or answered before.
    """
    try:
        facts = keys.unseal("passkey", answer.ticket.encode())
    except keys.Unreadable:
        raise PasskeyRefused from None
    until = datetime.fromtimestamp(facts["until"], UTC)
    same = hmac.compare_digest(facts["browser"].encode(), answer.browser.encode())
    if not same or facts["ceremony"] != answer.ceremony or not clock.now() < until <= clock.now() + LASTS + clock.SKEW:
        raise PasskeyRefused
    if SpentChallenge.objects.filter(pk=ALL_CHALLENGES, until__gte=until).exists():
        raise PasskeyRefused
    challenge = _bytes(facts["challenge"])
    with writing():
        _row, first = SpentChallenge.objects.get_or_create(hash=sha256(challenge).digest(), defaults={"until": until})
    if not first:
        raise PasskeyRefused
    return challenge


def find(answer: Answer, of: Account | None = None) -> Passkey | None:
    """Return the passkey an answer names, with its account; one of ``of`` alone when that is given."""
    try:
        credential_id = _bytes(json.loads(answer.text)["id"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    found = Passkey.objects.select_related("account").filter(credential_id=credential_id)
    return (found.filter(account=of) if of else found).first()


def check_new(answer: Answer) -> NewKey:
    """Check a new credential (WebAuthn §7.1). Attestation is not asked for: any maker's will do.

    :raises PasskeyRefused: as its name says.
    """
    challenge = spend_challenge(answer)
    from webauthn import verify_registration_response as verify

    try:
        made = verify(
            credential=answer.text,
            expected_challenge=challenge,
            expected_rp_id=links.host(),
            expected_origin=links.origin(),
            require_user_verification=True,
        )
        response = json.loads(answer.text)["response"]
        _refuse_frames(response)
        transports = [word for word in response.get("transports") or [] if word in TRANSPORTS]
    except Exception:  # whatever the parsers of material from outside say, it is no passkey
        raise PasskeyRefused from None
    return NewKey(
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=transports,
        backed_up=made.credential_backed_up,
    )


TRANSPORTS = ("ble", "hybrid", "internal", "nfc", "smart-card", "usb")


def check_use(answer: Answer, passkey: Passkey | None) -> Used:
    """Check an assertion (WebAuthn §7.2); a signature count that does not rise is a copied key and is refused, too.

    :raises PasskeyRefused: as its name says; the challenge is spent, whoever answers.
    """
    challenge = spend_challenge(answer)
    if passkey is None:
        raise PasskeyRefused
    from webauthn import verify_authentication_response as verify

    try:
        used = verify(
            credential=answer.text,
            expected_challenge=challenge,
            expected_rp_id=links.host(),
            expected_origin=links.origin(),
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
        response = json.loads(answer.text)["response"]
        _refuse_frames(response)
        _refuse_strangers(response, passkey, answer.ceremony)
    except Exception:  # whatever the parsers of material from outside say, it is no passkey
        raise PasskeyRefused from None
    return Used(passkey=passkey, sign_count=used.new_sign_count, backed_up=used.credential_backed_up)


def note_use(used: Used) -> None:
    """Write down that a passkey was used; part of an action.

    :raises PasskeyRefused: when it was removed, or counted on, a moment ago.
    """
    as_read = Passkey.objects.filter(pk=used.passkey.pk, sign_count=used.passkey.sign_count)
    if not as_read.update(sign_count=used.sign_count, backed_up=used.backed_up, last_used_at=clock.now()):
        raise PasskeyRefused


def _refuse_frames(response: dict[str, Any]) -> None:
    """Refuse what was made inside a page of somebody else (WebAuthn §7.1 and §7.2, ``crossOrigin``)."""
    if json.loads(_bytes(response["clientDataJSON"])).get("crossOrigin"):
        raise PasskeyRefused


def _refuse_strangers(response: dict[str, Any], passkey: Passkey, ceremony: Ceremony) -> None:
    """Refuse a user handle of another account; without a typed ID there must be one (WebAuthn §7.2)."""
    handle = response.get("userHandle")
    if (handle or ceremony is Ceremony.SIGN_IN) and _bytes(handle or "") != passkey.account.uid.encode():
        raise PasskeyRefused


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """Read base64url without padding.

    :raises ValueError: for anything else.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
