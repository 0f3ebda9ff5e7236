"""A second factor for somebody of the cast."""

import pyotp

from dure.accounts import factors
from dure.accounts.actions.factors import set_second_factor
from dure.accounts.actors import Owner
from dure.accounts.models import Account
from dure.core import clock


def shown(key: str, *, steps: int = 0) -> str:
    """Return what the authenticator app shows now, or some steps of 30 seconds later."""
    return pyotp.TOTP(key).generate_otp(int(clock.now().timestamp()) // factors.STEP + steps)


def with_app(account: Account) -> tuple[str, list[str]]:
    """Turn the second factor on; returns the app's key and the spare codes. The code before the present one is used."""
    key = factors.new_key()
    done = set_second_factor(Owner(account), key=key, code=shown(key, steps=-1))
    return key, done.codes
