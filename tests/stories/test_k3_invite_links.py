"""K3: “Invite links are made by a super admin, or by an admin with the permission *Enter the admin service*,
and by nobody else.”
"""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from dure.accounts.actors import Operator
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.errors import NotAllowed, NotFound
from dure.joining import links, ways
from dure.joining.actions import closing_links, linking
from dure.joining.models import InviteLink
from dure.joining.rules import LinkState, link_state_of
from dure.members.actions.administering import grant
from dure.members.models import Grant, Member
from dure.web.invite_links import rows_of
from dure.web.tabs import counted
from tests.cast import Cast, Person
from tests.post import PostOffice
from tests.stories.link_steps import fill_in, make, now
from tests.visitor import Page


def address_on(page: Page) -> str:
    """Return the address that stands on a link's page."""
    found = re.search(r'id="address"[^>]*>([^<]+)<', page.body)
    assert found, page.text
    return found[1]


def secret_of(address: str) -> str:
    """Return the secret in an address."""
    return address.rpartition("/j/")[2]


@pytest.mark.parametrize("name", ["sora", "eve", "minjun"])
def test_super_admins_and_admins_make_a_link_that_opens(cast: Cast, post: PostOffice, name: str) -> None:
    somebody: Person = getattr(cast, name)
    browser = somebody.browser()
    page = browser.follow(browser.follow(browser.open(cast.at("admin/")), "Invitations"), "Make an invite link")
    page = browser.fill_in(page, name="Winter intake", most_uses="10", domains="hanbitsoft.co.kr, @Partner.example")
    assert "The link is made" in page.text and "Winter intake" in page.text and "0 / 10" in page.text
    way = ways.find(secret_of(address_on(page)))
    assert way is not None and way.link is not None and way.workspace == cast.hanbit
    link = way.link
    assert link.made_by_id == somebody.member.pk and link.domains == ["hanbitsoft.co.kr", "partner.example"]
    assert link_state_of(link) is LinkState.OPEN and link.most_uses == 10 and not link.needs_approval
    assert ways.by_code(ways.code_of(link).lower()) == link and ways.code_of(link) in page.text
    assert "hanbitsoft.co.kr, partner.example" in page.text


def test_a_link_is_open_for_seven_days_until_the_end_of_the_workspaces_day(cast: Cast) -> None:
    page = fill_in(cast, cast.sora.browser())
    link = InviteLink.objects.get()
    assert timedelta(days=7) < link.expires_at - clock.now() <= timedelta(days=8)
    assert link.expires_at.hour == 15 and link.expires_at.minute == 0, "midnight in Seoul"
    assert "days left" in page.text and link.most_uses is None and link.domains == []


def test_members_strangers_and_visitors_make_none(cast: Cast) -> None:
    make(cast)
    source = cast.sora.browser().open(cast.at("admin/links/new/"))
    for browser in (cast.yuki.browser(), cast.alex.browser(), cast.visitor()):
        page = browser.open("/reset/")
        sent = browser.send(page, cast.at("admin/links/new/"), name="Mine", language="en", expires_on="2099-01-01")
        assert sent.status in (302, 403, 404), sent.text
        assert browser.open(cast.at("admin/links/"), follow=False).status in (302, 403, 404)
    assert source.status == 200 and InviteLink.objects.count() == 1
    for somebody in (cast.yuki, cast.alex):
        with pytest.raises(NotAllowed) if somebody is cast.yuki else pytest.raises(NotFound):
            closing_links.withdraw_link(somebody.actor, link_uid=InviteLink.objects.get().uid)
    assert now(InviteLink.objects.get()).withdrawn_at is None


