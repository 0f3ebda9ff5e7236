"""Invitations to addresses: typed or pasted, mailed, followed up (PRODUCT.md §4.2, §4.3, §4.7 c, §5).

Whether somebody signs in with an address makes no difference to what an admin sees of it.
"""

from dure.joining.models import Invitation
from tests.cast import Cast, Person
from tests.post import PostOffice
from tests.visitor import Page

NEW = "admin/invitations/new/"
THREE = '김하은 <haeun@example.com>\n"Carter, Emily" <emily@example.com>; ALEX@Fernweh.example'


def paste(cast: Cast, text: str, *, who: Person | None = None, **typed: str) -> Page:
    """Paste addresses into the form as Minjun, or somebody else."""
    browser = (who or cast.minjun).browser()
    return browser.fill_in(browser.open(cast.at(NEW)), text=text, **{"language": "en", **typed})


def rows() -> dict[str, Invitation]:
    """Return every invitation by its address."""
    return {one.address: one for one in Invitation.objects.all()}


def test_three_addresses_in_three_shapes_are_invited_and_mailed(cast: Cast, post: PostOffice) -> None:
    page = paste(cast, THREE, message="Hi!")
    assert page.path == cast.at("admin/invitations/") and "3 invitations are on their way." in page.text
    assert set(rows()) == {"haeun@example.com", "emily@example.com", cast.alex.address}
    haeun, emily = rows()["haeun@example.com"], rows()["emily@example.com"]
    assert (haeun.family_name, haeun.given_name, haeun.name_language) == ("김", "하은", "ko")
    assert (emily.family_name, emily.given_name) == ("Carter", "Emily")
    for address in rows():
        mail = post.last_to(address)
        assert mail.subject == "Minjun Kim invites you to 한빛소프트" and "> Hi!" in mail.text
    page = cast.alex.browser().open(post.last_to(cast.alex.address).link)
    assert "invites you to 한빛소프트" in page.text and "Hi!" in page.text
