"""Translations: English sentences in code and templates, Korean and Japanese in ``locale/*/LC_MESSAGES/django.po``.

``python -m dure.catalogs compile`` writes what gettext reads (never committed), ``update`` brings the catalogues up to
date with the code, ``check`` names what is not translated.
"""

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract as extract_messages
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent
LANGUAGES = ("ko", "ja")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""The date in every header: when a message changed is told by version control."""
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def path(language: str, suffix: str = "po") -> Path:
    """Return where a language's catalogue is."""
    return PACKAGE / "locale" / language / "LC_MESSAGES" / f"django.{suffix}"


def compile_stale() -> list[str]:
    """Write the compiled catalogue of each language whose source is newer; returns their codes."""
    written = []
    for language in LANGUAGES:
        source, target = path(language), path(language, "mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        partial = target.with_suffix(".part")
        with partial.open("wb") as file:
            write_mo(file, read(language))
        partial.replace(target)
        written.append(language)
    return written


def read(language: str) -> Catalog:
    """Return a language's catalogue, empty when there is none."""
    if not path(language).exists():
        return Catalog(locale=language)
    with path(language).open("rb") as file:
        return read_po(file, locale=language)


def extract() -> Catalog:
    """Return every message of code, pages and letters."""
    catalog = Catalog()
    for source, name in _sources():
        for _line, messages, comments, context in extract_messages("python", source, KEYWORDS, ("Translators:",)):
            catalog.add(messages, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


def _sources() -> Iterator[tuple[io.BytesIO, str]]:
    from django.utils.translation import templatize

    for file in sorted(PACKAGE.rglob("*.py")):
        yield io.BytesIO(file.read_bytes()), file.name
    for file in sorted(PACKAGE.rglob("templates/**/*")):
        if file.suffix in (".html", ".txt"):
            yield io.BytesIO(templatize(file.read_text(encoding="utf-8")).encode()), file.name


def update() -> None:
    """Merge the messages into each catalogue: new ones come in empty, those no longer used go."""
    found = extract()
    for language in LANGUAGES:
        catalog = read(language)
        catalog.update(found, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        catalog.fuzzy, catalog.project, catalog.header_comment = False, "Dure", f"# Dure: {language}"
        catalog.creation_date = catalog.revision_date = BEGINNING
        path(language).parent.mkdir(parents=True, exist_ok=True)
        with path(language).open("wb") as file:
            write_po(
                file, catalog, omit_header=False, no_location=True, ignore_obsolete=True, sort_output=True, width=118
            )


def missing() -> list[str]:
    """Return a sentence for each message that is not translated, or whose placeholders differ."""
    found = [message for message in extract() if message.id]
    return [
        f"{language}: {message.id!r}: {problem}"
        for language in LANGUAGES
        for message in found
        if (problem := _problem(read_once(language).get(_key(message), message.context)))
    ]


_read: dict[str, Catalog] = {}


def read_once(language: str) -> Catalog:
    """Return a catalogue, read once for a whole check."""
    return _read.setdefault(language, read(language))


def _key(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, list | tuple) else message.id)


def _problem(message: Message | None) -> str:
    if message is None:
        return "is not in the catalogue"
    if message.fuzzy:
        return "is marked fuzzy, and never shown"
    given = message.string if isinstance(message.string, list | tuple) else [message.string]
    strings = [str(string or "") for string in given]
    if not all(strings):
        return "is not translated"
    wanted = set(_PLACEHOLDER.findall(str(message.id[-1] if isinstance(message.id, list | tuple) else message.id)))
    return "" if all(set(_PLACEHOLDER.findall(string)) == wanted for string in strings) else "has other placeholders"


def main(command: str) -> int:
    """Run one of ``compile``, ``update`` and ``check``."""
    if command == "compile":
        compile_stale()
    elif command == "update":
        update()
    problems = missing() if command == "check" else []
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
