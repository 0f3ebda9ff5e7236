"""What an invite link counts: whom it told no, each browser once, and who joined on which day until today (K3)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.formats import date_format

from dure.core import clock
from dure.joining import funnel
from dure.joining.models import InviteLink
from dure.web.link_numbers import chart
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.joining import arrive, begin, confirm, fill, invite_link


def counted(link: InviteLink) -> dict[str, int]:
    """Return the steps that anybody took."""
    return {step: number for step, number in funnel.totals(link).items() if number}


def test_a_wrong_domain_that_is_corrected_kept_nobody_out(cast: Cast, post: PostOffice) -> None:
    link, browser = invite_link(cast.eve, domains=["hanbitsoft.co.kr"]), cast.visitor()
    page = begin(browser, link, id="boram@gmail.example")
    assert "addresses at hanbitsoft.co.kr" in page.error_beside("id") and counted(link) == {"opened": 1}
    confirm(browser, fill(browser, page), post)
    assert counted(link) == {"opened": 1, "started": 1, "verified": 1, "joined": 1}


def test_an_address_proven_on_a_link_used_up_meanwhile_counts_as_confirmed(cast: Cast, post: PostOffice) -> None:
    link, browser = invite_link(cast.eve, most_uses=1), cast.visitor()
    page = begin(browser, link)
    InviteLink.objects.filter(pk=link.pk).update(uses=1)
    for _again in range(2):
        assert confirm(browser, page, post).status == 410
    assert counted(link) == {"opened": 1, "started": 1, "verified": 1, "refused": 1}
    InviteLink.objects.filter(pk=link.pk).update(uses=0)
    page = browser.open(f"/join/{link.uid}/sign-up/")
    browser.submit(page, page.form_with_button("Join"), step="finish")
    assert counted(link) == {"opened": 1, "started": 1, "verified": 1, "joined": 1}, "and comes in after all"


def test_a_link_closed_before_the_code_ends_the_way_of_whoever_began(cast: Cast, post: PostOffice) -> None:
    link, browser = invite_link(cast.eve), cast.visitor()
    page = arrive(browser, link)
    InviteLink.objects.filter(pk=link.pk).update(paused_at=clock.now())
    assert browser.press(page, "Create account").status == 410
    assert browser.press(page, "Create account").status == 410
    assert counted(link) == {"opened": 1, "refused": 1}


def test_the_chart_ends_today_and_begins_when_the_link_was_made(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days are the workspace's, and the days since the last who joined are days as well."""
    link, zone = invite_link(cast.eve), ZoneInfo(cast.hanbit.time_zone)
    assert chart(link) is None
    funnel.count(link, "opened", "started", "verified", "joined")
    made = clock.now()
    alone = chart(link)
    assert alone and alone["first"] == alone["last"] and len(alone["days"]) == 1 and alone["pixels"]
    for later, begins in ((3, 0), (20, 0), (59, 0), (60, None)):
        monkeypatch.setattr(clock, "now", lambda days=later: made + timedelta(days=days))
        found = chart(link)
        if begins is None:
            assert found is None, "nobody joined within the days that are shown"
            continue
        assert found and int(found["width"]) == 10 * (later + 1)
        assert found["last"] == date_format(clock.now().astimezone(zone).date(), "SHORT_DATE_FORMAT")
        assert found["first"] == date_format(made.astimezone(zone).date(), "SHORT_DATE_FORMAT")
        assert [one["x"] for one in found["columns"]] == ["0"] and found["most"] == "1"
