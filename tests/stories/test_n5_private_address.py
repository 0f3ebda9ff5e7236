"""N5: the set-password mail goes to the ID, or to a private address while the ID's own mailbox is not open yet.

The ID then stays unproven.
"""

from dure.accounts.models import Address
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, invited, open_link, register

PRIVATE = "haeun@home.example"


def test_the_mail_goes_to_the_private_address_and_the_id_stays_unproven(cast: Cast, post: PostOffice) -> None:
    mail = invited(cast, post, private_address=PRIVATE, send_to="private")
    assert post.to(HARU["id"]) == []
    browser = cast.visitor()
    page = browser.fill_in(open_link(browser, mail.link), new_password=NEW_PASSWORD)
    assert page.path == cast.at("?welcome")
    proven = dict(Address.objects.filter(canonical__in=[PRIVATE, HARU["id"]]).values_list("kind", "proven_at"))
    assert proven["private"] is not None and proven["id"] is None
    welcome = post.last_to(HARU["id"])
    assert "joined" in welcome.subject


def test_by_default_the_mail_goes_to_the_id(cast: Cast, post: PostOffice) -> None:
    register(cast, cast.minjun, private_address=PRIVATE)
    post.deliver()
    assert len(post.to(HARU["id"])) == 1 and post.to(PRIVATE) == []


def test_to_a_private_address_that_was_not_typed_is_an_error_beside_the_field(cast: Cast, post: PostOffice) -> None:
    page = register(cast, cast.minjun, send_to="private")
    assert page.error_beside("private_address")
    assert 'value="하은"' in page.body


def test_a_wrong_private_address_is_an_error_beside_its_own_field(cast: Cast, post: PostOffice) -> None:
    page = register(cast, cast.minjun, private_address="nowhere", send_to="private")
    assert page.error_beside("private_address") and not page.error_beside("id")


def test_without_a_mail_server_the_admin_sees_the_link_once_and_it_proves_nothing(cast: Cast, no_post: None) -> None:
    page = register(cast, cast.minjun)
    start = page.body.index("/l/")
    link = page.body[start : start + 80].split('"')[0].split("<")[0]
    browser = cast.minjun.browser()
    assert "/l/" not in browser.open(page.path).body, "shown once"
    newcomer = cast.visitor()
    shown = newcomer.fill_in(open_link(newcomer, link), new_password=NEW_PASSWORD)
    assert shown.path == cast.at("?welcome")
    assert Address.objects.get(canonical=HARU["id"]).proven_at is None