def test_an_admin_whose_rights_are_taken_makes_none_any_more(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    page = browser.open(cast.at("admin/links/new/"))
    grant(cast.sora.actor, member_uid=cast.minjun.member.uid, permissions=[])
    assert browser.fill_in(page, name="Late").status == 403
    assert InviteLink.objects.count() == 0 and not Grant.objects.filter(member=cast.minjun.member).exists()


def test_rights_of_one_workspace_open_no_link_of_another(cast: Cast) -> None:
    link, browser = make(cast), cast.alex.browser()
    theirs = f"/w/{cast.fernweh.uid}/admin/links/{link.uid}/"
    for path in ("", "edit/", "qr.png", "qr.svg", "poster/", "act/withdraw/", "act/renew/"):
        assert browser.open(theirs + path).status == 404
    page = browser.open(f"/w/{cast.fernweh.uid}/admin/links/new/")
    for step in ("pause", "resume", "renew", "withdraw"):
        assert browser.send(page, f"{theirs}act/{step}/").status == 404
    assert browser.send(page, f"{theirs}edit/", name="Mine").status == 404
    with pytest.raises(NotFound):
        linking.edit_link(
            cast.alex.actor, link_uid=link.uid, name="Mine", language="en", expires_at=link.expires_at,
            most_uses=None, domains=[], needs_approval=False,
        )  # fmt: skip
    assert now(link).name == "Winter intake" and now(link).generation == 1
    assert "Winter intake" not in browser.open(f"/w/{cast.fernweh.uid}/admin/links/").text


def test_forged_fields_give_nobody_a_role(cast: Cast) -> None:
    browser = cast.eve.browser()
    page = browser.open(cast.at("admin/links/new/"))
    form = page.form_with("name")
    forged = {
        "role": "super_admin", "is_super_admin": "on", "permission": "admins.manage", "permissions": "members.manage",
        "workspace": cast.fernweh.uid, "workspace_id": str(cast.fernweh.pk), "uses": "-5", "generation": "7",
        "made_by_id": str(cast.sora.member.pk), "uid": "x" * 22, "code": "AAAAAAAA",
    }  # fmt: skip
    form.fields += list(forged.items())
    before = {(one.pk, one.is_super_admin) for one in Member.objects.all()}, set(Grant.objects.values_list("pk"))
    browser.submit(page, form, name="Forged")
    link = InviteLink.objects.get()
    assert link.workspace == cast.hanbit and link.made_by_id == cast.eve.member.pk
    assert (link.uses, link.generation) == (0, 1) and link.uid != "x" * 22
    columns = {field.name for field in InviteLink._meta.get_fields()}
    assert not columns & {"role", "permissions", "is_super_admin", "grants"}, "a link knows no role"
    assert before == (
        {(one.pk, one.is_super_admin) for one in Member.objects.all()},
        set(Grant.objects.values_list("pk")),
    )


WRONG = {
    "name": ("  ", "Give the link a name"),
    "expires_on": ("2020-01-01", "Choose today or a day within the next year"),
    "most_uses": ("0", "from 1 to 100,000"),
    "domains": ("hanbitsoft.co.kr, not a domain!", "No domain: “not”, “a”, “domain!”"),
}


@pytest.mark.parametrize("field", WRONG)
def test_an_error_stands_beside_its_field_and_nothing_typed_is_lost(cast: Cast, field: str) -> None:
    typed, said = WRONG[field]
    facts = {"name": "Winter intake", "most_uses": "25", "domains": "hanbitsoft.co.kr", "needs_approval": "on"}
    page = fill_in(cast, cast.eve.browser(), **{**facts, field: typed})
    assert said in page.error_beside(field) or "Fill this in" in page.error_beside(field), page.text
    kept = dict(page.form_with("name").fields)
    for name, value in {**facts, field: typed}.items():
        assert kept[name].strip() == ("" if name == "needs_approval" else value.strip()), name
    assert InviteLink.objects.count() == 0


def test_everything_that_is_wrong_is_told_at_once(cast: Cast) -> None:
    wrong = {field: typed for field, (typed, _said) in WRONG.items() if field != "name"}
    page = fill_in(cast, cast.eve.browser(), name="Winter intake", **wrong)
    for field in wrong:
        assert WRONG[field][1] in page.error_beside(field), field
    page = fill_in(cast, cast.eve.browser(), **{**wrong, "name": "", "most_uses": "many"})
    for field, said in {"name": "Fill this in", "most_uses": "whole number", "expires_on": "year"}.items():
        assert said in page.error_beside(field), field
    assert WRONG["domains"][1] in page.error_beside("domains")


def test_every_domain_that_is_none_is_named_in_the_quotation_marks_of_the_reader() -> None:
    refused = linking.InvalidDomain(["here", "there"])
    for language, said in {"en": "“here”, “there”", "ko": "“here”, “there”", "ja": "「here」, 「there」"}.items():
        with translation.override(language):
            assert said in refused.sentence(), refused.sentence()


@pytest.mark.parametrize("number", ["100001", "-1", "9" * 30])
def test_uses_are_from_one_to_a_hundred_thousand(cast: Cast, number: str) -> None:
    page = fill_in(cast, cast.eve.browser(), most_uses=number)
    assert "from 1 to 100,000" in page.error_beside("most_uses") and InviteLink.objects.count() == 0


def test_one_form_sent_twice_is_one_link_and_another_form_another(cast: Cast) -> None:
    browser = cast.eve.browser()
    page = browser.open(cast.at("admin/links/new/"))
    first = browser.fill_in(page, name="Winter intake")
    again = browser.fill_in(page, name="Winter intake")
    assert address_on(first) == address_on(again) and InviteLink.objects.count() == 1
    assert AuditEvent.objects.filter(event="link.made").count() == 1
    changed = browser.fill_in(page, name="Summer intake")
    assert address_on(changed) != address_on(first) and InviteLink.objects.count() == 2


def test_the_list_says_state_uses_maker_and_last_use_and_no_address(cast: Cast) -> None:
    empty = cast.eve.browser().open(cast.at("admin/links/"))
    assert "No invite link yet" in empty.text and empty.has_link("Make an invite link")
    link = make(cast, cast.eve, most_uses=5)
    InviteLink.objects.filter(pk=link.pk).update(uses=3, last_used_at=clock.now())
    closing_links.pause_link(cast.sora.actor, link_uid=make(cast, name="Partners").uid)
    page = cast.sora.browser().open(cast.at("admin/links/"))
    for said in ("Winter intake", "3 / 5", "Eve Adler", "Partners", "paused", "open"):
        assert said in page.text, said
    assert secret_of(ways.address_of(link)) not in page.body and "/j/" not in page.body
    paused = cast.sora.browser().open(cast.at("admin/links/?state=paused"))
    assert "Partners" in paused.text and "Winter intake" not in paused.text
    assert "Invite links 1" in page.text, "what is open is counted on the tab"
    assert ">1 open</span>" in page.body and ">0 waiting</span>" in page.body, "and says what its number means"
    assert "All 2 open 1 paused 1 used up 0 expired 0 withdrawn 0" in page.text


@pytest.mark.parametrize(
    ("closed", "says"),
    [
        ({"paused_at": clock.now()}, True),
        ({"withdrawn_at": clock.now()}, False),
        ({"most_uses": 1, "uses": 1}, False),
        ({"expires_at": clock.now() + timedelta(days=400)}, False),
    ],
)
def test_what_lets_nobody_in_any_more_tells_no_time_that_is_left(
    cast: Cast, closed: dict[str, Any], says: bool
) -> None:
    link, browser = make(cast), cast.eve.browser()
    InviteLink.objects.filter(pk=link.pk).update(**closed)
    for path in ("admin/links/", f"admin/links/{link.uid}/"):
        assert ("days left" in browser.open(cast.at(path)).text) is says, path


def test_the_list_goes_on_from_where_it_ended(cast: Cast) -> None:
    for number in range(links.PAGE + 3):
        make(cast, name=f"Link no. {number:03}")
    browser = cast.sora.browser()
    first = browser.open(cast.at("admin/links/"))
    second = browser.follow(first, "Next")
    seen = re.findall(r"Link no\. \d{3}", first.text + second.text)
    assert seen == [f"Link no. {number:03}" for number in reversed(range(links.PAGE + 3))]
    assert not second.has_link("Next")


def test_the_states_of_the_list_are_those_of_the_links(people: Cast) -> None:
    at = clock.now()
    facts: dict[str, dict[str, Any]] = {
        "open": {}, "paused": {"paused_at": at}, "used up": {"uses": 5}, "over": {"expires_at": at},
        "gone": {"withdrawn_at": at}, "paused and over": {"paused_at": at, "expires_at": at},
        "paused and used up": {"paused_at": at, "uses": 5}, "gone and paused": {"withdrawn_at": at, "paused_at": at},
        "from a clock that was ahead": {"expires_at": at + timedelta(days=400)}, "any number": {"most_uses": None},
    }  # fmt: skip
    for name, changed in facts.items():
        link = make(people, name=name, most_uses=5)
        InviteLink.objects.filter(pk=link.pk).update(**changed)
    for state in LinkState:
        listed = set(links.in_state(links.of(people.hanbit), state).values_list("name", flat=True))
        assert listed == {one.name for one in InviteLink.objects.all() if link_state_of(one) is state}, state


def test_secrets_are_in_no_trail_and_the_page_is_kept_nowhere(cast: Cast) -> None:
    link = make(cast)
    page = cast.eve.browser().open(cast.at(f"admin/links/{link.uid}/"))
    assert page.headers["cache-control"] == "no-store" and page.headers["referrer-policy"] == "no-referrer"
    assert '<meta name="referrer" content="no-referrer">' in page.body
    told = " ".join(str(row) for row in AuditEvent.objects.values_list())
    assert ways.secret_of(link).partition(".")[2] not in told and ways.code_of(link) not in told
    trail = cast.sora.browser().open(cast.at("admin/audit/"))
    assert "made the invite link “Winter intake”" in trail.text


def test_the_operator_stands_for_nobody(people: Cast) -> None:
    link = linking.make_link(
        Operator(workspace_id=people.hanbit.pk), name="X", language="ko", expires_at=clock.now() + timedelta(days=1)
    )
    assert link.made_by_id is None and links.makers(people.hanbit, [link]) == {}


def test_the_list_costs_the_same_for_one_link_and_for_thirty(people: Cast) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            rows_of(people.hanbit, links.page(people.hanbit)[0])
            counted(people.sora.actor)
        return len(asked)

    make(people, people.eve)
    one = cost()
    for number in range(29):
        make(people, [people.sora, people.eve, people.minjun][number % 3])
    assert cost() == one
