"""``bin/bench [name …]``: run the benchmarks named, or all; ends with 1 when a goal is missed."""

import importlib
import sys
from pathlib import Path

SHARED = {"place", "people", "company", "cluster", "mailbox"}
NAMES = sorted({path.stem for path in Path(__file__).parent.glob("[!_]*.py")} - SHARED)


def main() -> int:
    """Run each in turn and print what it found."""
    chosen = sys.argv[1:] or NAMES
    if unknown := sorted(set(chosen) - set(NAMES)):
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(NAMES)}")
        return 2
    met = [importlib.import_module(f"bench.{name}").run() for name in chosen]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
