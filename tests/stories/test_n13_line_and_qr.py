"""N13: “Invite by LINE message or by QR code.”"""

import html
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from dure.joining import ways
from dure.joining.models import InviteLink
from tests.cast import Cast
from tests.codes import read, read_svg
from tests.stories.link_steps import make
from tests.visitor import Page

WORDS = {
    "en": "You are invited to join 한빛소프트.",
    "ko": "한빛소프트에 초대합니다.",
    "ja": "한빛소프트に招待します。",
}
POSTER = {"en": "Join 한빛소프트", "ko": "한빛소프트에 참여하기", "ja": "한빛소프트に参加"}


def page_of(cast: Cast, link: InviteLink, path: str = "") -> Page:
    """Return a page of a link, as Eve sees it."""
    return cast.eve.browser().open(cast.at(f"admin/links/{link.uid}/{path}"))


def picture_on(page: Page) -> str:
    """Return the address of the code on a page."""
    found = re.search(r'class="qr" src="([^"]+)"', page.body)
    assert found, page.text
    return html.unescape(found[1])


def shared_by(page: Page, start: str) -> str:
    """Return the sharing address that begins so."""
    return next(html.unescape(href) for href, _words in page.links if html.unescape(href).startswith(start))


def opens(address: str, link: InviteLink) -> bool:
    """Tell whether an address that came back from a code or a message is the link's."""
    way = ways.find(urlsplit(address).path.rpartition("/j/")[2])
    return way is not None and way.link == link


def test_the_code_on_the_screen_the_files_and_the_poster_say_the_address(cast: Cast) -> None:
    link = make(cast)
    address = ways.address_of(link)
    assert read_svg(picture_on(page_of(cast, link))) == [address]
    png, svg = page_of(cast, link, "qr.png"), page_of(cast, link, "qr.svg")
    assert png.headers["content-type"] == "image/png" and read(png.raw) == [address]
    assert svg.headers["content-type"] == "image/svg+xml" and read_svg(svg.body) == [address]
    for file, kind in ((png, "png"), (svg, "svg")):
        assert file.headers["content-disposition"] == f'attachment; filename="winter-intake.{kind}"'
        assert file.headers["cache-control"] == "no-store" and file.headers["referrer-policy"] == "no-referrer"
    for language in WORDS:
        poster = page_of(cast, link, f"poster/?language={language}")
        assert read_svg(picture_on(poster)) == [address]
    assert opens(address, link)


@pytest.mark.parametrize("language", POSTER)
def test_the_poster_says_all_one_needs_in_each_language(cast: Cast, language: str) -> None:
    link = make(cast, most_uses=50, domains=["hanbitsoft.co.kr"])
    poster = page_of(cast, link, f"poster/?language={language}")
    for said in (POSTER[language], ways.code_of(link), "/join/", "hanbitsoft.co.kr", ways.address_of(link)):
        assert said in poster.text, said
    sheet = poster.body[poster.body.index("<article") :]
    assert f'lang="{language}"' in sheet and sheet.count("<li>") == 3
    assert "Print" in poster.text, "the page around it is in the reader's language"


def test_a_poster_of_a_link_that_asks_an_admin_says_so(cast: Cast) -> None:
    poster = page_of(cast, make(cast, needs_approval=True), "poster/").text
    assert "With that you ask to join; an admin approves each person." in poster


STRAIGHT_IN = {
    "ko": ("아래 링크를 열면 바로 참여할 수 있습니다.", "아래 링크를 열고 참여를 신청하세요."),
    "en": ("you are in with a few steps", "Open this link and ask to join:"),
    "ja": ("次のリンクを開くと参加できます。", "次のリンクを開いて、参加を申請してください。"),
}


@pytest.mark.parametrize("language", STRAIGHT_IN)
def test_the_message_promises_no_way_straight_in_where_an_admin_decides(cast: Cast, language: str) -> None:
    straight, asking = STRAIGHT_IN[language]
    for asks in (False, True):
        page = page_of(cast, make(cast, needs_approval=asks), f"?language={language}")
        assert (straight in page.text, asking in page.text) == (not asks, asks)
        sms = unquote(shared_by(page, "sms:"))
        assert (straight in sms, asking in sms) == (not asks, asks)


@pytest.mark.parametrize("language", WORDS)
def test_line_mail_and_sms_carry_the_message_and_the_address(cast: Cast, language: str) -> None:
    link = make(cast, language=language)
    page, address = page_of(cast, link), ways.address_of(link)
    app = parse_qs(urlsplit(shared_by(page, "https://line.me/R/share?")).query)
    assert WORDS[language] in app["text"][0] and address in app["text"][0].split()
    web = parse_qs(urlsplit(shared_by(page, "https://social-plugins.line.me/lineit/share?")).query)
    assert web["url"] == [address] and opens(web["url"][0], link)
    mail = parse_qs(urlsplit(shared_by(page, "mailto:")).query)
    assert address in mail["body"][0].split("\r\n") and "한빛소프트" in mail["subject"][0]
    sms = shared_by(page, "sms:")
    assert address in unquote(sms.partition("?body=")[2]).split() and "+" not in sms, "a space is %20, as RFC 5724 asks"
    assert ways.code_of(link) in app["text"][0]


def test_an_admin_chooses_the_language_of_the_message(cast: Cast) -> None:
    link = make(cast, language="ko")
    assert WORDS["ko"] in page_of(cast, link).text
    for language, words in WORDS.items():
        page = page_of(cast, link, f"?language={language}")
        assert words in page.text and f'id="message" lang="{language}"' in page.body
    assert WORDS["ko"] in page_of(cast, link, "?language=xx").text, "an unknown one is the link's"


def test_the_message_is_there_for_the_share_sheet_and_copying(cast: Cast) -> None:
    page = page_of(cast, make(cast))
    assert 'data-share="message" hidden' in page.body and 'data-copy="message"' in page.body
    assert 'data-copy="address"' in page.body


def test_a_name_that_is_no_file_name_makes_one(cast: Cast) -> None:
    korean, strange = make(cast, name="2026 겨울 채용"), make(cast, name='../"; x=y')
    assert "filename*=utf-8''2026-" in page_of(cast, korean, "qr.png").headers["content-disposition"]
    for link in (korean, strange):
        given = page_of(cast, link, "qr.png").headers["content-disposition"]
        assert ".." not in given and "/" not in given.replace("utf-8''", "") and given.isascii()


def test_a_workspace_with_markup_in_its_name_is_text_everywhere(cast: Cast) -> None:
    cast.hanbit.name = '<b>A&B</b> "x"'
    cast.hanbit.save(update_fields=["name"])
    link = make(cast)
    page, poster = page_of(cast, link), page_of(cast, link, "poster/")
    assert "<b>A&B</b>" not in page.body + poster.body and "&lt;b&gt;A&amp;B&lt;/b&gt;" in poster.body
    assert '<b>A&B</b> "x"' in parse_qs(urlsplit(shared_by(page, "https://line.me/R/share?")).query)["text"][0]
