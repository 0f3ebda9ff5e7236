"""Workspace environment: name, logo, colour, languages and time zone; everybody sees it at once (PRODUCT.md §6)."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image

from dure.accounts.actors import Operator
from dure.audit.models import AuditEvent
from dure.core.errors import ChangedMeanwhile, NotAllowed
from dure.core.permissions import Permission
from dure.members.actions.administering import grant
from dure.workspaces.actions.editing import edit_workspace, values_of
from dure.workspaces.models import Workspace, WorkspaceChange
from dure.workspaces.rules import InvalidColour
from tests.cast import Cast, Person
from tests.post import PostOffice
from tests.stories.steps import HARU, invited, register
from tests.visitor import Page, Visitor


@pytest.fixture
def editor(cast: Cast, post: PostOffice) -> Person:
    """Eve may edit the workspace, and nothing else."""
    grant(
        Operator(workspace_id=cast.hanbit.pk), member_uid=cast.eve.member.uid, permissions=[Permission.WORKSPACE_EDIT]
    )
    return cast.eve


def picture(size: tuple[int, int] = (400, 200), colour: str = "teal") -> bytes:
    """Return a logo."""
    target = io.BytesIO()
    Image.new("RGBA", size, colour).save(target, "PNG")
    return target.getvalue()


def basics(browser: Visitor, cast: Cast) -> Page:
    """Return the page with the basic information."""
    page = browser.open(cast.at("admin/workspace/"))
    assert page.status == 200, page.text
    return page


def now(cast: Cast) -> Workspace:
    """Return the workspace as it is."""
    return Workspace.objects.get(pk=cast.hanbit.pk)


@pytest.fixture(autouse=True)
def _files_of_this_test(settings: Any, tmp_path: Path) -> None:
    """Keep files apart from those of a test that runs at the same moment."""
    settings.MEDIA_ROOT = tmp_path


def logos() -> list[str]:
    """Return the files of logos."""
    return sorted(path.name for path in Path(settings.MEDIA_ROOT).glob("logos/*"))


def test_a_new_name_stands_everywhere_at_once(cast: Cast, editor: Person, post: PostOffice) -> None:
    browser = editor.browser()
    page = browser.fill_in(
        basics(browser, cast), name="  한빛  테크 ", language="en", others=["ja"], time_zone="Asia/Tokyo"
    )
    assert "Saved" in page.text and "한빛 테크" in page.text
    workspace = now(cast)
    assert (workspace.name, workspace.languages, workspace.time_zone) == ("한빛 테크", ["en", "ja"], "Asia/Tokyo")
    assert "한빛 테크" in cast.yuki.browser().open("/workspaces/").text
    assert "한빛 테크" in invited(cast, post).subject
    form = cast.minjun.browser().open(cast.at("admin/members/register/")).body
    order = [form.index(f'<option value="{code}"') for code in ("en", "ja", "ko")]
    assert order == sorted(order), "the workspace's languages come first"
    event = AuditEvent.objects.get(event="workspace.edited")
    assert event.fields == ["name", "languages", "time_zone"] and event.actor_id == editor.member.pk
    changes = set(WorkspaceChange.objects.values_list("field", "before", "after"))
    assert ("name", "한빛소프트", "한빛 테크") in changes and ("languages", "ko", "en ja") in changes
    page = basics(browser, cast)
    assert "Time zone Asia/Seoul → Asia/Tokyo" in page.text and "Eve Adler" in page.text


def test_a_logo_takes_the_place_of_the_letter_and_nothing_but_pixels_is_kept(
    cast: Cast, editor: Person, post: PostOffice
) -> None:
    browser, before = editor.browser(), logos()
    page = browser.send_file(basics(browser, cast), "logo", "logo.png", picture())
    name = now(cast).logo
    assert name and "Saved" in page.text and f"/logo/{name}/" in page.body
    assert f"/logo/{name}/" in cast.yuki.browser().open("/workspaces/").body
    visitor = cast.visitor()
    link = invited(cast, post).link
    assert f"/logo/{name}/?large" in visitor.open(link).body, "also before anybody signs in"
    answer = visitor.open(f"/logo/{name}/")
    assert answer.headers["content-type"] == "image/webp" and "immutable" in answer.headers["cache-control"]
    stored = Image.open(Path(settings.MEDIA_ROOT) / "logos" / f"{name}.webp").convert("RGB")
    assert stored.size == (512, 512) and min(stored.getpixel((256, 4))) > 250, "nothing is cut off, paper is added"
    page = browser.send_file(basics(browser, cast), "logo", "logo.png", picture((300, 300), "red"))
    assert now(cast).logo not in ("", name) and visitor.open(f"/logo/{name}/").status == 404, "the old one is gone"
    page = browser.fill_in(basics(browser, cast), no_logo="on")
    assert now(cast).logo == "" and logos() == before
    fields = AuditEvent.objects.filter(event="workspace.edited").order_by("number").values_list("fields", flat=True)
    assert list(fields) == [["logo"]] * 3


def test_what_is_no_picture_is_told_beside_its_field_and_nothing_is_kept(cast: Cast, editor: Person) -> None:
    browser, before = editor.browser(), logos()
    page = browser.send_file(basics(browser, cast), "logo", "x.svg", b"<svg onload='x'/>", time_zone="Asia/Tokyo")
    assert "Take a JPEG" in page.error_beside("logo") and '"Asia/Tokyo" selected' in page.body
    assert now(cast).time_zone == "Asia/Seoul"
    early = basics(browser, cast)
    browser.fill_in(basics(browser, cast), time_zone="UTC")
    page = browser.send_file(early, "logo", "x.png", picture(), time_zone="Asia/Tokyo")
    assert "UTC" in page.error_beside("time_zone") and logos() == before and now(cast).logo == ""


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"language": "fr"}, "language"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(cast: Cast, editor: Person, typed: dict[str, str], field: str) -> None:
    browser = editor.browser()
    page = browser.fill_in(basics(browser, cast), **typed)
    assert page.error_beside(field)
    assert values_of(now(cast)) == values_of(cast.hanbit) and not WorkspaceChange.objects.exists()


def test_another_tab_is_told_of_and_not_overwritten(cast: Cast, editor: Person) -> None:
    here, there = editor.browser(), cast.sora.browser()
    early, late = basics(here, cast), basics(there, cast)
    here.fill_in(early, name="First")
    page = there.fill_in(late, time_zone="UTC")
    assert "Saved" in page.text and now(cast).name == "First", "what was not touched stays as it is by now"
    page = there.fill_in(late, name="Second")
    assert "First" in page.error_beside("name") and now(cast).name == "First"
    page = there.fill_in(page, name="Second")
    assert now(cast).name == "Second"


def test_saving_again_after_being_told_keeps_all_that_was_typed_and_all_that_was_not(
    cast: Cast, editor: Person
) -> None:
    here, there = editor.browser(), cast.sora.browser()
    early, late = basics(here, cast), basics(there, cast)
    here.fill_in(early, name="First", time_zone="Asia/Tokyo")
    told = there.fill_in(late, name="Second", others=["en", "ja"])
    assert "First" in told.error_beside("name")
    there.submit(told, told.form_with("was"))
    saved = now(cast)
    assert (saved.name, saved.languages, saved.time_zone) == ("Second", ["ko", "en", "ja"], "Asia/Tokyo")


def test_a_language_members_read_may_go_and_they_keep_it(cast: Cast, editor: Person, post: PostOffice) -> None:
    Workspace.objects.filter(pk=cast.hanbit.pk).update(languages=["ko", "ja"])
    browser = editor.browser()
    browser.fill_in(basics(browser, cast), language="ko", others=[])
    assert now(cast).languages == ["ko"]
    page = register(cast, cast.minjun, **{**HARU, "language": "ja"})
    assert "has been added" in page.text


def test_a_colour_is_seen_in_light_and_dark_before_it_is_saved(cast: Cast, editor: Person) -> None:
    browser = editor.browser()
    page = browser.open(cast.at("admin/workspace/colour/"))
    assert "This is how it looks now" in page.text and "/look/" not in page.body
    page = browser.fill_in(page, accent="#FFE100")
    assert "This is how it would look" in page.text and "/look/ffe100.css" in page.body
    assert page.body.count('class="sample"') == 2 and now(cast).accent == ""
    sheet = browser.open("/look/ffe100.css")
    assert sheet.headers["content-type"].startswith("text/css") and sheet.body == (
        ":root, .sample { --accent: #ffe100; }\n"
    )
    page = browser.press(page, "Save this colour")
    assert now(cast).accent == "ffe100" and "Saved" in page.text
    assert "/look/ffe100.css" in cast.yuki.browser().open(cast.at()).body, "on every page of the workspace"
    assert "/look/" not in cast.alex.browser().open(f"/w/{cast.fernweh.uid}/").body
    page = browser.press(browser.open(cast.at("admin/workspace/colour/")), "own colour")
    assert now(cast).accent == ""
    event = AuditEvent.objects.filter(event="workspace.edited").latest("number")
    assert event.fields == ["accent"]


@pytest.mark.parametrize("typed", ["red", "#12345", "#gggggg", "#fff;}", "</style>", "#2f6f4f2f"])
def test_what_is_no_colour_is_refused(cast: Cast, editor: Person, typed: str) -> None:
    browser = editor.browser()
    page = browser.fill_in(browser.open(cast.at("admin/workspace/colour/")), accent=typed)
    assert page.error_beside("accent") and "/look/" not in page.body
    with pytest.raises(InvalidColour):
        edit_workspace(editor.actor, typed={"accent": typed}, was={"accent": ""})
    assert now(cast).accent == ""


def test_addresses_of_other_looks_are_none(cast: Cast) -> None:
    visitor = cast.visitor()
    for address in ("/look/red.css", "/look/FFE100.css", "/look/ffe1000.css", "/logo/short/", f"/logo/{'n' * 22}/"):
        assert visitor.open(address).status == 404, address


def test_rights_are_read_again_and_other_workspaces_stay_away(cast: Cast, editor: Person, post: PostOffice) -> None:
    browser = editor.browser()
    page = basics(browser, cast)
    stale = editor.actor
    grant(Operator(workspace_id=cast.hanbit.pk), member_uid=editor.member.uid, permissions=[Permission.ADMIN_ENTER])
    assert browser.fill_in(page, name="Late").status == 403
    with pytest.raises(NotAllowed):
        edit_workspace(stale, typed={"name": "Late"}, was=values_of(cast.hanbit))
    for somebody in (cast.minjun, cast.yuki):
        assert somebody.browser().open(cast.at("admin/workspace/")).status == 403
        assert somebody.browser().open(cast.at("admin/workspace/colour/")).status == 403
    assert cast.alex.browser().open(cast.at("admin/workspace/")).status == 404
    assert now(cast).name == "한빛소프트"


def test_two_savings_at_the_same_moment_lose_nothing(people: Cast) -> None:
    was = values_of(people.hanbit)
    edit_workspace(people.sora.actor, typed={"name": "One"}, was=was)
    with pytest.raises(ChangedMeanwhile):
        edit_workspace(people.sora.actor, typed={"name": "Two"}, was=was)
    edit_workspace(people.sora.actor, typed={"name": "One"}, was=was)
    assert Workspace.objects.get(pk=people.hanbit.pk).name == "One"


def test_time_zones_are_places_and_a_stored_one_stays(cast: Cast, editor: Person) -> None:
    """The list has cities by their names of today and UTC; a workspace keeps the odd one that it has."""
    browser = editor.browser()
    page = basics(browser, cast)
    assert all(f'value="{zone}"' in page.body for zone in ("Asia/Seoul", "America/Argentina/Ushuaia", "UTC"))
    odd = ("Factory", "localtime", "GB-Eire", "Etc/GMT0", "Asia/Calcutta", "US/Pacific")
    assert not [zone for zone in odd if f'value="{zone}"' in page.body]
    Workspace.objects.filter(pk=cast.hanbit.pk).update(time_zone="Etc/GMT0")
    browser.fill_in(basics(browser, cast), name="두레")
    assert (now(cast).name, now(cast).time_zone) == ("두레", "Etc/GMT0")
