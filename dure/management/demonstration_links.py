"""The invite links of the demo: one that many came by, one for partners that asks an admin, one that is over."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from dure.core import clock
from dure.joining import links
from dure.joining.actions.closing_links import pause_link
from dure.joining.actions.linking import make_link
from dure.joining.models import InviteLink, InviteLinkDay, InviteLinkUse
from dure.members import queries, rules
from dure.members.actors import actor_for
from dure.members.models import Member
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
    _came(workspace, intake)


def _came(workspace: Workspace, link: InviteLink) -> None:
    at, today = clock.now(), clock.now().astimezone(ZoneInfo(workspace.time_zone)).date()
    found = queries.in_state(queries.of(workspace), rules.State.ACTIVE).filter(is_super_admin=False)
    people = list(found.order_by("-id")[: sum(BY_DAY)])
    for place, number in enumerate(BY_DAY):
        ago = len(BY_DAY) - place
        steps = {"opened": number * 2 + ago % 3, "started": number + number // 2, "verified": number + number // 4}
        day = today - timedelta(days=ago)
        InviteLinkDay.objects.create(link=link, day=day, **steps, joined=number, refused=number // 6)
        came, people = people[:number], people[number:]
        moment = at - timedelta(days=ago, minutes=9 * number)
        InviteLinkUse.objects.bulk_create(
            InviteLinkUse(link=link, member=member, at=moment + timedelta(minutes=9 * nth), new_account=nth % 3 > 0)
            for nth, member in enumerate(came)
        )
    last = link.ledger.latest("id").at  # type: ignore[attr-defined]
    made_at = at - timedelta(days=len(BY_DAY) + 1)
    links.of(workspace).filter(pk=link.pk).update(uses=sum(BY_DAY), made_at=made_at, last_used_at=last)
