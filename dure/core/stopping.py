"""Whether this process was asked to end: long work looks here between two pieces."""

import threading

_asked = threading.Event()


def ask() -> None:
    """Ask everything that runs by itself in this process to come to an end."""
    _asked.set()


def asked() -> bool:
    """Tell whether to begin nothing more."""
    return _asked.is_set()


def wait(seconds: float) -> None:
    """Sleep, and wake at once when asked to end."""
    _asked.wait(seconds)
