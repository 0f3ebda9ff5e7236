"""Names for URLs."""

from unittest.mock import patch

from dure.core.models import new_uid


def test_a_uid_never_looks_like_an_option_of_a_command() -> None:
    with patch("secrets.token_urlsafe", side_effect=["-qAihsfX1b6ZvRG3zDO8-w", "--------------------__", "q" * 22]):
        assert new_uid() == "q" * 22
