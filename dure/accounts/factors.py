"""The second factor: time-based codes (RFC 6238) and spare codes (OWASP ASVS 5.0 §6.5)."""

import hmac
import secrets

import pyotp

from dure.accounts import activation
from dure.accounts.models import Account, Passkey, SecondFactor, SpareCode
from dure.core import clock, keys
from dure.core.text import digits

STEP = 30
"""Seconds a code is shown; one before and one after are taken as well."""
SPARE_CODES = 10


def new_key() -> str:
    """Return a new shared secret of 160 bits in base 32, as authenticator apps read it."""
    return pyotp.random_base32()


def address_of(key: str, account_name: str, issuer: str) -> str:
    """Return the otpauth address that stands in the QR code."""
    return pyotp.TOTP(key).provisioning_uri(name=account_name, issuer_name=issuer)


def matching_step(key: str, typed: str) -> int | None:
    """Return the time step whose code was typed, or None."""
    code, now, found = digits(typed), int(clock.now().timestamp()) // STEP, None
    for step in (now - 1, now, now + 1):
        if hmac.compare_digest(pyotp.TOTP(key).generate_otp(step), code):
            found = step
    return found


def spend(account: Account, typed: str) -> str:
    """Use a code up by one conditional UPDATE; returns ``app`` or ``spare``, empty when it is wrong or was used."""
    factor = SecondFactor.objects.filter(account=account).first()
    step = matching_step(str(keys.unseal("second-factor", factor.sealed)), typed) if factor else None
    if factor and step is not None:
        fresh = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step)
        return "app" if fresh.update(last_step=step) else ""
    hashes = keys.keyed_hashes("spare-code", f"{account.pk} {activation.fold(typed)}")
    spare = SpareCode.objects.filter(account=account, hash__in=hashes, used_at=None)
    return "spare" if spare.update(used_at=clock.now()) else ""


def has_app(account: Account) -> bool:
    """Tell whether there is an authenticator app."""
    return SecondFactor.objects.filter(account=account).exists()


def has_any(account: Account) -> bool:
    """Tell whether an authenticator app or a passkey is there."""
    return has_app(account) or Passkey.objects.filter(account=account).exists()


def is_only_factor(passkey: Passkey) -> bool:
    """Tell whether nothing but the password is left without this passkey."""
    others = Passkey.objects.filter(account_id=passkey.account_id).exclude(pk=passkey.pk)
    return not others.exists() and not has_app(passkey.account)


def make_spare_codes(account: Account) -> list[str]:
    """Replace the spare codes by ten new ones of 50 random bits; part of an action."""
    codes = ["-".join(_group() for _number in range(2)) for _code in range(SPARE_CODES)]
    SpareCode.objects.filter(account=account).delete()
    SpareCode.objects.bulk_create(
        SpareCode(account=account, hash=keys.keyed_hash("spare-code", f"{account.pk} {activation.fold(code)}"))
        for code in codes
    )
    return codes


def _group() -> str:
    return "".join(secrets.choice(activation.LETTERS) for _place in range(5))
