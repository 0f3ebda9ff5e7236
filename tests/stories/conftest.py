"""What several stories start from."""

from collections.abc import Iterator

import pytest

from tests.authenticator import Authenticator
from tests.cast import Cast
from tests.index import disagreements
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


@pytest.fixture(autouse=True)
def index_is_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every story the search index says what the rows say: whatever was done in it kept both."""
    if "cast" in request.fixturenames:
        request.getfixturevalue("cast")
    yield
    if "cast" in request.fixturenames:
        assert disagreements() == []
