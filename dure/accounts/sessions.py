"""Django's database sessions, with the account in a column."""

from datetime import datetime
from typing import Any, cast

from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils.crypto import get_random_string

from dure.accounts.models import Account, Session

ACCOUNT, EPOCH, SINCE, TOUCHED = "account", "epoch", "since", "touched"


class SessionStore(DatabaseStore):
    """The store named by ``SESSION_ENGINE``."""

    _written: dict[str, Any] | None = None

    @classmethod
    def open_for(cls, account: Account, at: datetime) -> "SessionStore":
        """Write a new session of an account; part of the action that signs in."""
        moment = int(at.timestamp())
        store = cls()
        store.update({ACCOUNT: account.pk, EPOCH: account.epoch, SINCE: moment, TOUCHED: moment})
        store._session_key = store._get_new_session_key()
        store.create_model_instance(dict(store.items())).save(force_insert=True)
        store.modified = True
        store._written = dict(store.items())
        return store

    def save(self, must_create: bool = False) -> None:
        """Write the session, unless it stands in the database like this already."""
        if must_create or self._written != dict(self.items()):
            super().save(must_create=must_create)

    def _get_new_session_key(self) -> str:
        """Return 32 random characters; 165 bits need no look whether they are taken, and the table is unique."""
        return get_random_string(32, VALID_KEY_CHARS)

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the table of this store."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row to save, its account beside the sealed data."""
        row = cast(Session, super().create_model_instance(data))
        row.account_id = data.get(ACCOUNT)
        return row
