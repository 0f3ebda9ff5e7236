"""What an e-mail address may be (PRODUCT.md §4.15), and whose it is."""

import re
import unicodedata

import idna
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dure.accounts.models import Address
from dure.core import clock
from dure.core.errors import DomainError
from dure.core.text import narrow

LONGEST = 254
LONGEST_LOCAL = 64
# RFC 5322 dot-atom; quoted local parts, comments and literals are allowed by the RFC and used by attackers alone.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class InvalidAddress(DomainError):
    """Not an address that Dure can write to."""

    code = "invalid_address"
    message = _("This is not an e-mail address we can write to. It looks like name@company.com, in Latin letters.")
    field = "id"


class AddressTooLong(InvalidAddress):
    """Longer than 254 characters, or more than 64 before the @."""

    code = "address_too_long"
    message = _("This address is too long: at most 64 characters before the @ and 254 in all.")


class AddressTaken(DomainError):
    """The address already signs somebody in on this server."""

    code = "address_taken"
    message = _("This address belongs to somebody else on this server.")
    field = "id"
    status = 409


def canonical(text: str) -> str:
    """Return the one spelling of an address that is stored and compared.

    ASCII local part in lower case, full-width letters as ASCII; the domain as IDNA A-labels (RFC 5891).

    :raises InvalidAddress: for everything that is not one plain address.
    """
    text = narrow(text).strip(" \t\r\n")
    local, at, domain = text.rpartition("@")
    if not at or not local or "=?" in text or any(_is_invisible(letter) for letter in text):
        raise InvalidAddress
    if len(local) > LONGEST_LOCAL or len(text) > LONGEST:
        raise AddressTooLong
    if not _LOCAL.fullmatch(local):
        raise InvalidAddress
    address = f"{local.lower()}@{_canonical_domain(domain)}"
    if len(address) > LONGEST:
        raise AddressTooLong
    return address


def _canonical_domain(domain: str) -> str:
    try:
        ascii_domain = idna.encode(domain.lower(), uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise InvalidAddress from None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise InvalidAddress
    return ascii_domain


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs")


def living() -> Q:
    """Return what an address must be to count for anything: one that has no end, or has not reached it."""
    return Q(until=None) | Q(until__gt=clock.now())


def holder(address: str) -> Address | None:
    """Return the ID or living alias with this canonical spelling, its account joined."""
    signing_in = Address.objects.filter(living(), canonical=address, kind__in=[Address.ID, Address.ALIAS])
    return signing_in.select_related("account").first()
