"""N1: on a phone *Home › Admin › Member › Add member* (top right) › fields › *Save* (top right) › "… has been added".

N2: on a PC the same, *Save* at the bottom. Where the buttons stand is seen in ``tests/browser``; here, that the way
exists without a script.
"""

from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.steps import HARU


def test_n1_the_way_leads_from_home_to_has_been_added(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    home = browser.open(cast.at())
    members = browser.open(home.link("Member"))
    form = browser.follow(members, "Add member")
    page = browser.submit(form, form.form_with_button("Save"), **HARU)
    assert "정하은 has been added" in page.text


def test_n2_the_form_has_its_save_button_at_the_top_and_at_the_bottom_of_one_form(cast: Cast) -> None:
    browser = cast.minjun.browser()
    page = browser.follow(browser.open(cast.at("admin/members/")), "Register member")
    form = page.form_with("family_name", "given_name", "id")
    assert sum("Save" in button for button in form.buttons) == 2


def test_members_without_rights_have_no_such_way(cast: Cast) -> None:
    home = cast.yuki.browser().open(cast.at())
    assert not home.has_link("Add member") and "/admin/" not in home.body


def test_an_admin_who_may_only_enter_has_no_way_to_add(cast: Cast) -> None:
    home = cast.eve.browser().open(cast.at())
    assert not home.has_link("Add member")
