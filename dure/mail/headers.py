"""Headers of letters, folded so that nothing is lost.

The standard library loses the space where it breaks a long subject or name in two encoded words, and the subject that
people search for (K9) must read exactly as it was written (RFC 2047 §6.2).
"""

from email.header import Header
from email.headerregistry import AddressHeader
from email.policy import EmailPolicy
from typing import Any


class LetterPolicy(EmailPolicy):
    """SMTP's line ends; subjects and names outside ASCII are encoded as a whole, spaces included."""

    def fold(self, name: str, value: Any) -> str:
        """Return the header as it is sent."""
        if str(value).isascii():
            return super().fold(name, value)
        header = Header(header_name=name, maxlinelen=75)
        if isinstance(value, AddressHeader):
            (sender,) = value.addresses
            header.append(sender.display_name, "utf-8")
            header.append(f"<{sender.addr_spec}>", "ascii")
        else:
            header.append(str(value), "utf-8")
        return f"{name}: {header.encode(linesep=self.linesep)}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return the header as it is sent, in bytes."""
        return self.fold(name, value).encode("ascii")


SMTP = LetterPolicy(linesep="\r\n")
