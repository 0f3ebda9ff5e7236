"""PRODUCT.md §4.1: admins see with which devices a member opened their workspace, and of other devices nothing."""

from datetime import timedelta

import pytest

from dure.core import clock
from dure.members.models import DeviceUse
from tests.cast import Cast, join


def panel(cast: Cast) -> str:
    return f"admin/members/{cast.yuki.member.uid}/"


def test_a_device_stands_in_the_panel_of_the_workspace_it_opened_and_of_no_other(cast: Cast) -> None:
    minjun = cast.minjun.browser()
    assert "last here" not in minjun.open(cast.at(panel(cast))).text
    there = join(cast.fernweh, "yuki@fernweh.example", "田中", "雪")
    cast.yuki.browser().open(cast.at())
    page = minjun.open(cast.at(panel(cast)))
    assert page.text.count("last here") == 1 and "signed out" not in page.text
    assert not DeviceUse.objects.filter(member=there.member).exists()
    elsewhere = cast.alex.browser().open(f"/w/{cast.fernweh.uid}/admin/members/{there.member.uid}/")
    assert "last here" not in elsewhere.text


def test_a_device_that_was_signed_out_is_told_as_such(cast: Cast) -> None:
    yuki = cast.yuki.browser()
    yuki.press(yuki.open(cast.at("more/")), "Sign out")
    assert "signed out" in cast.minjun.browser().open(cast.at(panel(cast))).text


def test_the_use_is_written_once_an_hour_and_not_at_every_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    yuki = cast.yuki.browser()
    yuki.open(cast.at())
    use = DeviceUse.objects.get(member=cast.yuki.member)
    yuki.open(cast.at("more/"))
    assert DeviceUse.objects.get(member=cast.yuki.member).last_at == use.last_at
    past = use.last_at - timedelta(hours=2)
    DeviceUse.objects.update(first_at=past, last_at=past)
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(hours=1, minutes=1))
    yuki.open(cast.at())
    later = DeviceUse.objects.get(member=cast.yuki.member)
    assert later.first_at == past and later.last_at > use.last_at
