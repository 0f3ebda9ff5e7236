"""How letters read: in the workspace's time, with a way on, broken where the language breaks."""

import re

import pytest

from dure.accounts.actions.recovering import ask_for_reset
from dure.accounts.models import Account
from dure.mail.kinds import Kind
from tests.cast import PASSWORD, Cast
from tests.mail.written import MAKERS
from tests.post import PostOffice

TOLD_ONLY = {
    Kind.EMAIL_CODE, Kind.SIGN_UP_CODE, Kind.HAND_OVER_DONE, Kind.RIGHTS_TAKEN, Kind.INVITATION_DECLINED,
    Kind.SUSPENDED, Kind.REMOVED, Kind.LEAVE_DECLINED, Kind.LEAVE_APPROVED,
}  # fmt: skip
"""Letters after which there is nothing to do but to read, or to type where one is."""


@pytest.mark.parametrize(("language", "when"), [("ko", "대한민국 시간"), ("en", "Korean Time"), ("ja", "韓国時間")])
def test_ones_own_letters_tell_the_workspaces_time(cast: Cast, post: PostOffice, language: str, when: str) -> None:
    Account.objects.update(language=language)
    ask_for_reset(address=cast.yuki.address, network="192.0.2.0/24", language="en")
    mail = post.last_to(cast.yuki.address)
    assert when in mail.text and "UTC" not in mail.text
    cast.visitor().sign_in(cast.yuki.address, PASSWORD)
    cast.visitor().sign_in(cast.yuki.address, PASSWORD)
    assert when in post.last_to(cast.yuki.address).text


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in TOLD_ONLY])
def test_every_letter_leads_on(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch, kind: Kind) -> None:
    MAKERS[kind](cast, post, monkeypatch)
    post.deliver()
    assert any(re.search(r'<a href="http', mail.part("html")) for mail in post.received)


def test_japanese_breaks_between_any_two_signs_and_korean_between_words(cast: Cast, post: PostOffice) -> None:
    for language, breaks in (("ja", "normal"), ("ko", "keep-all")):
        Account.objects.update(language=language)
        ask_for_reset(address=cast.yuki.address, network="192.0.2.0/24", language="en")
        assert f"word-break:{breaks}" in post.last_to(cast.yuki.address).part("html")
