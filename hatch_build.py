"""Compiles the translations into the wheel; they are never committed."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogsBuildHook(BuildHookInterface):
    """Runs before the wheel is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write what gettext reads."""
        sys.path.insert(0, str(Path(self.root)))
        from dure import catalogs

        catalogs.compile_stale()
