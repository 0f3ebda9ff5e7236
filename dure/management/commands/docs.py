"""``dure docs``: write the pages of ``docs/`` that come from the code."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from dure.conf import SETTINGS
from dure.core.permissions import LABELS, MEANINGS, Permission


class Command(BaseCommand):
    """Write settings.md and permissions.md."""

    help = "Write docs/settings.md and docs/permissions.md from the code."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Write both."""
        (options["folder"] / "settings.md").write_text(settings_page(), encoding="utf-8")
        (options["folder"] / "permissions.md").write_text(permissions_page(), encoding="utf-8")


def settings_page() -> str:
    """Return the page of settings."""
    rows = [
        f"| `DURE_{setting.name}`{' ·' if setting.secret else ''} "
        f"| {f'`{setting.default}`' if setting.default else ''} | {setting.meaning} |"
        for setting in SETTINGS
    ]
    head = [
        "# Settings",
        "",
        "Everything comes from the environment, under these names and no others: an unknown `DURE_*` stops the start.",
        "Those marked · may be given as a file instead, by the same name with `_FILE`.",
        "",
        "| name | default | meaning |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def permissions_page() -> str:
    """Return the page of permissions."""
    lines = [
        "# Permissions",
        "",
        "A super admin holds all of them. Every one but `admin.enter` requires `admin.enter`.",
        "",
    ]
    lines += ["| code | English | 한국어 | 日本語 | lets one |", "|---|---|---|---|---|"]
    for permission in Permission:
        labels = []
        for language in ("en", "ko", "ja"):
            with translation.override(language):
                labels.append(str(LABELS[permission]))
        with translation.override("en"):
            lines.append(f"| `{permission}` | {' | '.join(labels)} | {MEANINGS[permission]} |")
    return "\n".join([*lines, ""])
