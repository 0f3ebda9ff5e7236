"""The member list and its search in workspaces of 10 to 1,000,000, on both databases (ARCHITECTURE.md §3, §8).

``DURE_BENCH_SIZES=1000,100000`` makes it shorter; the workspace of ten is always there, with 4,000 more like it where
there is one of a million. ``DURE_BENCH_POSTGRES`` names an empty database; else one is made for a while.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.cluster import cluster
from bench.place import ROOT, Place, place, verdict

SIZES = "1000,100000,1000000"
PAGE_MS, RATIO, DATABASE_MS, ANSWER_MS = 8.0, 1.2, 2.0, 12.0
ROUNDS, ASKED, AGAIN = 60, 200, 3


def run() -> bool:
    """Run on each database in a process of its own."""
    sizes = os.environ.get("DURE_BENCH_SIZES", SIZES)
    print(f"listing: pages and searches of the member list, {sizes} members")
    good = _apart(sizes, "")
    with tempfile.TemporaryDirectory(prefix="dure-bench-") as folder, cluster(Path(folder)) as url:
        if not url:
            print("       no PostgreSQL here: set DURE_BENCH_POSTGRES to an empty database")
            return good
        return _apart(sizes, url) and good


def _apart(sizes: str, url: str) -> bool:
    code = f"import sys; from bench.listing import measure; sys.exit(0 if measure({sizes!r}, {url!r}) else 1)"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def measure(sizes: str, url: str) -> bool:
    """Fill one database, and ask."""
    with place() as here:
        if url:
            here.settings["DURE_DATABASE_URL"] = url
        here.enter()
        print(f"    {'PostgreSQL' if url else 'SQLite'}")
        workspaces = _fill([int(size) for size in sizes.split(",")])
        browsers = {size: Browser(here, workspace) for size, workspace in workspaces.items()}
        return all([_pages(browsers), _searches(browsers), _portal(browsers)])


def _fill(sizes: list[int]) -> dict[int, Any]:
    from django.core.management import call_command
    from django.db import connection

    from bench.company import fill
    from dure.core import clock
    from dure.workspaces.models import Workspace

    started = time.perf_counter()
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if sqlite:
            cursor.execute("PRAGMA journal_mode=OFF")
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-3000000")
    small = 4000 if max(sizes) >= 1_000_000 else 40
    made = Workspace.objects.bulk_create(
        Workspace(name=f"{number}", languages=["ko"], time_zone="Asia/Seoul", founded_at=clock.now())
        for number in range(len(sizes) + small)
    )
    ids = [one.pk for one in made]
    fill(ids[len(sizes) :], 10)
    for workspace, size in zip(made, sizes, strict=False):
        fill([workspace.pk], size)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if sqlite else "VACUUM ANALYZE")
        if sqlite:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA cache_size=-2000")
    call_command("collectstatic", verbosity=0, interactive=False)
    print(f"      filled in {time.perf_counter() - started:.0f} s")
    return {10: made[-1], **dict(zip(sizes, made, strict=False))}


class Browser:
    """Somebody with *Member management*, signed in, asking the application in this very thread."""

    def __init__(self, here: Place, workspace: Any) -> None:
        from dure.accounts.models import Device
        from dure.accounts.sessions import SessionStore
        from dure.core import clock
        from dure.members.models import Member
        from dure.wsgi import application

        admin = Member.objects.select_related("account").filter(workspace=workspace, state="active").order_by("pk")[0]
        Member.objects.filter(pk=admin.pk).update(is_super_admin=True, starts_at=None)
        at = clock.now()
        device = Device.objects.create(account=admin.account, hash=os.urandom(32), since=at, last_used_at=at)
        session = SessionStore.open_for(admin.account, at, device.pk)
        self.workspace, self.application, self.host = workspace, application, f"127.0.0.1:{here.port}"
        self.cookie = f"dure-session={session.session_key}"

    def get(self, query: str, *, typing: bool = False, page: str = "admin/members/") -> tuple[str, float]:
        """Return the body and the seconds of CPU it took."""
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": f"/w/{self.workspace.uid}/{page}", "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "HTTP_HOST": self.host, "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http", "wsgi.input": sys.stdin.buffer, "wsgi.errors": sys.stderr,
            "HTTP_ACCEPT_LANGUAGE": "ko", "HTTP_COOKIE": self.cookie,
        }  # fmt: skip
        if typing:
            environ["HTTP_HX_REQUEST"] = "true"
        status: list[str] = []
        started = time.thread_time()
        answer = self.application(environ, lambda line, _headers: status.append(line))
        body = b"".join(answer)
        seconds = time.thread_time() - started
        answer.close()
        assert status == ["200 OK"], status
        return body.decode(), seconds


def _pages(browsers: dict[int, Browser]) -> bool:
    """Compare the first page and one in the depth over all sizes, in every order."""
    good, first = True, {}
    sized = {size: browser for size, browser in browsers.items() if size >= 1000}
    for sort in ("", "-signed_in", "id", "-joined", "state"):
        took = {size: _least(_asker(browser, f"sort={sort}"), ROUNDS) for size, browser in sized.items()}
        deep = {size: _least(_asker(browser, _depth(browser, sort)), ROUNDS) for size, browser in sized.items()}
        told = " ".join(f"{size:,}: {took[size]:.1f} and {deep[size]:.1f}" for size in sized)
        print(f"      {sort or 'name'}: CPU ms of the first page and one in the middle, {told}")
        if not sort:
            first = took
            good &= verdict("CPU of a page", max(*took.values(), *deep.values()), PAGE_MS, unit=" ms", at_most=True)
        good &= verdict(
            f"{sort or 'name'}: largest to smallest", max(took.values()) / first[min(sized)], RATIO, at_most=True
        )
        good &= verdict(f"{sort or 'name'}: deep to first", max(deep[s] / took[s] for s in sized), RATIO, at_most=True)
    return good


def _depth(browser: Browser, sort: str) -> str:
    """Return the address of a page in the middle, as if somebody had turned there."""
    from dure.members import cursors, listing
    from dure.members.models import Member

    name = sort.lstrip("-") or "name"
    columns = (*listing.SORTS[name], "id")
    found = Member.objects.filter(workspace=browser.workspace)
    middle = found.order_by(*columns)[found.count() // 2]
    mark = cursors.mark(name, [getattr(middle, column) for column in columns])
    return f"sort={sort}&after={mark}"


def _asker(browser: Browser, query: str, page: str = "admin/members/") -> Callable[[], float]:
    return lambda: browser.get(query, page=page)[1]


def _least(step: Callable[[], float], times: int) -> float:
    """Return the least of many milliseconds: what else runs on the machine only adds."""
    return min(step() for _ in range(times)) * 1000


KINDS = ("one", "two", "three", "initials", "e-mail", "phone", "number", "whole name")


def _texts(kind: str, one: Any, chance: random.Random) -> str:
    """Return what somebody looking for this person may have typed by now."""
    profile, name = one.profile, one.family_name + one.given_name
    local = one.id_key.partition("@")[0]
    start = chance.randrange(max(1, len(local) - 5))
    from dure.members.names import fold, initials

    plain = fold(name) if chance.random() < 0.7 else fold(profile.phonetic_given_name) or local
    return {
        "one": plain[:1], "two": plain[:2], "three": plain[:3],
        "initials": initials(name)[: chance.randint(1, 3)] or "a",
        "e-mail": local[start : start + chance.randint(3, 8)], "phone": profile.mobile_phone[-chance.randint(3, 8) :],
        "number": profile.employee_number[-chance.randint(2, 6) :], "whole name": name,
    }[kind]  # fmt: skip


def _searches(browsers: dict[int, Browser]) -> bool:
    """Type what people type, one key after the other, in the largest workspace and in one of ten."""
    from dure.members.models import Member

    good, largest = True, max(browsers)
    for kind in KINDS:
        took = {}
        for size in (10, largest):
            browser, chance = browsers[size], random.Random(kind)
            whom = Member.objects.filter(workspace=browser.workspace).select_related("profile").order_by("uid")[:200]
            took[size] = _ask(browser, ([_texts(kind, one, chance) for one in whom] * ASKED)[:ASKED])
        database, cpu = took[largest]
        good &= verdict(f"{kind}: database, p95", database, DATABASE_MS, unit=" ms", at_most=True)
        good &= verdict(f"{kind}: CPU of the answer, p95", cpu, ANSWER_MS, unit=" ms", at_most=True)
        few = f"in ten: {took[10][0]:.2f} ms and {took[10][1]:.2f} ms"
        good &= verdict(f"{kind}: ten to a million, CPU; {few}", took[10][1] / cpu, RATIO, at_most=True)
    return good


def _portal(browsers: dict[int, Browser]) -> bool:
    """Open *Home* and *People* in every size, and look for people in the directory as they are typed."""
    from dure.members.models import Member

    good, largest = True, max(browsers)
    for page in ("", "people/"):
        took = {size: _least(_asker(browser, "", page), ROUNDS) for size, browser in browsers.items()}
        name = "People" if page else "Home"
        good &= verdict(
            f"{name}: CPU of a page", max(took.values()), PAGE_MS if page else ANSWER_MS, unit=" ms", at_most=True
        )
        sizes = took[largest] / took[min(size for size in took if size >= 1000)]
        good &= verdict(f"{name}: largest to smallest", sizes, RATIO, at_most=True)
    whom = list(
        Member.objects.filter(workspace=browsers[largest].workspace).select_related("profile").order_by("uid")[:200]
    )
    for kind in KINDS:
        chance = random.Random(kind)
        texts = ([_texts(kind, one, chance) for one in whom] * ASKED)[:ASKED]
        database, cpu = _ask(browsers[largest], texts, page="people/")
        good &= verdict(f"People, {kind}: database, p95", database, DATABASE_MS, unit=" ms", at_most=True)
        good &= verdict(f"People, {kind}: CPU of the answer, p95", cpu, ANSWER_MS, unit=" ms", at_most=True)
    return good


def _ask(browser: Browser, texts: list[str], page: str = "admin/members/") -> tuple[float, float]:
    """Return 95th percentiles over the texts of milliseconds in the database and of CPU, each the least of three."""
    from urllib.parse import quote

    from django.db import connection

    from dure.members import listing

    spent: list[float] = []

    def clocked(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, parameters, many, context)
        finally:
            spent.append(time.perf_counter() - started)

    state = listing.DIRECTORY if page == "people/" else ""
    database, cpu = [], []
    for text in texts:
        cpu.append(min(browser.get(f"q={quote(text)}", typing=True, page=page)[1] for _ in range(AGAIN)))
        sums = []
        for _ in range(AGAIN):
            spent.clear()
            with connection.execute_wrapper(clocked):
                listing.page(browser.workspace, listing.View(search=text, state=state))
            sums.append(sum(spent))
        database.append(min(sums))
    return _p95(database), _p95(cpu)


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1] * 1000
