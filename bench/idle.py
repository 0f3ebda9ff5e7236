"""``dure serve`` with its worker: memory when idle, and seconds until it answers."""

import time
from pathlib import Path

from bench.place import place, verdict


def run() -> bool:
    """Start it, wait, and add up its processes."""
    print("idle: dure serve with its worker")
    with place() as here, here.serving() as (server, answered):
        time.sleep(5)
        processes = family(server.pid)
        resident = sum(_kilobytes(pid, "status", "VmRSS") for pid in processes) / 1024
        proportional = sum(_kilobytes(pid, "smaps_rollup", "Pss") for pid in processes) / 1024
    print(f"       {len(processes)} processes; proportional set {proportional:.0f} MB")
    good = verdict("resident set, summed", resident, 150, unit=" MB", at_most=True)
    return verdict("seconds until it answers", answered, 3, unit=" s", at_most=True) and good


def family(root: int) -> list[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def _kilobytes(pid: int, file: str, name: str) -> int:
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0
