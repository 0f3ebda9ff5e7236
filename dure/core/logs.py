"""Log lines without personal values (PRODUCT.md §4.7, §4.18), as text or as JSON.

What other libraries put into a line may be an address, a path with a secret in it or a row of the database: of theirs
only the sentence without its values is written, of an exception its kind and where it came from.
"""

import json
import logging
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request this thread answers, empty outside of one."""

DEEPEST = 12
"""Frames of an exception that are written, the innermost ones."""
_HERE = str(Path(__file__).resolve().parents[2])


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what is written of a record."""
    facts: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": sentence_of(record),
    }
    facts |= getattr(record, "facts", {})
    if request_id.get():
        facts.setdefault("request", request_id.get())
    if record.exc_info and record.exc_info[1]:
        facts["error"] = " < ".join(_kinds(record.exc_info[1]))
        facts["trace"] = _places(record.exc_info[1])
    return facts


def sentence_of(record: logging.LogRecord) -> str:
    """Return the message of our own loggers; of others' the sentence alone, or where it was said."""
    if record.name == "dure" or record.name.startswith("dure."):
        return record.getMessage()
    return str(record.msg) if record.args else f"{Path(record.pathname).name}:{record.lineno}"


def _kinds(error: BaseException) -> Iterator[str]:
    """Name an exception and those it came from; a message may hold a row, so only what cannot is added."""
    chain: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in chain:
        chain.append(found)
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    for one in chain:
        code = getattr(one, "sqlstate", None) or getattr(one, "sqlite_errorname", None)
        if isinstance(one, OSError):
            code = code or one.errno
        yield f"{type(one).__module__}.{type(one).__qualname__}{f' ({code})' if code else ''}"


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
    return [f"{frame.filename.removeprefix(_HERE).lstrip('/')}:{frame.lineno} {frame.name}" for frame in frames]


class AsJson(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return json.dumps(facts_of(record), ensure_ascii=False, default=str)


class AsText(logging.Formatter):
    """One line to read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the places of an exception below it."""
        facts = facts_of(record)
        words = [facts.pop("at"), facts.pop("level").upper(), facts.pop("logger"), facts.pop("message")]
        places = facts.pop("trace", [])
        words += [f"{name}={value}" for name, value in facts.items() if value not in ("", None)]
        return "\n    ".join([" ".join(words), *places])
