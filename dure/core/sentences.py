"""How sentences stand side by side in a language."""

from django.utils.translation import get_language


def gap() -> str:
    """Return what parts two sentences on one line: nothing in Japanese, whose full stop has its space within it."""
    return "" if get_language() == "ja" else " "
