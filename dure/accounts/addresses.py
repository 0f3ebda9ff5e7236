"""What an e-mail address may be (PRODUCT.md §4.15), and whose it is."""

import re
from functools import lru_cache

import idna
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dure.accounts.models import Address
from dure.core import clock, scripts
from dure.core.errors import DomainError
from dure.core.text import narrow

LONGEST = 254
LONGEST_LOCAL = 64
# RFC 5322 dot-atom; quoted local parts, comments and literals are allowed by the RFC and used by attackers alone.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_SEVERAL = re.compile(r"[\s<>\"(),:;@\[\]]")
# Domains with a label in ASCII clothes; before the @ xn-- means nothing.
_ENCODED = re.compile(r"(?<![^\s,@])(?=[a-z0-9.-]*?xn--)[a-z0-9.-]++(?![^\s,@]*@)")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class InvalidAddress(DomainError):
    """Not an address that Dure can write to."""

    code = "invalid_address"
    message = _("This is not an e-mail address we can write to. It looks like name@company.com, in Latin letters.")
    field = "id"


class InvisibleLetter(InvalidAddress):
    """A character of which nothing shows, such as one of zero width; ``before`` is what stands before it."""

    code = "invisible_letter"
    message = _("There is an invisible character after “%(before)s”. Delete it, or type the address anew.")

    def __init__(self, *, before: str) -> None:
        super().__init__(before=before)
        if not before:
            self.message = _("There is an invisible character at the beginning. Delete it, or type the address anew.")


class LookAlike(InvalidAddress):
    """A letter of another script before the @ that looks like a Latin one."""

    code = "look_alike"
    message = _("“%(letter)s” looks like a Latin letter, but it is %(script)s. Type the address anew in Latin letters.")


class NotLatin(InvalidAddress):
    """Any other letter before the @ that is none of ASCII."""

    code = "not_latin"
    message = _("“%(letter)s” cannot stand before the @. What stands there is written in plain Latin letters.")


class MixedScripts(InvalidAddress):
    """A domain that looks like another one: one of its labels mixes scripts that are taken for one another."""

    code = "mixed_scripts"
    message = _(
        "In “%(part)s” the letter “%(letter)s” is %(script)s and others are %(others)s, so it leads elsewhere than it "
        "looks. Type the address anew."
    )


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


def canonical(text: str, *, sought: bool = False) -> str:
    """Return the one spelling of an address that is stored and compared.

    ASCII local part in lower case, full-width letters as ASCII; the domain as IDNA A-labels (RFC 5891). With ``sought``
    it is looked for and not taken, so that one of mixed scripts that was taken before still leads to its owner.

    :raises InvalidAddress: for everything that is not one plain address, with the letter that is wrong where it is one.
    """
    text = narrow(text).strip(" \t\r\n")
    local, at, domain = text.rpartition("@")
    if not at or not local or "=?" in text:
        raise InvalidAddress
    _refuse_invisible(text)
    if len(local) > LONGEST_LOCAL or len(text) > LONGEST:
        raise AddressTooLong
    if not _LOCAL.fullmatch(local):
        raise _wrong_local(local)
    address = f"{local.lower()}@{canonical_domain(domain, sought=sought)}"
    if len(address) > LONGEST:
        raise AddressTooLong
    return address


def canonical_domain(domain: str, *, sought: bool = False) -> str:
    """Return the one spelling of what stands after the @.

    :raises InvalidAddress: for everything that is not one domain.
    """
    domain = narrow(domain).strip(" \t\r\n")
    _refuse_invisible(domain)
    try:
        if not sought and not domain.isascii():
            _refuse_mixed(idna.uts46_remap(domain.lower(), std3_rules=True))
        ascii_domain = idna.encode(domain.lower(), uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise InvalidAddress from None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise InvalidAddress
    return ascii_domain


def _refuse_invisible(text: str) -> None:
    place = next((place for place, letter in enumerate(text) if scripts.is_invisible(letter)), None)
    if place is not None:
        raise InvisibleLetter(before=text[max(0, place - 20) : place])


def _refuse_mixed(domain: str) -> None:
    for label in domain.split("."):
        if found := scripts.mixed(label):
            raise MixedScripts(
                letter=found.letter,
                part=label,
                script=scripts.CONFUSED[found.script],
                others=scripts.CONFUSED[found.others],
            )


def _wrong_local(local: str) -> InvalidAddress:
    """Return what is wrong with the part before the @; of more than one word, only that it is no address."""
    letter = next((letter for letter in local if not letter.isascii()), "")
    if not letter or _SEVERAL.search(local):
        return InvalidAddress()
    script = scripts.script_of(letter)
    if scripts.looks_latin(letter) and script in scripts.CONFUSED:
        return LookAlike(letter=letter, script=scripts.CONFUSED[script])
    return NotLatin(letter=letter)


def for_readers(text: str) -> str:
    """Return an address, a domain or a list of them as people read it: 한빛.한국 and not xn--….

    The stored form stays where the other one could be taken for something else. It is never stored nor compared.
    """
    return _ENCODED.sub(lambda found: _readable_domain(found[0]), text) if "xn--" in text else text


@lru_cache(maxsize=1024)
def _readable_domain(domain: str) -> str:
    labels = domain.split(".")
    ending = _script(labels[-1])  # under .рф a Cyrillic word is what it seems, whatever it looks like
    shown = ".".join(_readable_label(label, is_local=_script(label) == ending != scripts.LATIN) for label in labels)
    try:
        return shown if canonical_domain(shown) == domain else domain
    except InvalidAddress:
        return domain


def _script(label: str) -> str:
    """Return the script of a label; of more than one, none."""
    try:
        found = {script for script in map(scripts.script_of, idna.ulabel(label)) if script}
    except (idna.IDNAError, UnicodeError):
        return ""
    return found.pop() if len(found) == 1 else ""


def _readable_label(label: str, *, is_local: bool) -> str:
    try:
        shown = idna.ulabel(label) if label.startswith("xn--") else label
    except (idna.IDNAError, UnicodeError):
        return label
    if shown == label or not scripts.is_safe(shown):
        return label
    return shown if is_local or not scripts.is_disguised(shown) else label


def sought_part(typed: str) -> str:
    """Return what is typed to find an address by a part of it, in the spelling that is stored."""
    local, at, domain = narrow(typed).rpartition("@")
    try:
        return local + at + idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return local + at + domain


def living() -> Q:
    """Return what an address must be to count for anything: one that has no end, or has not reached it."""
    return Q(until=None) | Q(until__gt=clock.now())


def holder(address: str) -> Address | None:
    """Return the ID or living alias with this canonical spelling, its account joined."""
    signing_in = Address.objects.filter(living(), canonical=address, kind__in=[Address.ID, Address.ALIAS])
    return signing_in.select_related("account").first()
