"""One's own profile: all that the workspace holds about one, and changing what one may (PRODUCT.md §2)."""

from pathlib import Path
from typing import Any

import pytest

from dure.audit.models import AuditEvent
from dure.members.actions import editing
from dure.members.actors import actor_for
from dure.members.models import Change, Member, Profile
from tests.cast import Cast
from tests.index import refresh
from tests.stories.test_n11_change_details import picture

COMPANYS = {"employee_number": "H-204", "duty": "Treasury", "work_place": "Seoul", "join_date": "2020-03-02"}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Photos of this test go into a folder of its own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def known(cast: Cast) -> Cast:
    """The company knows some things of Yuki."""
    Profile.objects.create(workspace=cast.hanbit, member=cast.yuki.member, mobile_phone="+821012345678", **COMPANYS)
    refresh(cast.yuki.member)
    return cast


def test_yuki_sees_everything_and_who_else_sees_what(known: Cast) -> None:
    browser = known.yuki.browser()
    page = browser.follow(browser.follow(browser.open(known.at()), "More"), "My profile")
    for words in (*COMPANYS.values(), "+82 10-1234-5678", known.yuki.address, "田中 雪", "member"):
        assert words in page.text, words
    seen, unseen = page.text.index("Every member sees"), page.text.index("Only you and your admins see")
    assert seen < page.text.index("田中 雪", seen) < unseen < page.text.index("H-204")
    minjun = known.minjun.browser().open(known.at("profile/"))
    assert "Member management" in minjun.text and "H-204" not in minjun.text


def test_yuki_changes_what_is_hers_to_say(known: Cast) -> None:
    browser = known.yuki.browser()
    form = browser.follow(browser.open(known.at("profile/")), "Edit")
    typed = {"nickname": "ゆっきー", "name_en": "Yuki Tanaka", "office_phone": "02-555-9081", "mobile_phone": ""}
    page = browser.fill_in(form, **typed)
    assert "Your profile is saved" in page.text and "ゆっきー" in page.text
    row = Profile.objects.get(member=known.yuki.member)
    assert (row.nickname, row.office_phone, row.mobile_phone) == ("ゆっきー", "+8225559081", "")
    assert row.employee_number == "H-204" and row.duty == "Treasury"
    changes = {one.field: (one.before, one.after, one.actor_id) for one in Change.objects.all()}
    assert changes["nickname"] == ("", "ゆっきー", known.yuki.member.pk)
    event = AuditEvent.objects.get(event="member.own_profile_edited")
    assert set(event.fields) == {"nickname", "name_en", "office_phone", "mobile_phone"}
    assert (event.actor_id, event.subject_id) == (known.yuki.member.pk, known.yuki.member.pk)
    assert "ゆっきー" in known.eve.browser().open(known.at("people/?q=%E3%82%86%E3%81%A3%E3%81%8D")).text
    assert "ゆっきー" in known.minjun.browser().open(known.at(f"admin/members/{known.yuki.member.uid}/")).text
    assert "changed their own profile" in known.sora.browser().open(known.at("admin/audit/")).text


def test_what_the_company_says_is_shown_and_not_taken_from_a_form(known: Cast) -> None:
    browser = known.yuki.browser()
    page = browser.open(known.at("profile/edit/"))
    form = page.form_with("nickname", "was")
    assert not form.inputs & {*COMPANYS, "family_name", "given_name", "private_address", "id"}
    form.fields += [(name, "forged") for name in (*COMPANYS, "family_name", "given_name", "state", "is_super_admin")]
    browser.submit(page, form, nickname="Snow")
    row, member = Profile.objects.get(member=known.yuki.member), Member.objects.get(pk=known.yuki.member.pk)
    assert (row.nickname, row.employee_number, row.duty) == ("Snow", "H-204", "Treasury")
    assert (member.family_name, member.is_super_admin) == ("田中", False)


def test_the_action_itself_takes_no_more_than_the_form(known: Cast) -> None:
    actor = actor_for(Member.objects.select_related("account", "workspace").get(pk=known.yuki.member.pk))
    typed = {"nickname": "Snow", "employee_number": "1", "family_name": "X"}
    editing.edit_own_profile(actor, typed=typed, was={})
    assert Profile.objects.get(member=known.yuki.member).employee_number == "H-204"
    assert not Profile.objects.exclude(member=known.yuki.member).exists(), "nobody else's"


