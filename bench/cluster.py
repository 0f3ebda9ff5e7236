"""A PostgreSQL of the benchmark's own: DURE_BENCH_POSTGRES names one, else Debian's binaries make one for a while."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OPTIONS = (
    "-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_wal_size=8GB "
    "-c shared_buffers=2GB -c maintenance_work_mem=512MB -c checkpoint_timeout=1h"
)


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Give the address of an empty database, or nothing where there is no PostgreSQL."""
    if given := os.environ.get("DURE_BENCH_POSTGRES"):
        yield given
        return
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        yield ""
        return
    binaries, data = found[-1].parent, folder / "postgres"
    data.mkdir(mode=0o700)
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(data, "postgres")
    _run(binaries / "initdb", "-D", data, "-U", "dure", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    options = OPTIONS.format(folder=data)
    _run(binaries / "pg_ctl", "-D", data, "-w", "-l", data / "log", "-o", options, "start")
    try:
        data.chmod(0o755)
        _run(binaries / "createdb", "-h", data, "-U", "dure", "dure")
        yield f"postgresql://dure@/dure?host={data}"
    finally:
        _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*as_postgres, *words], check=True, stdout=subprocess.DEVNULL)
