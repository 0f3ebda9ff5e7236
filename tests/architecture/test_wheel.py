"""A wheel built from the tree holds what it needs, installs into an empty environment and serves."""

import http.client
import os
import secrets
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from tests.post import free_port

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[2]


def plain_environment(**settings: str) -> dict[str, str]:
    """Return the environment without settings of Dure and without this tree on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DURE_", "PYTHON"))}
    return kept | settings


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, env=plain_environment())
    return next(folder.glob("dure-*.whl"))


def test_it_holds_pages_letters_styles_translations_and_migrations(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "dure/web/templates/pages/sign_in.html",
        "dure/mail/templates/letters/set_password/body.html",
        "dure/web/static/css/dure.css",
        "dure/locale/ko/LC_MESSAGES/django.mo",
        "dure/locale/ja/LC_MESSAGES/django.mo",
        "dure/migrations/0001_start_the_house.py",
    ):
        assert wanted in names
    assert not [name for name in names if name.startswith(("tests/", "bench/", "var/"))]


def test_it_installs_into_an_empty_environment_and_serves(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    environment = plain_environment()
    requirements = ["--require-hashes", "-r", str(ROOT / "requirements" / "base.txt")]
    subprocess.run([*pip, *requirements], check=True, env=environment)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True, env=environment)
    port = free_port()
    settings = {
        "DURE_SECRET_KEY": secrets.token_urlsafe(64),
        "DURE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DURE_LISTEN": f"127.0.0.1:{port}",
        "DURE_DATA": str(tmp_path / "data"),
    }
    command = [str(tmp_path / "venv" / "bin" / "dure"), "serve"]
    with subprocess.Popen(command, env=plain_environment(**settings), cwd=tmp_path, stdout=subprocess.PIPE) as server:
        try:
            assert "로그인" in ask(port, "/reset/") or "비밀번호" in ask(port, "/reset/")
            assert "@layer" in ask(port, stylesheet(ask(port, "/reset/")))
        finally:
            server.terminate()
            assert server.stdout is not None
            said = server.stdout.read().decode()
            server.wait(20)
    assert "/first-run/" in said
    assert server.returncode == 0


def test_behind_a_proxy_that_speaks_https_forms_work_and_hsts_is_sent() -> None:
    """The proxy speaks plain HTTP to us; the browser's Origin is https all the same."""
    code = """
import django
from dure import wsgi
from django.test import Client
from django.core.management import call_command
call_command("migrate", verbosity=0)
answers = []
def ask(method, **more):
    environ = {"REQUEST_METHOD": method, "PATH_INFO": "/reset/", "SERVER_NAME": "x", "SERVER_PORT": "80",
               "HTTP_HOST": "gate.example.com", "wsgi.input": io.BytesIO(more.pop("body", b"")), "wsgi.errors": None,
               "wsgi.url_scheme": "http", **more}
    seen = {}
    body = b"".join(wsgi.application(environ, lambda status, headers: seen.update(status=status, headers=headers)))
    return seen["status"], seen["headers"], body.decode()
status, headers, body = ask("GET")
assert dict(headers)["Strict-Transport-Security"], headers
cookie = next(value for name, value in headers if name == "Set-Cookie")
assert cookie.strip().startswith("__Host-dure-csrf=") and "Secure" in cookie, cookie
token = re.search(r'csrfmiddlewaretoken" value="(\\w+)"', body)[1]
sent = f"csrfmiddlewaretoken={token}&id=a%40b.example".encode()
form = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(sent)), "body": sent,
        "HTTP_COOKIE": cookie.partition(";")[0].strip()}
assert ask("POST", HTTP_ORIGIN="https://gate.example.com", **form)[0].startswith("302")
assert ask("POST", HTTP_ORIGIN="https://evil.example", **form)[0].startswith("403")
"""
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "DURE_SECRET_KEY": secrets.token_urlsafe(64),
            "DURE_PUBLIC_URL": "https://gate.example.com",
            "DURE_DATA": folder,
            "PYTHONPATH": str(ROOT),
        }
        (Path(folder) / "static").mkdir()
        manifest = [sys.executable, "-m", "dure", "collectstatic", "--no-input", "-v0"]
        subprocess.run(manifest, check=True, env=plain_environment(**settings))
        command = [sys.executable, "-c", "import io, re\n" + code]
        subprocess.run(command, check=True, env=plain_environment(**settings))


def stylesheet(page: str) -> str:
    """Return the address of the page's stylesheet."""
    return page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]


def ask(port: int, path: str) -> str:
    """Return a page, waiting for the server to come up."""
    end = time.monotonic() + 20
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path, headers={"Accept-Language": "ko"})
            answer = connection.getresponse()
            assert answer.status == 200, answer.status
            return answer.read().decode()
        except ConnectionError:
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.05)
