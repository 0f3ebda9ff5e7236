"""Two sentences on one line stand apart as their language has it: with a space, in Japanese without one."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.template.base import TextNode, VariableNode
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.translation import gettext, ngettext, npgettext, override, pgettext

from dure import catalogs
from dure.core.sentences import gap

PACKAGE = Path(__file__).resolve().parents[2] / "dure"
ROOTS = (PACKAGE / "web" / "templates", PACKAGE / "mail" / "templates")
WITHIN_A_LINE = re.compile(r"</?(?:a|b|small|span|strong|em|time|wbr|code)\b[^>]*>")
PARTED = {".html": re.compile(r".{0,30}。\s+(?=[^\s<·]).{0,30}"), ".txt": re.compile(r".{0,30}。[ \t]+(?=\S).{0,30}")}
TEMPLATES = sorted(
    path.relative_to(root).as_posix() for root in ROOTS for path in root.rglob("*") if path.suffix in PARTED
)
pytestmark = pytest.mark.once


def words(nodes: Iterable[Any]) -> str:
    """Return what stands in a template, every branch after the other, its values left out."""
    return "".join(map(_words, nodes))


def _words(node: Any) -> str:
    if isinstance(node, TextNode):
        return node.s
    if isinstance(node, VariableNode):
        return "…"
    if isinstance(node, TranslateNode | BlockTranslateNode):
        return _translated(node)
    return "".join(words(getattr(node, name, None) or ()) for name in node.child_nodelists)


def _translated(node: Any) -> str:
    about = node.message_context.resolve(Context()) if node.message_context else ""
    if isinstance(node, TranslateNode):
        text = node.filter_expression.var.literal.strip("\"'")
        return pgettext(about, text) if about else gettext(text)
    one = node.render_token_list(node.singular)[0]
    if not node.plural:
        return pgettext(about, one) if about else gettext(one)
    many = node.render_token_list(node.plural)[0]
    return npgettext(about, one, many, 2) if about else ngettext(one, many, 2)


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_space_follows_a_japanese_full_stop(name: str) -> None:
    ending = Path(name).suffix
    with override("ja"):
        text = words(get_template(name).template.nodelist)  # type: ignore[attr-defined]
    found = PARTED[ending].findall(WITHIN_A_LINE.sub("", text) if ending == ".html" else text)
    assert not found


def translations(language: str) -> list[str]:
    """Return every translation, those of plurals one by one."""
    entries = [entry.string for entry in catalogs.read(language) if entry.id and entry.string]
    return [text for one in entries for text in ((one,) if isinstance(one, str) else one)]


def test_no_translation_has_one_either() -> None:
    texts = translations("ja")
    assert len(texts) > 1000
    assert not [text for text in texts if re.search(r"。 ", text)]


def test_no_korean_particle_in_brackets_follows_a_quoted_word() -> None:
    """“Д”은(는): a noun behind the quotation, which has its one particle, reads as people write."""
    texts = translations("ko")
    assert len(texts) > 1000
    assert not [text for text in texts if re.search(r"[”’]\u2060?[가-힣]?\([가-힣]\)", text)]


@pytest.mark.parametrize(("language", "told"), [("en", "A. B."), ("ko", "A. B."), ("ja", "A.B.")])
def test_sentences_stand_apart_as_their_language_has_it(language: str, told: str) -> None:
    with override(language):
        assert Template("A.{% gap %}B.").render(Context()) == f"A.{gap()}B." == told
