"""The ``dure`` command."""

import os
import sys

from django.core.management import execute_from_command_line

from dure.conf import SettingError


def main() -> None:
    """Run one ``dure`` sub-command; a wrong setting ends it with a sentence, not a trace."""
    if len(sys.argv) > 1 and sys.argv[1] == "demo":
        os.environ.setdefault("DURE_MODE", "demo")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dure.settings")
    try:
        execute_from_command_line(["dure", *(sys.argv[1:] or ["help"])])
    except SettingError as error:
        sys.exit(f"dure: {error}")


if __name__ == "__main__":
    main()
