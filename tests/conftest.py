"""What every test may ask for."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cast import Cast, assemble
from tests.post import PostOffice


@pytest.fixture
def post() -> Iterator[PostOffice]:
    """A real SMTP server; Dure delivers to it."""
    from django.conf import settings

    office = PostOffice()
    office.open()
    before = dict(settings.DURE)
    settings.DURE.update(SMTP_URL=office.url, MAIL_TIMEOUT=2)
    yield office
    settings.DURE.clear()
    settings.DURE.update(before)
    office.close()


@pytest.fixture
def no_post() -> Iterator[None]:
    """No mail server is set."""
    from django.conf import settings

    before = dict(settings.DURE)
    settings.DURE.update(SMTP_URL="")
    yield
    settings.DURE.clear()
    settings.DURE.update(before)


@pytest.fixture
def cast(transactional_db: Any, live_server: Any) -> Cast:
    """The people of the stories, and a server that serves them over HTTP."""
    return assemble(live_server.url)


@pytest.fixture
def people(db: Any) -> Cast:
    """The people of the stories without a server, for tests of actions."""
    return assemble()
