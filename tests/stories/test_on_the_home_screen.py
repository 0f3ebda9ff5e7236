"""Dure on the home screen of a phone: manifest, icons, and a service worker that keeps nothing of anybody."""

import json
import re
from io import BytesIO

import pytest
from PIL import Image

from dure.web.pwa import icons
from tests.cast import Cast
from tests.visitor import Page


def manifest_of(page: Page) -> str:
    """Return where a page says its manifest is."""
    found = re.search(r'<link rel="manifest" href="([^"]+)" crossorigin="use-credentials">', page.body)
    assert found, page.url
    return found[1]


def test_a_workspace_is_installed_under_its_name_and_opens_at_its_home(cast: Cast) -> None:
    browser = cast.yuki.browser()
    home = browser.open(cast.at())
    answer = browser.open(manifest_of(home))
    told = json.loads(answer.body)
    assert answer.headers["content-type"] == "application/manifest+json"
    assert (told["name"], told["start_url"], told["scope"]) == ("한빛소프트", cast.at(), "/")
    assert told["display"] == "standalone" and told["id"] == cast.at()
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        assert browser.open(icon["src"]).headers["content-type"] == "image/png"


def test_strangers_install_the_server_and_learn_no_workspace(cast: Cast) -> None:
    visitor = cast.visitor(language="ko")
    told = json.loads(visitor.open(manifest_of(visitor.open("/sign-in/"))).body)
    assert (told["name"], told["start_url"], told["lang"]) == ("두레", "/", "ko")
    assert visitor.open(cast.at("manifest.webmanifest"), follow=False).status == 302
    assert cast.alex.browser().open(cast.at("manifest.webmanifest")).status == 404


@pytest.mark.parametrize("name", icons.ICONS)
def test_each_icon_is_the_ring_on_paper_and_a_maskable_one_keeps_its_margin(name: str) -> None:
    image = Image.open(BytesIO(icons.icon(name))).convert("RGB")
    side, part, purpose = icons.ICONS[name]
    assert image.size == (side, side)
    paper = image.getpixel((0, 0))
    inked = [(x, y) for x in range(side) for y in range(side) if image.getpixel((x, y)) != paper]
    margin = min(min(min(one) for one in inked), side - 1 - max(max(one) for one in inked)) / side
    assert abs(margin - (1 - part * 20.2 / 24) / 2) < 0.05
    if purpose == "maskable":
        furthest = max((x - side / 2) ** 2 + (y - side / 2) ** 2 for x, y in inked) ** 0.5
        assert furthest <= 0.4 * side, "within the safe zone of the W3C manifest"
    assert len(icons.icon(name)) < 20_000


def test_the_worker_has_the_whole_server_and_keeps_static_files_and_one_page(cast: Cast) -> None:
    visitor = cast.visitor()
    answer = visitor.open("/service-worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    found = re.search(r"const FILES = (\[.*?\]);", answer.body)
    assert found
    files = json.loads(found[1])
    assert len(files) > 5 and all(file.startswith("/static/") for file in files)
    for file in files:
        assert visitor.open(file).status == 200, file
    policy = visitor.open("/sign-in/").headers["content-security-policy"]
    assert "worker-src 'self'" in policy and "manifest-src 'self'" in policy


@pytest.mark.parametrize(
    ("language", "words"), [("en", "No connection"), ("ko", "연결되지 않음"), ("ja", "接続がありません")]
)
def test_the_page_that_is_kept_is_in_the_readers_language_and_has_nothing_of_theirs(
    cast: Cast, language: str, words: str
) -> None:
    browser = cast.yuki.browser(language=language)
    stranger = cast.visitor(language=language).open("/offline/")
    assert words in stranger.text and f'lang="{language}"' in stranger.body
    assert "set-cookie" not in stranger.headers and "csrf" not in stranger.body and "<form" not in stranger.body
    assert cast.yuki.address not in browser.open("/offline/").body
