"""The command line: grants, suspension, workspaces, the doctor, the demo's company."""

import io
from collections import Counter
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.permissions import Permission
from dure.joining.models import Invitation, InviteLink
from dure.joining.rules import state_of
from dure.management import demonstration
from dure.members import queries
from dure.members.models import Member
from dure.members.rules import State
from dure.workspaces.models import Workspace
from tests.cast import Cast
from tests.post import PostOffice


def say(*words: str) -> str:
    """Run a command and return what it said."""
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_grants_come_from_the_command_line_and_are_recorded(people: Cast) -> None:
    say("members", "grant", people.yuki.address, "members.manage", "--workspace", people.hanbit.uid)
    assert people.yuki.actor.permissions == {Permission.ADMIN_ENTER, Permission.MEMBERS_MANAGE}
    event = AuditEvent.objects.filter(workspace_id=people.hanbit.pk).latest("number")
    assert (event.event, event.actor_kind, event.door) == ("member.permissions_changed", "operator", "command")
    say("members", "grant", people.yuki.address, "--workspace", people.hanbit.name)
    assert people.yuki.actor.permissions == frozenset()


def test_suspending_and_resuming_from_the_command_line(people: Cast) -> None:
    say("members", "suspend", people.yuki.address, "--workspace", people.hanbit.uid)
    assert Member.objects.get(pk=people.yuki.member.pk).state == "suspended"
    say("members", "resume", people.yuki.address, "--workspace", people.hanbit.uid)
    assert Member.objects.get(pk=people.yuki.member.pk).state == "active"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("grant", "yuki.tanaka@hanbitsoft.co.kr", "everything", "--workspace", "한빛소프트"), "Unknown: everything"),
        (("grant", "nobody@hanbitsoft.co.kr", "--workspace", "한빛소프트"), "is no member"),
        (("grant", "alex@fernweh.example", "--workspace", "한빛소프트"), "is no member"),
        (("grant", "no address", "--workspace", "한빛소프트"), "not an e-mail address"),
        (("suspend", "yuki.tanaka@hanbitsoft.co.kr"), "Several workspaces"),
        (("suspend", "yuki.tanaka@hanbitsoft.co.kr", "--workspace", "Nowhere"), "No such workspace"),
        (("suspend", "sora.han@hanbitsoft.co.kr", "--workspace", "한빛소프트"), "last super admin"),
        (("resume", "yuki.tanaka@hanbitsoft.co.kr", "--workspace", "한빛소프트"), "present state"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(people: Cast, words: tuple[str, ...], reason: str) -> None:
    events = AuditEvent.objects.count()
    with pytest.raises(CommandError, match=reason):
        say("members", *words)
    assert AuditEvent.objects.count() == events


def test_a_workspace_without_a_mail_server_shows_its_link(db: Any, no_post: None) -> None:
    said = say("workspace", "create", "Fernweh", "--admin", "alex@fernweh.example")
    assert f"{settings.DURE['PUBLIC_URL']}/l/" in said
    assert Workspace.objects.get().uid in say("workspace", "list")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("--admin", "nobody"), "not an e-mail address"),
        (("--languages", "fr"), "Choose Korean"),
        (("--time-zone", "Mars/Olympus"), "Choose a time zone"),
        (("--admin", "alex@fernweh.example"), "belongs to somebody else"),
    ],
)
def test_a_workspace_that_cannot_be_created_leaves_nothing(
    people: Cast, no_post: None, change: tuple[str, ...], reason: str
) -> None:
    words = {"--admin": "new@example.com", "--languages": "en", "--time-zone": "UTC"} | dict([change])
    with pytest.raises(CommandError, match=reason):
        say("workspace", "create", "Third", *[word for pair in words.items() for word in pair])
    assert Workspace.objects.count() == 2


def test_the_demos_company_looks_like_one(db: Any, post: PostOffice) -> None:
    workspace = demonstration.fill()
    states = {str(state_of(one)) for one in Invitation.objects.filter(workspace=workspace)}
    assert states == {"waiting", "accepted", "declined", "run_out", "withdrawn"}
    assert queries.of(workspace).count() == demonstration.SIZE
    for state in State:
        assert queries.in_state(queries.of(workspace), state).exists(), state
    assert {"ko", "en", "ja"} == set(queries.of(workspace).values_list("name_language", flat=True))
    roles = queries.roles(list(queries.of(workspace)))
    told = {roles(member) for member in queries.of(workspace)}
    assert told == {"super_admin", "admin", "member"}
    assert "BAD" not in say("audit", "verify"), "every workspace of the demo was founded by an event"


def test_an_untouched_trail_is_verified_and_a_changed_one_named(people: Cast) -> None:
    with pytest.raises(SystemExit):
        say("audit", "verify")  # the cast's second workspace was founded without an event
    say("members", "suspend", people.yuki.address, "--workspace", people.hanbit.uid)
    said = say("audit", "verify", "--workspace", people.hanbit.uid)
    assert "ok " in said and "한빛소프트: holds up to number 3, " in said and "Fernweh" not in said
    AuditEvent.objects.filter(workspace_id=people.hanbit.pk, number=2).update(door="web")
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit", "verify", stdout=out)
    assert ended.value.code == 1
    assert "BAD " in out.getvalue() and "한빛소프트: number 2 was changed" in out.getvalue()
    assert "Fernweh: number 1 was changed" in out.getvalue(), "every workspace was founded by an event"
    with pytest.raises(CommandError, match="No such workspace"):
        say("audit", "verify", "--workspace", "Nowhere")


def test_the_demos_chart_ledger_and_newcomers_agree(db: Any, post: PostOffice) -> None:
    workspace = demonstration.fill()
    link = InviteLink.objects.get(workspace=workspace, name="2026 겨울 채용")
    uses = list(link.ledger.select_related("member"))  # type: ignore[attr-defined]
    zone = ZoneInfo(workspace.time_zone)
    by_day = Counter(use.at.astimezone(zone).date() for use in uses)
    assert by_day == {day.day: day.joined for day in link.days.all() if day.joined}  # type: ignore[attr-defined]
    assert len(uses) == link.uses and min(by_day) >= link.made_at.astimezone(zone).date()
    assert all(use.member.registered_at == use.at and link.made_at < use.at <= clock.now() for use in uses)
    week = clock.now() - timedelta(days=7)
    lately = set(queries.of(workspace).filter(registered_at__gte=week).values_list("pk", flat=True))
    by_invitation = set(Invitation.objects.filter(workspace=workspace, accepted_at__isnull=False).values_list("member"))
    assert lately == {use.member_id for use in uses if use.at >= week} | {pk for (pk,) in by_invitation}
