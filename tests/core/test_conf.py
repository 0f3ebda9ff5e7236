"""Settings: environment only, loud when wrong; production refuses what is unsafe."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dure.conf import SettingError, read_settings

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[2]
KEY = "k9-Zq3vT7xWb2Lm8Rp4Ys6Hd1Fg5Jn0Qc_eAuXoViKtBzMwSyPr"
GOOD = {"DURE_SECRET_KEY": KEY, "DURE_PUBLIC_URL": "https://gate.example.com"}


def start(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``dure check`` with nothing but these settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DURE_")}
    return subprocess.run(
        [sys.executable, "-m", "dure", "check"],
        env=plain | {"PYTHONPATH": str(ROOT), "DURE_DATA": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
    )


def test_production_starts_with_a_key_and_an_address(tmp_path: Path) -> None:
    assert start(tmp_path, **GOOD).returncode == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"DURE_SECRET_KEY": ""}, "DURE_SECRET_KEY is missing"),
        ({"DURE_SECRET_KEY": "short"}, "DURE_SECRET_KEY is a default or too short"),
        ({"DURE_SECRET_KEY": "django-insecure-" + KEY}, "DURE_SECRET_KEY is a default"),
        ({"DURE_SECRET_KEY": "x" * 60}, "DURE_SECRET_KEY is a default"),
        ({"DURE_PUBLIC_URL": ""}, "DURE_PUBLIC_URL is missing"),
        ({"DURE_PUBLIC_URL": "http://gate.example.com"}, "DURE_PUBLIC_URL must be https"),
        ({"DURE_PUBLIC_URL": "gate.example.com"}, "DURE_PUBLIC_URL must be an address"),
        ({"DURE_ALLOWED_HOSTS": "*"}, "DURE_ALLOWED_HOSTS must name hosts"),
        ({"DURE_ALLOWED_HOSTS": "a.example,*.example"}, "DURE_ALLOWED_HOSTS must name hosts"),
        ({"DURE_SMTP_URL": "http://mail.example"}, "DURE_SMTP_URL must be smtp://"),
        ({"DURE_DATABASE_URL": "mysql://x"}, "DURE_DATABASE_URL must be"),
        ({"DURE_MAIL_TIMEOUT": "soon"}, "DURE_MAIL_TIMEOUT must be a whole number"),
        ({"DURE_MODE": "debug"}, "DURE_MODE must be"),
        ({"DURE_PUBLICURL": "x"}, "unknown setting DURE_PUBLICURL"),
        ({"DURE_TRUSTED_PROXIES": "everybody"}, "DURE_TRUSTED_PROXIES must be networks"),
        ({"DURE_LISTEN": "8000"}, "DURE_LISTEN must be"),
    ],
)
def test_what_is_unsafe_or_wrong_refuses_to_start_and_says_why(
    tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    result = start(tmp_path, **(GOOD | change))
    assert result.returncode != 0
    assert reason in result.stderr
    assert "Traceback" not in result.stderr
    assert KEY not in result.stderr


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    assert read_settings({"DURE_SECRET_KEY_FILE": str(file)})["SECRET_KEY"] == KEY
    with pytest.raises(SettingError):
        read_settings({"DURE_SECRET_KEY_FILE": str(tmp_path / "none")})
    with pytest.raises(SettingError):
        read_settings({"DURE_MODE_FILE": str(file)})


def test_the_demo_keeps_its_key(tmp_path: Path) -> None:
    assert start(tmp_path, DURE_MODE="demo").returncode == 0
    first = (tmp_path / "secret-key").read_text()
    assert start(tmp_path, DURE_MODE="demo").returncode == 0
    assert (tmp_path / "secret-key").read_text() == first and len(first) > 50
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_a_new_key_is_printed_before_any_setting_is_there_and_is_good_enough(tmp_path: Path) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DURE_")}
    command = [sys.executable, "-m", "dure", "doctor", "--new-key"]
    made = subprocess.run(command, env=plain | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    assert start(tmp_path, **(GOOD | {"DURE_SECRET_KEY": made.stdout.strip()})).returncode == 0
