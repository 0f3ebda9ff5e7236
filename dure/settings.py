"""Django's settings, computed from ``dure.conf`` alone."""

import ipaddress
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

from dure.conf import SettingError, check_production, read_settings

PACKAGE = Path(__file__).resolve().parent
DURE = read_settings()


def _fill_in_demo(values: dict[str, Any]) -> None:
    """Give a demo everything it needs; its key stays in its own folder so that it can be started again."""
    if values["DATA"] == Path("var").absolute():
        values["DATA"] = Path("var/demo").absolute()
    here = values["LISTEN"].replace("127.0.0.1", "localhost")  # passkeys need a name (dure.core.links)
    values["PUBLIC_URL"] = values["PUBLIC_URL"] or f"http://{here}"
    values["SMTP_URL"] = values["SMTP_URL"] or "mailbox:"
    if not values["SECRET_KEY"]:
        key = values["DATA"] / "secret-key"
        if not key.exists():
            key.parent.mkdir(parents=True, exist_ok=True)
            key.touch(mode=0o600)
            key.write_text(secrets.token_urlsafe(64), encoding="ascii")
        values["SECRET_KEY"] = key.read_text(encoding="ascii")


def _fill_in_test(values: dict[str, Any]) -> None:
    values["PUBLIC_URL"] = values["PUBLIC_URL"] or "http://testserver"
    values["SECRET_KEY"] = values["SECRET_KEY"] or secrets.token_urlsafe(64)


{"demo": _fill_in_demo, "test": _fill_in_test, "production": check_production}[DURE["MODE"]](DURE)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


PUBLIC = urlsplit(DURE["PUBLIC_URL"])
HTTPS = PUBLIC.scheme == "https"
if DURE["MODE"] == "production" and not HTTPS and not _is_loopback(PUBLIC.hostname or ""):
    raise SettingError("DURE_PUBLIC_URL must be https: passwords would cross the network in the clear")


def _database(url: str) -> dict[str, Any]:
    """Return Django's description of the database; SQLite starts every transaction as a writer."""
    parts = urlsplit(url or f"sqlite:///{DURE['DATA'] / 'dure.sqlite3'}")
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path.removeprefix("/")) or str(DURE["DATA"] / "dure.sqlite3"),
            "CONN_MAX_AGE": None,
            "TEST": {"NAME": str(DURE["DATA"] / "test.sqlite3")},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA wal_autocheckpoint=0;"
                    "PRAGMA secure_delete=ON;"
                ),
            },
        }
    options = {"connect_timeout": "5", **dict(parse_qsl(parts.query))}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


SECRET_KEY = DURE["SECRET_KEY"]
SECRET_KEY_FALLBACKS = list(DURE["SECRET_KEY_FALLBACKS"])
DEBUG = False
ALLOWED_HOSTS = [PUBLIC.hostname, *DURE["ALLOWED_HOSTS"]]
if DURE["MODE"] == "demo":
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
DATABASES = {"default": _database(DURE["DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "dure.apps.DureConfig",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dure.web.journal.Journal",
    "csp.middleware.CSPMiddleware",
    "dure.web.middleware.DomainErrors",
    "dure.web.middleware.Sessions",
    "dure.web.middleware.Readers",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "dure.urls"
WSGI_APPLICATION = "dure.wsgi.application"
APPEND_SLASH = True
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates", PACKAGE / "mail" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["dure.web.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "dure.web.context.common",
            ],
        },
    }
]
FORM_RENDERER = "dure.web.forms.PaperRenderer"

LANGUAGE_CODE = "en"
LANGUAGES = [("ko", "한국어"), ("en", "English"), ("ja", "日本語")]
LOCALE_PATHS = [PACKAGE / "locale"]
FORMAT_MODULE_PATH = "dure.locale"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
STATIC_ROOT = DURE["DATA"] / "static"
MEDIA_URL = "/files/"
MEDIA_ROOT = DURE["DATA"] / "files"
WHITENOISE_MAX_AGE = 3600
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
        if DURE["MODE"] != "test"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DURE["MODE"] == "test"

# Argon2id as OWASP gives it: 19 MiB, t=2, p=1 (dure.accounts.hashing); Django's own default is ten times slower.
PASSWORD_HASHERS = ["dure.accounts.hashing.Argon2idHasher"]

SESSION_ENGINE = "dure.accounts.sessions"
SESSION_IDLE = timedelta(days=14)
SESSION_ABSOLUTE = timedelta(days=90)
SESSION_COOKIE_AGE = int(SESSION_IDLE.total_seconds())
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}dure-session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}dure-csrf"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}dure-language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "dure.web.errors.csrf_failed"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if HTTPS else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # a thousand chosen people, and one too many is told in words
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
    }
}
SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"text": {"()": "dure.core.logs.AsText"}, "json": {"()": "dure.core.logs.AsJson"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": DURE["LOG"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "dure": {"level": "INFO"},
        "dure.request": {"level": "INFO" if DURE["MODE"] == "production" else "WARNING"},
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": [], "propagate": True},
    },
}
