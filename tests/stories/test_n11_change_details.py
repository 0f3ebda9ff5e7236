"""N11: change a member's details later; N7: show all fields. The history tells before and after."""

import io
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import OperationalError
from PIL import Image

from dure.accounts.models import Address
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.erasure import erase_account
from dure.members.models import Change, Member, Profile
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, handed_a_password, invited, open_link, register


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **options: object) -> bytes:
    """Return an image file."""
    target = io.BytesIO()
    Image.new("RGB", size, "teal").save(target, kind, **options)
    return target.getvalue()


def edit_address(cast: Cast, member: Member) -> str:
    """Return the page that edits somebody."""
    return cast.at(f"admin/members/{member.uid}/edit/")


@pytest.fixture(autouse=True)
def folder(settings: object, tmp_path: Path) -> Path:
    """Photos of this test go into a folder of its own."""
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    return tmp_path


def test_minjun_changes_yukis_details_and_the_history_tells(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    typed = {
        "family_name": "佐藤", "nickname": "ゆっきー", "mobile_phone": "010-1234-5678", "birthday": "1990-02-28",
        "phonetic_family_name": "サトウ", "employee_number": "H-204", "time_zone": "Asia/Tokyo", "duty": "Sales",
    }  # fmt: skip
    page = browser.fill_in(browser.open(edit_address(cast, cast.yuki.member)), **typed)
    assert "details are saved" in page.text
    for words in ("佐藤 雪", "ゆっきー", "+82 10-1234-5678", "1990-02-28", "H-204", "Minjun Kim"):
        assert words in page.text, words
    changes = {change.field: (change.before, change.after) for change in Change.objects.all()}
    assert changes["family_name"] == ("田中", "佐藤") and changes["nickname"] == ("", "ゆっきー")
    event = AuditEvent.objects.get(event="member.edited")
    assert "nickname" in event.fields and "ゆっきー" not in str(event.fields)
    for search in ("さとう", "ゆっきー", "佐藤"):
        assert "佐藤" in browser.open(cast.at(f"admin/members/?q={quote(search)}")).text


def test_all_fields_can_be_filled_in_when_registering(cast: Cast, post: PostOffice) -> None:
    page = register(cast, cast.minjun, nickname="Haru", office_phone="02-555-1234", join_date="2026-12-01")
    assert "Haru" in page.text and "+82 2-555-1234" in page.text
    assert Change.objects.count() == 0, "a history begins with the first change"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mobile_phone", "call me"),
        ("mobile_phone", "12"),
        ("birthday", "2999-01-01"),
        ("birthday", "yesterday"),
        ("time_zone", "Mars/Olympus"),
        ("nickname", "x" * 101),
        ("duty", "two\u202elines"),
        ("private_address", "nowhere"),
        ("given_name", "x" * 81),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_lost(
    cast: Cast, post: PostOffice, field: str, value: str
) -> None:
    browser = cast.minjun.browser()
    page = browser.fill_in(browser.open(edit_address(cast, cast.yuki.member)), **{"work_place": "Busan", field: value})
    assert page.status == 200 and page.error_beside(field)
    assert 'value="Busan"' in page.body
    assert not Profile.objects.exists()


def test_an_employee_number_is_one_persons(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    browser.fill_in(browser.open(edit_address(cast, cast.yuki.member)), employee_number="7")
    page = browser.fill_in(browser.open(edit_address(cast, cast.eve.member)), employee_number="7")
    assert page.error_beside("employee_number")
    assert register(cast, cast.minjun, employee_number="7").error_beside("employee_number")
    assert not Member.objects.filter(given_name="하은").exists(), "no half member"


def test_two_admins_at_once_are_told_and_nothing_is_overwritten(cast: Cast, post: PostOffice) -> None:
    first, second = cast.minjun.browser(), cast.sora.browser()
    pages = [admin.open(edit_address(cast, cast.yuki.member)) for admin in (first, second)]
    first.fill_in(pages[0], work_place="Seoul", nickname="Frost", name_en="Yuki T.")
    page = second.fill_in(pages[1], work_place="Busan", duty="Design", name_en="Y. Tanaka")
    assert "Seoul" in page.error_beside("work_place") and 'value="Busan"' in page.body
    assert "Yuki T." in page.error_beside("name_en"), "all of it at once"
    assert Profile.objects.get().work_place == "Seoul"
    second.submit(page, page.form_with("was"))
    row = Profile.objects.get()
    assert (row.work_place, row.duty, row.name_en) == ("Busan", "Design", "Y. Tanaka"), "told first, then as wished"
    assert row.nickname == "Frost", "what the second did not touch stays as the first left it"


def test_two_admins_changing_different_fields_both_win(cast: Cast, post: PostOffice) -> None:
    first, second = cast.minjun.browser(), cast.sora.browser()
    pages = [admin.open(edit_address(cast, cast.yuki.member)) for admin in (first, second)]
    first.fill_in(pages[0], work_place="Seoul")
    second.fill_in(pages[1], duty="Design")
    row = Profile.objects.get()
    assert (row.work_place, row.duty) == ("Seoul", "Design")


def test_a_photo_is_cut_to_a_square_without_place_and_time(cast: Cast, post: PostOffice, folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "secret camera"
    browser = cast.minjun.browser()
    page = browser.open(edit_address(cast, cast.yuki.member))
    browser.send_file(page, "photo", "me.jpg", picture(exif=exif))
    row = Profile.objects.get()
    files = sorted(folder.rglob("*.webp"))
    assert len(files) == 2
    for file in files:
        with Image.open(file) as image:
            assert image.width == image.height and image.format == "WEBP" and not image.getexif()
        assert b"secret camera" not in file.read_bytes()
    served = cast.yuki.browser().open(cast.at(f"photo/{row.photo}/"))
    assert served.status == 200 and served.headers["content-type"] == "image/webp"
    assert cast.alex.browser().open(cast.at(f"photo/{row.photo}/")).status == 404
    assert cast.alex.browser().open(f"/w/{cast.fernweh.uid}/photo/{row.photo}/").status == 404
    page = browser.open(edit_address(cast, cast.yuki.member))
    browser.fill_in(page, no_photo="on")
    assert list(folder.rglob("*.webp")) == [], "taken away with its files"


@pytest.mark.parametrize(("address", "words"), [("other@home.example", "was written down"), ("", "was removed")])
def test_the_owner_is_told_when_an_admin_changes_the_private_address(
    cast: Cast, post: PostOffice, address: str, words: str
) -> None:
    at = clock.now()
    Address.objects.create(account=cast.yuki.account, canonical="yuki@home.example", kind="private", proven_at=at)
    browser = cast.minjun.browser()
    browser.fill_in(browser.open(edit_address(cast, cast.yuki.member)), private_address=address)
    assert words in post.last_to(cast.yuki.address).text


@pytest.mark.parametrize("where", ["edit", "register"])
def test_a_photo_whose_row_could_not_be_written_is_not_left_behind(
    cast: Cast, post: PostOffice, folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def broken(*_arguments: object, **_names: object) -> None:
        raise OperationalError

    monkeypatch.setattr("dure.members.indexing.refresh", broken)
    browser = cast.minjun.browser()
    typed = {} if where == "edit" else {**HARU, "nickname": "Haru"}
    address = edit_address(cast, cast.yuki.member) if where == "edit" else cast.at("admin/members/register/")
    assert browser.send_file(browser.open(address), "photo", "me.png", picture("PNG"), **typed).status == 503
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_photos_go_with_the_person(cast: Cast, post: PostOffice, folder: Path) -> None:
    browser = cast.minjun.browser()
    browser.send_file(browser.open(edit_address(cast, cast.yuki.member)), "photo", "me.png", picture("PNG"))
    erase_account(cast.yuki.account)
    assert list(folder.rglob("*.webp")) == [] and not Profile.objects.exists() and not Change.objects.exists()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(SVG, id="svg"),
        pytest.param(b"hello", id="text"),
        pytest.param(b"", id="empty"),
        pytest.param(picture()[:500], id="truncated"),
        pytest.param(picture("GIF"), id="gif"),
        pytest.param(b"GIF89a/*" + SVG, id="gif and svg"),
        pytest.param(b"%PDF-1.7", id="pdf"),
    ],
)
def test_what_is_no_photo_is_told_beside_the_field(cast: Cast, post: PostOffice, folder: Path, content: bytes) -> None:
    browser = cast.minjun.browser()
    page = browser.send_file(browser.open(edit_address(cast, cast.yuki.member)), "photo", "me.jpg", content)
    assert page.error_beside("photo"), page.text
    assert list(folder.rglob("*.webp")) == []


def test_a_photo_of_13300_pixels_square_is_refused_before_it_is_decoded(
    cast: Cast, post: PostOffice, folder: Path
) -> None:
    target = io.BytesIO()
    Image.new("1", (13_300, 13_300)).save(target, "PNG")
    browser = cast.minjun.browser()
    page = browser.send_file(browser.open(edit_address(cast, cast.yuki.member)), "photo", "me.png", target.getvalue())
    assert "25 megapixels" in page.error_beside("photo")
    assert list(folder.rglob("*")) == []


def test_a_polyglot_keeps_nothing_but_its_pixels(cast: Cast, post: PostOffice, folder: Path) -> None:
    browser = cast.minjun.browser()
    content = picture("PNG") + b"PK\x03\x04" + SVG
    browser.send_file(browser.open(edit_address(cast, cast.yuki.member)), "photo", "me.png", content)
    for file in folder.rglob("*.webp"):
        assert b"svg" not in file.read_bytes() and b"PK" not in file.read_bytes()[-200:]


def test_a_mistyped_id_is_corrected_before_the_first_sign_in(cast: Cast, post: PostOffice) -> None:
    wrong = invited(cast, post, id="haeun.jnug@hanbitsoft.co.kr")
    browser = cast.minjun.browser()
    member = Member.objects.get(given_name="하은")
    page = browser.follow(browser.open(cast.at(f"admin/members/{member.uid}/")), "Correct the ID")
    page = browser.fill_in(page, id=HARU["id"])
    assert "corrected" in page.text and HARU["id"] in page.text and "haeun.jnug" in page.text
    newcomer = cast.visitor()
    assert newcomer.open(wrong.link).status == 410
    mail = post.last_to(HARU["id"])
    assert newcomer.fill_in(open_link(newcomer, mail.link), new_password=NEW_PASSWORD).path == cast.at("?welcome")
    page = browser.fill_in(browser.open(cast.at(f"admin/members/{member.uid}/correct-id/")), id="x@y.example")
    assert "has set a password already" in page.text


def test_correcting_to_an_id_that_is_taken_is_told_beside_the_field(cast: Cast, post: PostOffice) -> None:
    password = handed_a_password(cast)
    browser = cast.minjun.browser()
    member = Member.objects.get(given_name="하은")
    for taken in (cast.yuki.address, cast.alex.address):
        page = browser.fill_in(browser.open(cast.at(f"admin/members/{member.uid}/correct-id/")), id=taken)
        assert page.error_beside("id")
    assert Address.objects.filter(canonical=HARU["id"]).exists()
    assert cast.visitor().sign_in(HARU["id"], password).path == "/first-password/"


def test_eve_yuki_and_alex_change_nothing_and_minjun_no_super_admin(cast: Cast, post: PostOffice) -> None:
    address = edit_address(cast, cast.yuki.member)
    assert cast.eve.browser().open(address).status == cast.yuki.browser().open(address).status == 403
    assert cast.alex.browser().open(address).status == 404
    elsewhere = f"/w/{cast.fernweh.uid}/admin/members/{cast.yuki.member.uid}/edit/"
    assert cast.alex.browser().open(elsewhere).status == 404
    browser = cast.minjun.browser()
    page = browser.fill_in(browser.open(edit_address(cast, cast.sora.member)), duty="Gardener")
    assert page.status == 403 and not Profile.objects.exists()


def test_each_field_brings_the_keyboard_it_needs(cast: Cast, post: PostOffice) -> None:
    page = cast.minjun.browser().open(cast.at("admin/members/register/"))
    numbers = set(re.findall(r'type="tel" name="(\w+)"', page.body))
    assert numbers == {"mobile_phone", "office_phone"}
    assert 'list="time-zones"' in page.body and '<option value="Asia/Tokyo">' in page.body


def test_correcting_begins_with_the_id_as_it_was_typed(cast: Cast, post: PostOffice) -> None:
    register(cast, cast.minjun)
    uid = Member.objects.get(given_name="하은").uid
    page = cast.minjun.browser().open(cast.at(f"admin/members/{uid}/correct-id/"))
    assert f'value="{HARU["id"]}"' in page.body
