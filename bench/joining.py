"""Joining by an invite link: the page in an open loop, and whole joins (open, sign up, verify, in) against argon2id."""

import http.client
import json
import re
import resource
import subprocess
import sys
import threading
import time
import urllib.parse
from typing import Any

from bench.mailbox import Mailbox
from bench.place import PASSWORD, ROOT, apart, place, verdict
from bench.sign_in import CORES, _floor

ARRIVALS, FOR_SECONDS, PAGE_GOAL = 100, 20, 100.0
CLIENTS, SECONDS, GOAL = 64, 20, 0.5


def run() -> bool:
    """Run in a process of its own."""
    print(
        f"joining: {ARRIVALS} arrivals a second at the joining page; whole joins against bare argon2id on {CORES} cores"
    )
    return apart("joining", "measure")


def measure() -> bool:
    """Measure the floor before and after, so that a busy machine shows."""
    mailbox = Mailbox()
    with place() as here:
        here.settings["DURE_SMTP_URL"] = mailbox.url
        here.settings["DURE_TRUSTED_PROXIES"] = "127.0.0.0/8"
        here.enter()
        path = _link()
        floors = [_floor()]
        with here.serving():
            times = _apart(f"arrivals({here.port}, {path!r})")
            report = joins(here.port, path, mailbox)
        floors.append(_floor())
        joined = _members()
    floor = sum(floors) / 2
    good = verdict("joining page, p95", times["p95"], PAGE_GOAL, unit=" ms", at_most=True)
    good &= verdict("pages that failed", times["failed"], 0, at_most=True)
    rate = report["joined"] / (report["seconds"] * CORES - report["cpu"]) * CORES
    print(f"       {rate:.1f} joins a second without the clients' {report['cpu']:.1f} s of CPU; floor {floor:.1f}")
    good &= verdict("ratio", rate / floor, GOAL)
    good &= verdict("joins that are missing", report["joined"] - joined, 0, at_most=True)
    return good & verdict("joins that failed", report["failed"], 0, at_most=True)


def _link() -> str:
    from datetime import timedelta

    from bench.people import admin
    from dure.core import clock
    from dure.joining import ways
    from dure.joining.actions.linking import make_link

    link = make_link(admin(), name="Bench", language="en", expires_at=clock.now() + timedelta(days=1))
    return urllib.parse.urlsplit(ways.address_of(link)).path


def _members() -> int:
    from dure.joining.models import InviteLink

    return InviteLink.objects.get().uses


def _apart(call: str) -> Any:
    code = f"import json; from bench.joining import arrivals; print(json.dumps({call}))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


class Browser:
    """One keep-alive connection with a cookie jar of the simplest kind."""

    def __init__(self, port: int, number: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.network = f"{11 + number % 180}.{number // 180 % 250}.{number // 45000}.1"
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Return status, the address it leads to, and the body."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookie, "X-Forwarded-For": self.network}
        body = urllib.parse.urlencode(form) if form else None
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        for one in answer.headers.get_all("Set-Cookie") or []:
            name, _equals, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), answer.read().decode()

    def send(self, path: str, page: str, **typed: str) -> tuple[int, str, str]:
        """Send a form with the token of a page."""
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        return self.ask("POST", path, {"csrfmiddlewaretoken": found[1] if found else "", **typed})


def arrivals(port: int, path: str) -> dict[str, float]:
    """Let people arrive at their times, whether earlier ones were answered or not; each opens the link and its page."""
    times: list[float] = []
    failed: list[int] = []
    begun = time.perf_counter() + 1

    def arrive(number: int) -> None:
        due = begun + number / ARRIVALS
        time.sleep(max(0.0, due - time.perf_counter()))
        browser = Browser(port, number)
        _status, page, _body = browser.ask("GET", path)
        status, _to, body = browser.ask("GET", page)
        times.append(time.perf_counter() - due)
        if status != 200 or "csrfmiddlewaretoken" not in body:
            failed.append(status)

    lanes = [
        threading.Thread(target=lambda first=first: [arrive(n) for n in range(first, ARRIVALS * FOR_SECONDS, 50)])
        for first in range(50)
    ]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    times.sort()
    return {"p95": times[int(len(times) * 0.95)] * 1000, "failed": len(failed)}


def joins(port: int, path: str, mailbox: Mailbox) -> dict[str, float]:
    """Join as fast as the server lets, each as somebody new."""
    numbers, lock, joined, failed = iter(range(10**9)), threading.Lock(), [0], [0]
    end = time.perf_counter() + SECONDS

    def work() -> None:
        while time.perf_counter() < end:
            with lock:
                number = next(numbers)
            good = _join(Browser(port, number), path, f"new{number}@example.com", mailbox)
            with lock:
                (joined if good else failed)[0] += 1

    used, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return {"joined": joined[0], "failed": failed[0], "seconds": time.perf_counter() - started, "cpu": cpu}


def _join(browser: Browser, path: str, address: str, mailbox: Mailbox) -> bool:
    """Open, press Create account, type, take the code from the mail, type it, and look at Home."""
    _status, page, _body = browser.ask("GET", path)
    _status, _to, body = browser.ask("GET", page)
    _status, form, _body = browser.send(page, body, step="create")
    _status, _to, body = browser.ask("GET", form)
    typed = {"family_name": "New", "given_name": "Nora", "id": address, "password": PASSWORD, "step": "begin"}
    while (answer := browser.send(form, body, **typed))[0] == 429:  # many hash at this moment: a person tries again
        time.sleep(0.3)
    if answer[0] != 302:
        return False
    _status, _to, body = browser.ask("GET", form)
    code = mailbox.code_to(address, within=30)
    status, home, _body = browser.send(form, body, code=code, step="code")
    return status == 302 and browser.ask("GET", home)[0] == 200
