"""The join requests of the demo: three people from outside wait for an answer."""

from datetime import timedelta

from django.db.models import F

from dure.accounts.actors import Owner
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.joining import funnel, links
from dure.joining.actions.requesting import ask
from dure.joining.models import InviteLink, JoinRequest
from dure.workspaces.models import Workspace

ASKING = (
    ("haneul.seo@partner.example", "서", "하늘", "ko", "워크숍 진행을 맡은 파트너사 서하늘입니다.", 26),
    ("aoi.mori@partner.example", "森", "葵", "ja", "来週のワークショップに参加します。", 5),
    ("tom.berger@atelier.example", "Berger", "Tom", "en", "", 1),
)
"""ID, name, language, what they say, and how many hours they have waited."""


def fill(workspace: Workspace, encoded: str) -> None:
    """Let three people sign up and ask by the link that needs approval; their password is everybody's."""
    link = links.of(workspace).select_related("workspace").filter(needs_approval=True).order_by("id")[:1].get()
    for address, family_name, given_name, language, message, hours in ASKING:
        at = clock.now() - timedelta(hours=hours)
        account = Account.objects.create(
            language=language, time_zone=workspace.time_zone, created_at=at, password=encoded, password_set_at=at,
            without_place_since=at,
        )  # fmt: skip
        Address.objects.create(account=account, canonical=address, kind=Address.ID, proven_at=at)
        InviteLink.objects.filter(pk=link.pk).update(uses=F("uses") + 1, last_used_at=at)
        asked = ask(Owner(account), link=link, family_name=family_name, given_name=given_name, message=message)
        funnel.count(link, "opened", "started", "verified", "asked")
        JoinRequest.objects.filter(pk=asked.pk).update(asked_at=at, expires_at=F("expires_at") - timedelta(hours=hours))
