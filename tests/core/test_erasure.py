"""Erased means gone from every table (PRODUCT.md §4.18)."""

from typing import Any

from django.apps import apps
from django.db import transaction

from dure import erasure
from dure.accounts.models import Account
from dure.mail.models import Letter
from dure.members.models import Member
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, invited, open_link


def everything() -> str:
    """Return every value of every table as one text."""
    values: list[Any] = []
    for model in apps.get_app_config("dure").get_models():
        values += [value for row in model._default_manager.values_list() for value in row]
    return " ".join(str(bytes(value) if isinstance(value, memoryview) else value) for value in values)


def test_nothing_of_an_erased_person_is_left(cast: Cast, post: PostOffice) -> None:
    mail = invited(cast, post, private_address="haeun@home.example", send_to="private")
    browser = cast.visitor()
    browser.fill_in(open_link(browser, mail.link), new_password=NEW_PASSWORD)
    post.deliver()
    account = Member.objects.get(given_name="하은").account
    assert HARU["id"] in everything() and "하은" in everything()
    with transaction.atomic():
        erasure.erase_account(Account.objects.get(pk=account.pk))
    left = everything()
    for trace in (HARU["id"], "haeun", "하은", "haeun@home.example"):
        assert trace not in left
    assert not Letter.objects.filter(account_id=account.pk).exists()
    assert browser.open(cast.at()).path.startswith("/sign-in/")
