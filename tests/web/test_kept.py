"""Pages that are kept are filled for each reader, and written anew when anything they show has changed."""

import re

import pytest
from django.contrib import messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, RequestFactory

from dure.joining import ways
from dure.joining.models import InviteLink, SignUp
from dure.web.arriving import facts
from dure.web.kept import render_kept
from tests.cast import Cast
from tests.joining.asking import invite_link
from tests.post import PostOffice

pytestmark = pytest.mark.django_db


def opened(link: InviteLink, **facts: str) -> tuple[Client, str, str]:
    """Open the joining page in a new browser; gives it, the page's address, and the page."""
    client = Client(**facts)
    to = client.get(ways.address_of(link).partition("testserver")[2]).headers["Location"]
    return client, to, client.get(to).content.decode()


def without_token(page: str) -> str:
    """Return a page without what stands in its forms for one browser alone."""
    return re.sub(r'(csrfmiddlewaretoken" value=)"\w+"', r"\1", page)


def test_two_readers_get_one_page_with_tokens_of_their_own(people: Cast) -> None:
    link = invite_link(people, needs_approval=False)
    cache.clear()
    first, second = opened(link)[2], opened(link)[2]
    assert first != second and without_token(first) == without_token(second)
    assert len(re.findall(r'csrfmiddlewaretoken" value="\w{64}"', second)) == 4


def test_the_token_of_a_kept_page_opens_its_form(people: Cast) -> None:
    link = invite_link(people, needs_approval=False)
    opened(link)
    client = Client(enforce_csrf_checks=True)
    to = client.get(ways.address_of(link).partition("testserver")[2]).headers["Location"]
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', client.get(to).content.decode())
    assert token and client.post(to, {"step": "create"}).status_code == 403
    assert client.post(to, {"step": "create", "csrfmiddlewaretoken": token[1]}).status_code == 302


def test_what_a_page_shows_is_never_older_than_its_facts(people: Cast) -> None:
    link = invite_link(people, needs_approval=False)
    client, to, page = opened(link)
    assert "한빛소프트" in page and "After an admin has agreed" not in page
    InviteLink.objects.update(needs_approval=True)
    people.hanbit.name = "Hanbit <b>West</b>"
    people.hanbit.save()
    page = client.get(to).content.decode()
    assert "Hanbit &lt;b&gt;West&lt;/b&gt;" in page and "After an admin has agreed" in page
    assert '<html lang="ko">' in client.get(to, headers={"Accept-Language": "ko"}).content.decode()
    InviteLink.objects.update(most_uses=1, uses=1)
    assert client.get(to).status_code == 410, "a link that is over has no kept page"


def test_a_page_is_kept_for_its_language_and_its_address_alone(people: Cast) -> None:
    link = invite_link(people, needs_approval=False)
    client, to, _page = opened(link)
    form = f"{to}sign-up/"
    pages = {code: client.get(form, headers={"Accept-Language": code}).content.decode() for code in ("en", "ko", "ja")}
    for code, button in (("en", "Create account"), ("ko", "계정 만들기"), ("ja", "アカウントを作る")):
        assert f'<html lang="{code}">' in pages[code] and button in pages[code]
    told = client.get(f"{form}?over", headers={"Accept-Language": "en"}).content.decode()
    assert "finished or given up" in told and "finished or given up" not in pages["en"]
    assert 'value="/join/' in told, "the choice of language leads back to where one is"


def test_a_notice_that_waits_is_shown_to_its_reader_alone(people: Cast) -> None:
    link = invite_link(people, needs_approval=False)
    client, to, page = opened(link)
    request = RequestFactory().get(to)
    SessionMiddleware(lambda _request: HttpResponse()).process_request(request)
    MessageMiddleware(lambda _request: HttpResponse()).process_request(request)
    messages.success(request, "Only for you")
    shown = render_kept(request, "pages/join.html", "facts", lambda: {"link": facts(link)}).content.decode()
    assert "Only for you" in shown
    assert "Only for you" not in client.get(to).content.decode() and "Only for you" not in page


def test_each_reader_of_the_code_page_reads_their_own_address(people: Cast, post: PostOffice) -> None:
    link = invite_link(people, needs_approval=False)
    for address in ("o'hara+a&b@example.com", "noor@example.com"):
        client, to, _page = opened(link)
        client.post(to, {"step": "create"})
        client.post(
            f"{to}sign-up/",
            {"step": "begin", "id": address, "given_name": "N", "family_name": "", "password": "seven quiet herons"},
        )
        assert SignUp.objects.get(address=address)
        page = client.get(f"{to}sign-up/").content.decode()
        shown = re.search(r"The code went to</span><strong>(.*?)</strong>", page)
        assert shown and shown[1] == address.replace("&", "&amp;").replace("'", "&#x27;").replace("@", "<wbr>@")


def test_the_short_code_is_filled_into_the_kept_page_of_those_inside_an_app_alone(people: Cast) -> None:
    link, other = invite_link(people, needs_approval=False), invite_link(people, needs_approval=False)
    inside = {"HTTP_USER_AGENT": "Mozilla/5.0 KAKAOTALK 10.8.2"}
    cache.clear()
    for one in (link, other, link):
        assert ways.code_of(one) in opened(one, **inside)[2] and ways.code_of(one) not in opened(one)[2]
    kept = [cache.get(key.partition(":1:")[2]) for key in list(cache._cache)]  # type: ignore[attr-defined]
    assert kept and not [code for code in map(ways.code_of, (link, other)) if code in repr(kept)]
