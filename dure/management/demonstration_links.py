"""The invite links of the demo: one that many came by, one for partners that asks an admin, one that is over."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dure.accounts.models import Account
from dure.core import clock
from dure.joining import links
from dure.joining.actions.closing_links import pause_link
from dure.joining.actions.linking import make_link
from dure.joining.models import InviteLink, InviteLinkDay, InviteLinkUse
from dure.members import indexing, queries, rules
from dure.members.actors import actor_for
from dure.members.models import NEVER, Member
from dure.workspaces.models import Workspace

BY_DAY = (6, 11, 9, 4, 0, 2, 13, 17, 8, 5, 3, 0)
"""How many came by the first link on each of the last days, the latest last."""


def fill(workspace: Workspace) -> None:
    """Make the links and write what happened to them."""
    first = Member.objects.select_related("account", "workspace").get(workspace=workspace, is_super_admin=True)
    actor, at = actor_for(first), clock.now()
    domains = [first.id_key.partition("@")[2]]
    midnight = at.astimezone(ZoneInfo(workspace.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    facts = {"language": "ko", "expires_at": midnight + timedelta(days=8)}
    intake = make_link(actor, name="2026 겨울 채용", most_uses=120, domains=domains, **facts)
    make_link(actor, name="파트너사 워크숍", needs_approval=True, **facts | {"language": "ja"})
    over = make_link(actor, name="Berlin office move", most_uses=30, **facts | {"language": "en"})
    pause_link(actor, link_uid=over.uid)
    links.of(workspace).update(made_at=at - timedelta(days=3))  # before anybody asked by one
    _came(workspace, intake)


def _came(workspace: Workspace, link: InviteLink) -> None:
    at, today = clock.now(), clock.now().astimezone(ZoneInfo(workspace.time_zone)).date()
    before = at - timedelta(days=7)
    found = queries.in_state(queries.of(workspace), rules.State.ACTIVE).filter(registered_at__lt=before)
    people = list(found.filter(grants=None, is_super_admin=False).order_by("-id")[: sum(BY_DAY)])
    for place, number in enumerate(BY_DAY):
        ago = len(BY_DAY) - place
        steps = {"opened": number * 2 + ago % 3, "started": number + number // 2, "verified": number + number // 4}
        day = today - timedelta(days=ago)
        InviteLinkDay.objects.create(link=link, day=day, **steps, joined=number, refused=number // 6)
        came, people = people[:number], people[number:]
        _enter(link, came, datetime.combine(day, time(10), ZoneInfo(workspace.time_zone)))
    last = link.ledger.latest("id").at  # type: ignore[attr-defined]
    made_at = at - timedelta(days=len(BY_DAY) + 1)
    links.of(workspace).filter(pk=link.pk).update(uses=sum(BY_DAY), made_at=made_at, last_used_at=last)
    indexing.note_sign_ins(since=NEVER)


def _enter(link: InviteLink, came: list[Member], since: datetime) -> None:
    """Let them come one after the other: the ledger, the chart and the day on which each was registered agree."""
    uses = [
        InviteLinkUse(link=link, member=member, at=since + timedelta(minutes=9 * nth), new_account=nth % 3 > 0)
        for nth, member in enumerate(came)
    ]
    InviteLinkUse.objects.bulk_create(uses)
    for use in uses:
        use.member.registered_at = use.member.activated_at = use.at
    Member.objects.bulk_update(came, ["registered_at", "activated_at"])
    Account.objects.filter(pk__in=[one.account_id for one in came], signed_in_at__lt=since).update(signed_in_at=since)
