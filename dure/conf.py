"""Settings from the environment: ``DURE_*`` and nothing else.

Each setting says its name, type, default and meaning once; ``docs/settings.md`` is written from this table.
A secret may be given as a file by ``DURE_<NAME>_FILE``. An unknown ``DURE_*`` stops the start: it is a typing error.
"""

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class SettingError(Exception):
    """A setting is missing, unknown or wrong; the message says which and what to do."""


def _text(value: str) -> str:
    return value.strip()


def _number(value: str) -> int:
    if not value.strip().isdigit():
        raise ValueError("must be a whole number")
    return int(value)


def _path(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _networks(value: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(word, strict=False)) for word in _words(value))
    except ValueError:
        raise ValueError("must be networks such as 10.0.0.0/8, separated by commas") from None


def _listen(value: str) -> str:
    host, _colon, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("must be an address and a port, such as 127.0.0.1:8000")
    return value


def _mode(value: str) -> str:
    if value not in ("production", "demo", "test"):
        raise ValueError("must be production, demo or test")
    return value


def _public_url(value: str) -> str:
    parts = urlsplit(value.strip().rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://gate.example.com, without a path")
    return f"{parts.scheme}://{parts.netloc}"


def _smtp_url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme == "mailbox":
        return value.strip()
    if parts.scheme not in ("smtp", "smtps", "starttls") or not parts.hostname:
        raise ValueError("must be smtp://, smtps:// or starttls://[user:password@]host[:port]")
    return value.strip()


def _database_url(value: str) -> str:
    if urlsplit(value).scheme not in ("sqlite", "postgresql"):
        raise ValueError("must be sqlite:///file or postgresql://user:password@host/name")
    return value


def _log(value: str) -> str:
    if value not in ("text", "json"):
        raise ValueError("must be text or json")
    return value


def _worker(value: str) -> str:
    if value not in ("inside", "separate"):
        raise ValueError("must be inside or separate")
    return value


@dataclass(frozen=True)
class Setting:
    """One environment variable: ``DURE_`` and the name."""

    name: str
    read: Callable[[str], Any]
    default: str
    meaning: str
    secret: bool = False


SETTINGS = (
    Setting("MODE", _mode, "production", "`production`; `demo` and `test` fill in what is missing and are not safe."),
    Setting(
        "SECRET_KEY",
        _text,
        "",
        "≥ 50 random characters; every link, cookie and sealed column hangs on it. `dure doctor --new-key` prints one.",
        secret=True,
    ),
    Setting(
        "SECRET_KEY_FALLBACKS",
        _words,
        "",
        "Older secret keys, separated by commas; they still open what they sealed.",
        secret=True,
    ),
    Setting("PUBLIC_URL", _public_url, "", "The address people type; every link in a mail starts with it."),
    Setting("ALLOWED_HOSTS", _words, "", "Further host names this server answers to; `*` is refused."),
    Setting("LISTEN", _listen, "127.0.0.1:8000", "Where `dure serve` listens: address and port."),
    Setting("DATA", _path, "var", "Folder of everything Dure keeps beside its database."),
    Setting(
        "DATABASE_URL",
        _database_url,
        "",
        "`postgresql://user:password@host/name`, or `sqlite:///file`; empty: `dure.sqlite3` in the data folder.",
        secret=True,
    ),
    Setting(
        "SMTP_URL",
        _smtp_url,
        "",
        "`smtp://`, `smtps://` or `starttls://` `[user:password@]host[:port]`; empty: no mail, links are shown.",
        secret=True,
    ),
    Setting("MAIL_FROM", _text, "", "Sender of every letter; empty: `dure@` and the host of the public address."),
    Setting("MAIL_LEASE", _number, "120", "Seconds after which a letter of a lost worker is taken up by another one."),
    Setting("MAIL_TIMEOUT", _number, "20", "Seconds to wait for a mail server that does not answer."),
    Setting("TRUSTED_PROXIES", _networks, "", "Networks of the reverse proxies whose X-Forwarded-For is believed."),
    Setting("WORKER", _worker, "inside", "`inside`: `dure serve` also delivers; `separate`: `dure worker` does."),
    Setting("LOG", _log, "text", "How log lines look: `text`, or `json` for a program; neither holds personal values."),
    Setting("METRICS_FROM", _networks, "", "Networks that may read `/metrics`; empty: nobody, it is not there."),
)


def read_settings(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return every setting by its name.

    :raises SettingError: for an unknown name, a value of the wrong form or an unreadable file.
    """
    environment = os.environ if environment is None else environment
    known = {f"DURE_{setting.name}" for setting in SETTINGS}
    files = {f"DURE_{setting.name}_FILE" for setting in SETTINGS if setting.secret}
    unknown = sorted(name for name in environment if name.startswith("DURE_") and name not in known | files)
    if unknown:
        raise SettingError(f"unknown setting {', '.join(unknown)}; docs/settings.md lists them all")
    return {setting.name: _read(setting, environment) for setting in SETTINGS}


def _read(setting: Setting, environment: Mapping[str, str]) -> Any:
    name = f"DURE_{setting.name}"
    value = environment.get(name, "")
    if not value and setting.secret and environment.get(f"{name}_FILE"):
        value = _read_file(f"{name}_FILE", environment[f"{name}_FILE"])
    value = value or setting.default
    if value == "" and setting.read not in (_words, _networks):
        return ""
    try:
        return setting.read(value)
    except ValueError as error:
        raise SettingError(f"{name} {error}") from None


def _read_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingError(f"{name}: cannot read {path} ({error.strerror})") from None


def check_production(values: Mapping[str, Any]) -> None:
    """Refuse to start in production with a setting that would be unsafe.

    :raises SettingError: naming the setting and what to do.
    """
    key = values["SECRET_KEY"]
    if not key:
        raise SettingError("DURE_SECRET_KEY is missing; make one with: dure doctor --new-key")
    if len(key) < 50 or len(set(key)) < 10 or "insecure" in key or "change" in key.casefold():
        raise SettingError("DURE_SECRET_KEY is a default or too short; make one with: dure doctor --new-key")
    if not values["PUBLIC_URL"]:
        raise SettingError("DURE_PUBLIC_URL is missing; every link in a mail is built from it")
    if any("*" in host for host in values["ALLOWED_HOSTS"]):
        raise SettingError("DURE_ALLOWED_HOSTS must name hosts; * would let strangers choose the host of a page")
