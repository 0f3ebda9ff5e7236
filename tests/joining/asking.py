"""People from outside who ask to be let in, as they stand once they have pressed the button of an invite link."""

from datetime import timedelta
from typing import Any

from django.db.models import F

from dure.accounts.actors import Owner
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.action import writing
from dure.joining.actions.linking import make_link
from dure.joining.actions.requesting import ask
from dure.joining.models import InviteLink, JoinRequest
from tests.cast import Cast, password_hash

NORA = "nora.lind@outside.example"


def invite_link(cast: Cast, **settings: Any) -> InviteLink:
    """Let Minjun make a link that needs approval."""
    week = clock.now() + timedelta(days=7)
    typed = {"name": "Winter hiring", "language": "en", "expires_at": week, "needs_approval": True, **settings}
    return make_link(cast.minjun.actor, **typed)


def signed_up(address: str = NORA, *, language: str = "en") -> Account:
    """Make an account that came by sign-up and has no place anywhere."""
    at = clock.now()
    account = Account.objects.create(
        language=language, time_zone="Asia/Seoul", created_at=at, password=password_hash(), password_set_at=at,
        without_place_since=at,
    )  # fmt: skip
    Address.objects.create(account=account, canonical=address, kind=Address.ID, proven_at=at)
    return account


def asks(
    account: Account, link: InviteLink, *, family_name: str = "Lind", given_name: str = "Nora", message: str = ""
) -> JoinRequest:
    """Ask, as the joining page does: with a use of the link spent."""
    with writing():
        locked = InviteLink.objects.select_for_update().select_related("workspace").get(pk=link.pk)
        InviteLink.objects.filter(pk=link.pk).update(uses=F("uses") + 1)
        return ask(Owner(account), link=locked, family_name=family_name, given_name=given_name, message=message)


def asked_to_join(cast: Cast, **typed: Any) -> JoinRequest:
    """Let Nora sign up and ask by a link of 한빛소프트."""
    return asks(signed_up(), invite_link(cast), **typed)


def crowd(cast: Cast, number: int, link: InviteLink | None = None) -> list[JoinRequest]:
    """Let so many people ask by one link."""
    link = link or invite_link(cast)
    return [
        asks(signed_up(f"guest{number}@outside.example"), link, family_name="Guest", given_name=f"G{number}")
        for number in range(number)
    ]
