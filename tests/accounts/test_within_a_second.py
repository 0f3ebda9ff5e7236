"""Leaving means out, within a second, while people are working (PRODUCT.md §4.9): real threads, on both databases.

Browsers open a page again and again in threads of their own while something ends what they had.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection

from dure.accounts.actions import factors as own
from dure.accounts.actions.signing_out import sign_out_others
from dure.accounts.actors import Owner
from dure.accounts.models import Session
from dure.core import clock
from dure.members.actions.leaving import date_removal, remove
from dure.members.actions.pausing import put_on_leave
from dure.members.actions.resetting import reset_factor
from dure.members.actions.suspending import suspend
from dure.members.models import Member
from tests.accounts.factor import shown, with_app
from tests.cast import PASSWORD, Cast, join
from tests.post import PostOffice
from tests.stories.steps import NEW_PASSWORD
from tests.visitor import Visitor

WARM, AFTER = 0.2, 1.1
"""Seconds of work before the act, and after it."""


@dataclass
class Poll:
    """One request: when it was asked, when it was answered, and whether it got in."""

    asked: float
    answered: float
    got_in: bool


def working(browser: Visitor, path: str, polls: list[Poll], stopped: threading.Event) -> None:
    """Open a page until told to stop; who is let in stays on it."""
    while not stopped.is_set():
        asked = time.monotonic()
        page = browser.open(path)
        polls.append(Poll(asked, time.monotonic(), page.status == 200 and page.path == path))


def while_working(browsers: list[tuple[Visitor, str]], act: Callable[[], object]) -> tuple[float, list[list[Poll]]]:
    """Let every browser work, act in their midst; returns when it was done, and what each one got."""
    stopped, found = threading.Event(), [list[Poll]() for _browser in browsers]
    threads = [
        threading.Thread(target=working, args=(browser, path, polls, stopped))
        for (browser, path), polls in zip(browsers, found, strict=True)
    ]
    for thread in threads:
        thread.start()
    time.sleep(WARM)
    act()
    done = time.monotonic()
    time.sleep(AFTER)
    stopped.set()
    for thread in threads:
        thread.join(30)
    connection.close()
    assert all(len(polls) > 5 for polls in found)
    return done, found


def ended(polls: list[Poll], done: float) -> None:
    """Assert that it worked before, and that nothing asked afterwards, or answered a second later, got in."""
    assert polls[0].got_in
    late = [poll for poll in polls if poll.asked > done or poll.answered > done + 1]
    assert late and not [poll for poll in late if poll.got_in]


def went_on(polls: list[Poll]) -> None:
    """Assert that nothing was interrupted."""
    assert all(poll.got_in for poll in polls)


def in_both(cast: Cast) -> str:
    """Put Yuki into Alex's workspace too; returns its address."""
    other = join(cast.fernweh, "second@fernweh.example", "Second", "Su")
    Member.objects.filter(pk=other.member.pk).update(account=cast.yuki.account)
    return f"/w/{cast.fernweh.uid}/"


CLOSES: dict[str, Callable[[Cast], object]] = {
    "suspended": lambda cast: suspend(cast.sora.actor, member_uid=cast.yuki.member.uid),
    "removed": lambda cast: remove(cast.sora.actor, member_uid=cast.yuki.member.uid),
    "on leave": lambda cast: put_on_leave(
        cast.sora.actor,
        chosen=Member.objects.filter(pk=cast.yuki.member.pk),
        leave_until=clock.now() + timedelta(days=1),
    ),
    "removed by the clock": lambda cast: (
        date_removal(
            cast.sora.actor,
            chosen=Member.objects.filter(pk=cast.yuki.member.pk),
            on=clock.now() + timedelta(seconds=0.2),
        )
        and time.sleep(0.2)
    ),
}
"""What closes one workspace to a member: the other one goes on."""


@pytest.mark.parametrize("name", CLOSES)
def test_one_workspace_closes_and_the_other_goes_on(cast: Cast, post: PostOffice, name: str) -> None:
    other = in_both(cast)
    one, two = cast.yuki.browser(), cast.yuki.browser()
    browsers = [(one, cast.at()), (one, other), (two, cast.at("more/")), (two, other)]
    done, found = while_working(browsers, lambda: CLOSES[name](cast))
    for (_browser, path), polls in zip(browsers, found, strict=True):
        if path == other:
            went_on(polls)
        else:
            ended(polls, done)


def by_password(cast: Cast, here: Visitor) -> None:
    page = here.open("/account/password/")
    assert here.fill_in(page, current_password=PASSWORD, new_password=NEW_PASSWORD).path == "/workspaces/"


def by_resetting(cast: Cast, here: Visitor) -> None:
    reset_factor(cast.sora.actor, member_uid=cast.yuki.member.uid)


def by_second_factor(cast: Cast, here: Visitor) -> None:
    with_app(cast.yuki.account)


def by_turning_off(cast: Cast, here: Visitor) -> None:
    own.remove_second_factor(Owner(cast.yuki.account))


def by_signing_out_elsewhere(cast: Cast, here: Visitor) -> None:
    sign_out_others(Owner(cast.yuki.account), session_key="none of them")


ACTS: dict[str, tuple[bool, bool, Callable[[Cast, Visitor], None]]] = {
    "the password is changed": (False, True, by_password),
    "a second factor is turned on": (False, False, by_second_factor),
    "the second factor is turned off": (True, False, by_turning_off),
    "an admin resets the second factor": (True, False, by_resetting),
    "the owner signs out everywhere else": (False, False, by_signing_out_elsewhere),
}
"""What ends every session: whether it needs a factor, whether the browser that does it stays in, and how."""


@pytest.mark.parametrize("name", ACTS)
def test_everywhere_else_is_out_and_others_go_on(cast: Cast, post: PostOffice, name: str) -> None:
    with_factor, stays, act = ACTS[name]
    if with_factor:
        key, _codes = with_app(cast.yuki.account)
    here, *others = [cast.visitor() for _number in range(3)]
    for number, browser in enumerate((here, *others)):
        page = browser.sign_in(cast.yuki.address, PASSWORD)
        if with_factor:
            own_step = {0: shown(key), 1: shown(key, steps=1)}.get(number, _codes[0])
            page = browser.fill_in(page, code=own_step)
        assert page.path == cast.at()
    eve = cast.eve.browser()
    browsers = [(others[0], cast.at()), (others[1], "/account/"), (eve, cast.at("admin/"))]
    done, (first, second, hers) = while_working(browsers, lambda: act(cast, here))
    ended(first, done)
    ended(second, done)
    went_on(hers)
    assert (here.open(cast.at()).path == cast.at()) is stays
    assert Session.objects.filter(account=cast.yuki.account).count() == int(stays)
