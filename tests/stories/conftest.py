"""What several stories start from."""

import pytest

from tests.authenticator import Authenticator
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.passkey_steps import add


@pytest.fixture
def device() -> Authenticator:
    """Yuki's phone."""
    return Authenticator()


@pytest.fixture
def with_passkey(cast: Cast, post: PostOffice, device: Authenticator) -> Cast:
    """Yuki has added the passkey of her phone."""
    add(cast.yuki.browser(), device)
    return cast
