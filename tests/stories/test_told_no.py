"""Whom an invite link told no: whose way ended there, each browser once, nobody who came in after all (K3)."""

from dure.core import clock
from dure.joining import funnel
from dure.joining.models import InviteLink
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
