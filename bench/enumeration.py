"""Whether anybody can tell by the clock what an address is: the pages that take one, asked in turns (PRODUCT.md §4.11).

Every request comes from a network of its own, so that the limits, which are on, hold nobody back for what others did.
"""

import http.client
import random
import re
import time
import urllib.parse
from dataclasses import dataclass
from typing import Any

from bench.place import Place, apart, place, verdict

EACH, ADDRESSES = 2000, 250
SECRETS: dict[str, str] = {}
"""What opens a form that is reached by a secret alone."""
GOAL = 0.05
STATES = ("unknown", "active", "registered", "temporary", "suspended", "removed")
PAGES = {
    "sign in": ("/sign-in/", {"password": "not the password of anybody", "next": ""}),
    "reset": ("/reset/", {}),
    "find ID": ("/find/", {"way": "mail"}),
    "I don't know my ID": ("/find/", {"way": "code"}),
    "sign up": ("", {"step": "begin", "given_name": "Nora", "password": "seven quiet herons wade"}),
}
"""Where each form goes, and what is sent beside the address; signing up needs an invite link, which is made first."""


def run() -> bool:
    """Run in a process of its own."""
    print(f"enumeration: {EACH:,} requests for each of {len(STATES)} kinds of address, on {len(PAGES)} pages")
    return apart("enumeration", "measure")


def measure() -> bool:
    """Ask each page in random order and compare the times of every kind with those of unknown addresses."""
    with place() as here:
        here.settings["DURE_SMTP_URL"] = "smtp://127.0.0.1:9"
        here.settings["DURE_TRUSTED_PROXIES"] = "127.0.0.0/8"
        here.enter()
        PAGES["sign up"] = (_people(), PAGES["sign up"][1])
        good = True
        with here.serving():
            for page in PAGES:
                good &= _compare(page, _ask(here, page))
    return good


def _people() -> str:
    """Make everybody, and a link; returns the address of its sign-up form."""
    from datetime import timedelta

    from bench.people import admin, crowd
    from dure.accounts.models import Address
    from dure.core import clock
    from dure.joining import ways
    from dure.joining.actions.linking import make_link
    from dure.members.actions.handing import Method
    from dure.members.actions.sending_again import send_again

    actor = admin()
    temporary = crowd(actor.member.workspace, "registered", ADDRESSES)
    for address in Address.objects.filter(canonical__startswith="registered"):
        Address.objects.filter(pk=address.pk).update(canonical=address.canonical.replace("registered", "temporary"))
    send_again(actor, member_uids=[member.uid for member in temporary], method=Method.GENERATE)
    for state in ("active", "registered", "suspended", "removed"):
        crowd(actor.member.workspace, state, ADDRESSES)
    link = make_link(actor, name="Bench", language="en", expires_at=clock.now() + timedelta(days=1))
    SECRETS[f"/join/{link.uid}/sign-up/"] = f"/j/{ways.secret_of(link)}"
    return f"/join/{link.uid}/sign-up/"


@dataclass
class Seen:
    """What came back for one kind of address."""

    seconds: list[float]
    shapes: set[Any]


def _ask(here: Place, page: str) -> dict[str, Seen]:
    """Send the form for every kind of address, in random order, over one connection."""
    client, dice = Client(here.port, PAGES[page][0]), random.Random(page)
    order = [(state, number % ADDRESSES) for state in STATES for number in range(EACH)]
    dice.shuffle(order)
    seen = {state: Seen([], set()) for state in STATES}
    for _warming in range(50):
        client.send("unknown0@example.com", PAGES[page][1], dice)
    for state, number in order:
        seconds, shape = client.send(f"{state}{number}@example.com", PAGES[page][1], dice)
        seen[state].seconds.append(seconds)
        seen[state].shapes.add(shape)
    return seen


class Client:
    """One keep-alive connection with a token for its form."""

    def __init__(self, port: int, path: str) -> None:
        self.path = path
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookie = ""
        if path in SECRETS:
            self._open(SECRETS[path])
        answer = self._open(path)
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer)
        assert found
        self.token = found[1]

    def _open(self, path: str) -> str:
        self.connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = self.connection.getresponse()
        given = [one.partition(";")[0] for one in answer.headers.get_all("Set-Cookie") or []]
        self.cookie = "; ".join([*filter(None, [self.cookie]), *given])
        return answer.read().decode()

    def send(self, address: str, more: dict[str, str], dice: random.Random) -> tuple[float, Any]:
        """Return the seconds until the whole answer was there, and its shape."""
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": self.token, "id": address, **more})
        network = f"{dice.randrange(11, 200)}.{dice.randrange(256)}.{dice.randrange(256)}.1"
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        started = time.perf_counter()
        self.connection.request("POST", self.path, body, headers | {"X-Forwarded-For": network})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        seconds = time.perf_counter() - started
        plain = re.sub(r'value="[^"]*"', "", text.replace("<wbr>@", "@").replace(address, ""))
        return seconds, (answer.status, tuple(sorted(name.lower() for name in answer.headers)), plain)


def _compare(page: str, seen: dict[str, Seen]) -> bool:
    shapes = set().union(*(one.shapes for one in seen.values()))
    good = verdict(f"{page}: shapes of answers", len(shapes), 1, at_most=True)
    for state in STATES[1:]:
        apart_by = abs(_auc(seen[state].seconds, seen["unknown"].seconds) - 0.5)
        good &= verdict(f"{page}: {state} against unknown, |AUC - 0.5|", apart_by, GOAL, at_most=True)
    return good


def _auc(ours: list[float], theirs: list[float]) -> float:
    """Return how often one of ours is slower than one of theirs (Mann-Whitney)."""
    ranked = sorted([(value, True) for value in ours] + [(value, False) for value in theirs])
    ranks = sum(rank for rank, (_value, is_ours) in enumerate(ranked, 1) if is_ours)
    return (ranks - len(ours) * (len(ours) + 1) / 2) / (len(ours) * len(theirs))
