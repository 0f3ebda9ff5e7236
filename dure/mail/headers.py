"""Headers of letters, folded so that nothing is lost.

The subject that people search for (K9) must read exactly as it was written: what is not ASCII is encoded as a whole,
the spaces between its words included (RFC 2047 §6.2).
"""

from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import formataddr
from io import BytesIO

WIDTH = 75
"""Characters in a line of a header: an encoded word has no more (RFC 2047 §2), a line should not (RFC 5322 §2.1.1)."""
_SENT = compat32.clone(linesep="\r\n", max_line_length=WIDTH)


def words(name: str, text: str) -> Header:
    """Return a header of plain words."""
    text = " ".join(text.split())
    return Header(text, "us-ascii" if _is_plain(text) else "utf-8", WIDTH, name)


def _is_plain(text: str) -> bool:
    """Tell whether text reads as it is: ASCII, and nothing that looks like an encoded word."""
    return text.isascii() and "=?" not in text


def mailbox(name: str, shown: str, address: str) -> Header:
    """Return a header of one address and the name shown for it (RFC 5322 §3.4)."""
    shown = " ".join(shown.split())
    if _is_plain(shown):
        return Header(formataddr((shown, address)), "us-ascii", WIDTH, name)
    header = Header(shown, "utf-8", WIDTH, name)
    header.append(f"<{address}>", "us-ascii")
    return header


def as_sent(message: Message) -> bytes:
    """Return a message as a mail server takes it: short lines, each ended by CRLF."""
    content = BytesIO()
    BytesGenerator(content, mangle_from_=False, policy=_SENT).flatten(message)
    return content.getvalue()