def test_what_an_admin_changed_meanwhile_is_told_and_not_overwritten(known: Cast) -> None:
    browser, admin = known.yuki.browser(), known.minjun.browser()
    form = browser.open(known.at("profile/edit/"))
    edit = known.at(f"admin/members/{known.yuki.member.uid}/edit/")
    admin.fill_in(admin.open(edit), nickname="Frost", duty="Audit")
    refused = browser.fill_in(form, nickname="Snow", name_en="Yuki")
    assert "Frost" in refused.error_beside("nickname")
    row = Profile.objects.get(member=known.yuki.member)
    assert (row.nickname, row.name_en, row.duty) == ("Frost", "", "Audit")
    browser.fill_in(refused, nickname="Snow")
    row = Profile.objects.get(member=known.yuki.member)
    assert (row.nickname, row.name_en, row.duty) == ("Snow", "Yuki", "Audit"), "saving again is meant"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mobile_phone", "call me"),
        ("birthday", "2999-01-01"),
        ("nickname", "x" * 101),
        ("nickname", "two\u202elines"),
        ("time_zone", "Mars/Olympus"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_lost(known: Cast, field: str, value: str) -> None:
    browser = known.yuki.browser()
    page = browser.fill_in(browser.open(known.at("profile/edit/")), **{"name_en": "Kept", field: value})
    assert page.error_beside(field) and 'value="Kept"' in page.body
    assert Profile.objects.get(member=known.yuki.member).name_en == "" and not Change.objects.exists()


def test_a_photo_is_added_seen_by_others_and_taken_away(known: Cast, folder: Path) -> None:
    browser = known.yuki.browser()
    form = browser.open(known.at("profile/edit/"))
    page = browser.send_file(form, "photo", "me.png", picture("PNG"))
    photo = Profile.objects.get(member=known.yuki.member).photo
    assert photo and photo in page.body and len(list(folder.rglob("*.webp"))) == 2
    assert photo in known.eve.browser().open(known.at("people/")).body
    browser.fill_in(browser.open(known.at("profile/edit/")), no_photo="on")
    assert Profile.objects.get(member=known.yuki.member).photo == "" and not list(folder.rglob("*.webp"))
    assert [one.field for one in Change.objects.all()] == ["photo", "photo"]


def test_a_file_that_is_no_photo_changes_nothing(known: Cast, folder: Path) -> None:
    browser = known.yuki.browser()
    page = browser.send_file(browser.open(known.at("profile/edit/")), "photo", "me.png", b"not a picture")
    assert page.error_beside("photo") and not list(folder.rglob("*")) and not Change.objects.exists()


def test_a_form_sealed_for_something_else_is_refused(known: Cast) -> None:
    browser = known.yuki.browser()
    page = browser.open(known.at("profile/edit/"))
    edited = known.minjun.browser().open(known.at(f"admin/members/{known.yuki.member.uid}/edit/"))
    elsewhere = dict(edited.form_with("was").fields)["was"]
    for was in ("forged", elsewhere):
        refused = browser.fill_in(page, nickname="Snow", was=was)
        assert "open for too long" in refused.text and not Change.objects.exists()


def test_everything_that_is_wrong_is_told_at_once(known: Cast) -> None:
    browser = known.yuki.browser()
    page = browser.open(known.at("profile/edit/"))
    wrong = {"office_phone": "abc", "birthday": "2999-01-01", "time_zone": "Mars/Base", "nickname": "Snow"}
    page = browser.fill_in(page, **wrong)
    assert "not a telephone number" in page.error_beside("office_phone")
    assert "cannot be right" in page.error_beside("birthday") and "time zone" in page.error_beside("time_zone")
    assert not page.error_beside("nickname") and "Snow" in page.body
    assert Profile.objects.get(member=known.yuki.member).nickname == ""


def test_a_number_without_its_country_is_taken_as_one_of_the_persons_own_zone(cast: Cast) -> None:
    yuki = cast.yuki.browser()
    page = yuki.open(cast.at("profile/edit/"))
    yuki.fill_in(page, mobile_phone="090-1234-5678", time_zone="Asia/Tokyo")
    assert Profile.objects.get(member=cast.yuki.member).mobile_phone == "+819012345678"
    yuki.fill_in(yuki.open(cast.at("profile/edit/")), mobile_phone="010-1234-5678", time_zone="")
    assert Profile.objects.get(member=cast.yuki.member).mobile_phone == "+821012345678", "else the workspace's"
