"""A trail of a million events: proving it, reading any page of it by any filter, and taking it along."""

import resource
import time
from datetime import timedelta
from typing import Any

from bench.place import apart, place, verdict

EVENTS, MEMBERS, EACH = 1_000_000, 2000, 10_000
VERIFY, PAGE, RATIO, FIRST, GROWTH = 30.0, 12.0, 1.2, 0.5, 30.0
ROUNDS = 40


def run() -> bool:
    """Run in a process of its own."""
    print(f"audit: {EVENTS:,} events in one workspace")
    return apart("audit", "measure")


def measure() -> bool:
    """Write them, prove them, read them at both ends and by every filter, and export them."""
    with place() as here:
        here.enter()
        from django.core.management import call_command

        from bench.people import admin, crowd

        call_command("collectstatic", interactive=False, verbosity=0)
        actor = admin()
        members = crowd(actor.member.workspace, "active", MEMBERS)
        _write(actor, members, range(0, EACH, EACH))
        few = _cpu(_pages(actor, members)["newest"])
        started = time.perf_counter()
        _write(actor, members, range(EACH, EVENTS, EACH))
        print(f"       written in {time.perf_counter() - started:.0f} s")
        good = _verify(actor)
        for name, step in _pages(actor, members).items():
            good &= verdict(f"page: {name}", _cpu(step) * 1000, PAGE, unit=" ms CPU", at_most=True)
            if name == "newest":
                good &= verdict(f"against {EACH:,} events", _cpu(step) / few, RATIO, at_most=True)
        return _export(actor) & good


def _write(actor: Any, members: list[Any], starts: range) -> None:
    """Append through the trail itself; one in ten thousand is of a rare kind, and a rare member acted twice."""
    from django.db import transaction

    from dure.audit.trail import Entry, append
    from dure.core import clock, keys

    began, key, workspace_id = clock.now() - timedelta(days=400), keys.derive("audit"), actor.workspace_id
    kinds = ["member.edited", "member.registered", "member.issued_again", "member.suspended", "member.resumed"]
    for start in starts:
        entries = [
            Entry(
                workspace_id,
                began + timedelta(seconds=30 * number),
                "member.rescue_codes_made" if number % EACH == 0 else kinds[number % 5],
                "member",
                members[1].pk if number in (77, 999_000) else actor.id,
                "command" if number % EACH == 1 else "web",
                "member",
                members[number % MEMBERS].pk,
                ("given_name", "family_name"),
                "",
            )
            for number in range(start, start + EACH)
        ]
        with transaction.atomic():
            append(entries, key=key)


def _verify(actor: Any) -> bool:
    from dure.audit.proof import prove
    from dure.core import keys

    started = time.perf_counter()
    found = prove(actor.workspace_id, keys=[b"an older key that made none of them", *keys.derive_all("audit")])
    seconds = time.perf_counter() - started
    assert found.broken is None and found.held >= EVENTS, found
    return verdict("verify", seconds, VERIFY, unit=" s", at_most=True)


def _pages(actor: Any, members: list[Any]) -> dict[str, Any]:
    """Return what opens each page, database and template included."""
    from django.test import Client
    from django.urls import reverse

    from dure.accounts.models import Device
    from dure.accounts.sessions import SessionStore
    from dure.core import clock

    account, at = actor.member.account, clock.now()
    device = Device.objects.filter(account=account).first() or Device.objects.create(
        account=account, hash=b"bench", since=at, last_used_at=at
    )
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies["dure-session"] = SessionStore.open_for(account, at, device.pk).session_key or ""
    address = reverse("audit", args=[actor.member.workspace.uid])
    admin, rare = actor.member.uid, members[1].uid
    queries = {
        "newest": "",
        "900,000 back": "?older=100000",
        "oldest day": f"?until={at - timedelta(days=399):%Y-%m-%d}",
        "a rare kind": "?kind=member.rescue_codes_made",
        "a group": "?kind=members",
        "by the admin, of a rare kind": f"?who={admin}&kind=administrators",
        "about somebody": f"?about={rare}",
        "by somebody, on the admin": f"?who={rare}&whom={admin}",
        "by another door": "?door=command",
    }

    def opens(query: str) -> Any:
        def step() -> None:
            answer = client.get(address + query)
            assert answer.status_code == 200, answer.status_code

        return step

    return {name: opens(query) for name, query in queries.items()}


def _cpu(step: Any) -> float:
    step()
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        step()
        best = min(best, time.process_time() - started)
    return best


def _export(actor: Any) -> bool:
    from dure.audit.queries import Sought
    from dure.web.exporting import stream

    good = True
    for kind in ("csv", "jsonl"):
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        pieces = stream(actor, Sought(), kind, language="en")
        written = len(next(pieces)) + len(next(pieces))
        good &= verdict(f"{kind}: seconds to the first rows", time.perf_counter() - started, FIRST, at_most=True)
        written += sum(len(piece) for piece in pieces)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"       {kind}: {written / 1e6:.0f} MB in {time.perf_counter() - started:.0f} s")
        good &= verdict(f"{kind}: memory grew by", grown, GROWTH, unit=" MB", at_most=True)
    return good
