"""A session that could not be written is not one that ended."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from dure.accounts.models import Session
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db


def test_a_page_is_shown_although_its_session_cannot_be_saved(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    client.post("/sign-in/", {"id": people.yuki.address, "password": PASSWORD})

    def away(*_arguments: Any, **_names: Any) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(Session, "save", away)
    page = client.get(f"/w/{people.hanbit.uid}/")
    assert page.status_code == 200, "the moment it was opened is lost, and nothing else"
