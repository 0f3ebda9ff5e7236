"""Successful sign-ins of distinct accounts over HTTP, against bare argon2id verifications on the same cores."""

import http.client
import json
import os
import re
import resource
import subprocess
import sys
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.idle import family
from bench.place import PASSWORD, ROOT, Place, apart, place, verdict

ACCOUNTS, CLIENTS, SECONDS = 2000, 12, 15
GOAL, PAGES_GOAL = 0.75, 100.0
CORES = len(os.sched_getaffinity(0))


def run() -> bool:
    """Run in a process of its own."""
    print(f"sign_in: HTTP sign-ins against bare argon2id on {CORES} cores")
    return apart("sign_in", "measure")


def measure() -> bool:
    """Measure the floor before and after, so that a busy machine shows."""
    with place() as here:
        here.enter()
        workspace = _people()
        floors = [_floor()]
        with here.serving() as (server, _answered):
            report = _clients(here, workspace)
            busy = sum(_cpu(pid) for pid in family(server.pid)) / report["seconds"]
            refused = _burst(here)
        floors.append(_floor())
    floor = sum(floors) / 2
    rate = report["signed_in"] / (report["seconds"] * CORES - report["cpu"]) * CORES
    print(f"       {rate:.1f} a second without the clients' {report['cpu']:.1f} s of CPU; floor {floor:.1f} a second")
    print(f"       the server's processes used {busy:.2f} cores meanwhile, its start included")
    good = verdict("ratio", rate / floor, GOAL)
    good &= verdict("other pages, p95", report["p95"], PAGES_GOAL, unit=" ms", at_most=True)
    good &= verdict("answered 429 of 120 at once", refused, 1)
    return good & verdict("sign-ins that failed", report["failed"], 0, at_most=True)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _people() -> str:
    from dure.accounts import hashing
    from dure.accounts.models import Account, Address
    from dure.core import clock
    from dure.members.models import Member
    from dure.workspaces.models import Workspace

    encoded, at = hashing.hash_password(PASSWORD), clock.now()
    workspace = Workspace.objects.create(name="Bench", languages=["en"], founded_at=at)
    accounts = [Account(created_at=at, password=encoded) for _ in range(ACCOUNTS)]
    Account.objects.bulk_create(accounts)
    Address.objects.bulk_create(
        Address(account=account, canonical=f"p{number}@example.com", kind="id")
        for number, account in enumerate(accounts)
    )
    Member.objects.bulk_create(
        Member(
            workspace=workspace,
            account=account,
            family_name=str(number),
            sort_key=str(number),
            name_language="en",
            state="active",
            registered_at=at,
            activated_at=at,
            is_super_admin=number == 0,
        )
        for number, account in enumerate(accounts)
    )
    return workspace.uid


def _floor() -> float:
    """Return bare verifications a second, as many threads as cores."""
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
    encoded, counts, end = hasher.hash(PASSWORD), [0] * CORES, time.perf_counter() + 4

    def verify(number: int) -> None:
        while time.perf_counter() < end:
            hasher.verify(encoded, PASSWORD)
            counts[number] += 1

    threads = [threading.Thread(target=verify, args=(number,)) for number in range(CORES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / 4


def _clients(here: Place, workspace: str) -> dict[str, Any]:
    """Run the clients in a process of their own, whose CPU is told apart."""
    code = f"from bench.sign_in import clients; clients({here.port}, {workspace!r})"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


class Client:
    """One keep-alive connection with a token for its forms."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.connection.request("GET", "/sign-in/")
        answer = self.connection.getresponse()
        self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.read().decode())
        assert found
        self.token = found[1]

    def sign_in(self, number: int) -> tuple[int, str]:
        """Return status and session cookie."""
        form = {"csrfmiddlewaretoken": self.token, "id": f"p{number}@example.com", "password": PASSWORD, "next": ""}
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", "/sign-in/", urllib.parse.urlencode(form), headers)
        answer = self.connection.getresponse()
        answer.read()
        cookies = answer.headers.get_all("Set-Cookie") or []
        session = next((cookie.partition(";")[0] for cookie in cookies if "dure-session" in cookie), "")
        return answer.status, session


def clients(port: int, workspace: str) -> None:
    """Sign in as fast as the server lets, look at another page meanwhile, and print what was seen."""
    crowd = [Client(port) for _ in range(CLIENTS)]
    watcher = Client(port)
    _status, session = watcher.sign_in(0)
    numbers, lock, done, failed = iter(range(1, ACCOUNTS)), threading.Lock(), [0], [0]
    end = time.perf_counter() + SECONDS

    def work(client: Client) -> None:
        while time.perf_counter() < end:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            status, _session = client.sign_in(number)
            (done if status == 302 else failed)[0] += 1

    used, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    threads = [threading.Thread(target=work, args=(client,)) for client in crowd]
    for thread in threads:
        thread.start()
    times = _watch(watcher, session, workspace, end)
    for thread in threads:
        thread.join()
    seconds, now = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    p95 = sorted(times)[int(len(times) * 0.95)] * 1000
    print(json.dumps({"signed_in": done[0], "failed": failed[0], "seconds": seconds, "cpu": cpu, "p95": p95}))


def _watch(client: Client, session: str, workspace: str, end: float) -> list[float]:
    """Open the member list three times a second and take the times."""
    times = []
    while time.perf_counter() < end:
        started = time.perf_counter()
        client.connection.request("GET", f"/w/{workspace}/admin/members/", headers={"Cookie": session})
        answer = client.connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        times.append(time.perf_counter() - started)
        time.sleep(0.33)
    return times


def _burst(here: Place) -> int:
    """Sign in 120 times at once; returns how many were refused with 429."""
    crowd = [Client(here.port) for _ in range(120)]
    with ThreadPoolExecutor(120) as pool:
        statuses = list(pool.map(lambda pair: pair[1].sign_in(pair[0])[0], enumerate(crowd)))
    assert set(statuses) <= {302, 429}, set(statuses)
    return statuses.count(429)
