"""N4: the admin types the password, to be changed at the first sign-in (PRODUCT.md §4.5)."""

import pytest

from dure.accounts.models import Account, ActivationCode
from dure.members.models import Member
from tests.cast import Cast
from tests.stories.steps import HARU, NEW_PASSWORD, register, secret_on

TYPED = "paper kites over the bay"


def test_minjun_types_it_and_haeun_changes_it(cast: Cast, no_post: None) -> None:
    page = register(cast, cast.minjun, method="admin", password=TYPED)
    assert secret_on(page) == TYPED
    browser = cast.visitor()
    page = browser.sign_in(HARU["id"], f" {TYPED} ")
    assert page.path == "/first-password/"
    assert browser.fill_in(page, new_password=TYPED).error_beside("new_password"), "a different one is asked for"
    assert browser.fill_in(browser.open("/first-password/"), new_password=NEW_PASSWORD).path == cast.at("?welcome")
    assert cast.visitor().sign_in(HARU["id"], TYPED).path == "/sign-in/"


@pytest.mark.parametrize(
    ("typed", "opens"),
    [
        (f"\u3000{TYPED}\t", True),
        ("".join(chr(ord(letter) + 0xFEE0) if letter != " " else "\u3000" for letter in TYPED), True),
        (TYPED.upper(), False),
        (TYPED.replace(" ", ""), False),
        (TYPED.replace("o", "0"), False),
    ],
    ids=["outer spaces", "full width", "capitals", "no spaces", "misread"],
)
def test_spaces_around_it_and_full_width_letters_do_not_matter_and_everything_else_does(
    cast: Cast, no_post: None, typed: str, opens: bool
) -> None:
    register(cast, cast.minjun, method="admin", password=TYPED)
    assert cast.visitor().sign_in(HARU["id"], typed).path == ("/first-password/" if opens else "/sign-in/")


def test_one_typed_in_full_width_letters_opens_with_plain_ones(cast: Cast, no_post: None) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter != " " else "\u3000" for letter in TYPED)
    register(cast, cast.minjun, method="admin", password=wide)
    assert cast.visitor().sign_in(HARU["id"], TYPED).path == "/first-password/"


def test_it_is_stored_under_a_slow_hash_because_it_can_be_guessed(cast: Cast, no_post: None) -> None:
    register(cast, cast.minjun, method="admin", password=TYPED)
    assert ActivationCode.objects.get().encoded.startswith("argon2$argon2id$")


def test_a_weak_one_is_refused_beside_its_field_and_nobody_is_registered(cast: Cast, no_post: None) -> None:
    for weak in ("", "short", "password1234", "hanbitsoft haeun"):
        page = register(cast, cast.minjun, method="admin", password=weak)
        assert page.error_beside("password"), weak
        assert weak == "" or weak not in page.body, "a password is never shown again"
        assert 'value="하은"' in page.body
    assert not Member.objects.filter(given_name="하은").exists()


def test_it_is_given_to_one_person_at_a_time(cast: Cast, no_post: None) -> None:
    register(cast, cast.minjun)
    register(cast, cast.minjun, id="second@hanbitsoft.co.kr", given_name="둘")
    browser = cast.minjun.browser()
    uids = list(Member.objects.filter(activated_at=None).values_list("uid", flat=True))
    page = browser.open(cast.at("admin/members/act/again/?" + "&".join(f"member={uid}" for uid in uids)))
    assert "password" not in page.form_with("method").inputs
    assert Account.objects.filter(password="").count() == 2
