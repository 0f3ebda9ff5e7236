"""The ``dure`` command."""

import os
import secrets
import sys

from django.core.management import execute_from_command_line

from dure.conf import SettingError


def main() -> None:
    """Run one ``dure`` sub-command; a wrong setting ends it with a sentence, not a trace."""
    if sys.argv[1:] == ["doctor", "--new-key"]:
        print(secrets.token_urlsafe(64))  # noqa: T201 - before there is a key, no setting can be read
        return
    if sys.argv[1:2] == ["demo"]:
        os.environ.setdefault("DURE_MODE", "demo")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dure.settings")
    try:
        execute_from_command_line(["dure", *(sys.argv[1:] or ["help"])])
    except SettingError as error:
        sys.exit(f"dure: {error}")


if __name__ == "__main__":
    main()
