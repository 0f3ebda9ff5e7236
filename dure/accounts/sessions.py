"""Django's database sessions, with the account in a column."""

from typing import Any, cast

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from dure.accounts.models import Session

ACCOUNT, EPOCH, SINCE = "account", "epoch", "since"


class SessionStore(DatabaseStore):
    """The store named by ``SESSION_ENGINE``."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the table of this store."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row to save, its account beside the sealed data."""
        row = cast(Session, super().create_model_instance(data))
        row.account_id = data.get(ACCOUNT)
        return row
