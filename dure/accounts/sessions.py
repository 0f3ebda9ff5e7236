"""Django's database sessions, with the account in a column."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import InterfaceError, OperationalError, connection
from django.utils.crypto import get_random_string

from dure.accounts.models import Account, Session
from dure.core import clock, rows
from dure.core.rows import insert

ACCOUNT, EPOCH, SINCE, TOUCHED = "account", "epoch", "since", "touched"
CODE, CODE_ACCOUNT = "code", "code_account"
"""What a temporary password opens: a session without ``ACCOUNT``, which every door takes for nobody's."""
CODE_LASTS = timedelta(hours=1)
HALFWAY = "halfway"
HALFWAY_LASTS = timedelta(minutes=10)
DEVICE = "device"
OPENED = "opened"
"""When each workspace was opened last with this session, as far as that was written down."""


@cache
def _living() -> str:
    """Return the statement that every page of everybody who is signed in asks."""
    return f"""
SELECT {rows.columns(Session, "session")}, {rows.columns(Account, "account")}
FROM dure_session session LEFT JOIN dure_account account ON account.id = session.account_id
WHERE session.session_key = %s AND session.expire_date > %s AND session.expire_date <= %s
"""  # noqa: S608 - the models' own names


class SessionStore(DatabaseStore):
    """The store named by ``SESSION_ENGINE``."""

    _written: dict[str, Any] | None = None
    _row: Session | None = None

    @classmethod
    def open_for(cls, account: Account, at: datetime, device_id: int, *, opens: Sequence[int] = ()) -> "SessionStore":
        """Write a new session of an account; part of the action that signs in, and opens these workspaces at once."""
        moment = int(at.timestamp())
        who = {ACCOUNT: account.pk, EPOCH: account.epoch, DEVICE: device_id}
        opened = {OPENED: {str(workspace_id): moment for workspace_id in opens}} if opens else {}
        return cls()._write_new({**who, SINCE: moment, TOUCHED: moment, **opened})

    @classmethod
    def open_halfway(cls, account: Account, at: datetime) -> "SessionStore":
        """Write a session of somebody whose second factor is still missing; every door takes it for nobody's."""
        store = cls()
        store.set_expiry(at + HALFWAY_LASTS)
        return store._write_new({HALFWAY: account.pk, EPOCH: account.epoch, SINCE: int(at.timestamp())})

    @classmethod
    def open_for_code(cls, account_id: int, code_uid: str, at: datetime) -> "SessionStore":
        """Write a session that reaches the change-password page alone; part of the action that takes the code."""
        store = cls()
        store.set_expiry(at + CODE_LASTS)
        return store._write_new({CODE: code_uid, CODE_ACCOUNT: account_id, SINCE: int(at.timestamp())})

    def _write_new(self, data: dict[str, Any]) -> "SessionStore":
        self.update(data)
        self._session_key = self._get_new_session_key()
        insert(self.create_model_instance(dict(self.items())))
        self.modified = True
        self._written = dict(self.items())
        return self

    def _get_session_from_db(self) -> Session | None:
        """Return the row while it lives; one that ends later than any may was written while the clock was ahead."""
        at = clock.now()
        ends = [connection.ops.adapt_datetimefield_value(one) for one in (at, at + settings.SESSION_IDLE + clock.SKEW)]
        with connection.cursor() as cursor:
            cursor.execute(_living(), [self.session_key, *ends])
            found = cursor.fetchone()
        if found is None:
            self._row = self._session_key = None
            return None
        row = self._row = rows.read(Session, found[: rows.width(Session)])
        if row.account_id is not None:
            row.account = rows.read(Account, found[rows.width(Session) :])
        return row

    def owner(self) -> Account | None:
        """Return the account of this session as it was read with it, unless its epoch moved on (PRODUCT.md §4.9).

        None, too, for a session that was not read but made, and for one that a request has made somebody else's.
        """
        account = self._row.account if self._row else None
        same = account is not None and account.pk == self.get(ACCOUNT) and account.epoch == self.get(EPOCH)
        return account if same else None

    def load(self) -> dict[str, Any]:
        """Return what the session holds, nothing when it began at a time that is yet to come."""
        data = super().load()
        if clock.is_ahead(datetime.fromtimestamp(data.get(SINCE, 0), UTC)):
            self._session_key = None
            return {}
        return data

    def get_expiry_date(self, **facts: Any) -> datetime:
        """Return when the session ends unless it is used, by our own clock."""
        return super().get_expiry_date(**{"modification": clock.now(), **facts})

    def save(self, must_create: bool = False) -> None:
        """Write the session, unless it stands in the database like this already."""
        if must_create or self._written != dict(self.items()):
            try:
                super().save(must_create=must_create)
            except UpdateError as error:
                if isinstance(error.__context__, OperationalError | InterfaceError):
                    raise error.__context__ from None  # the database is away: the session did not end
                raise

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
        row.account_id = data.get(ACCOUNT, data.get(CODE_ACCOUNT, data.get(HALFWAY)))
        row.device_id = data.get(DEVICE)
        row.seen_at = datetime.fromtimestamp(data[TOUCHED], UTC) if TOUCHED in data else None
        return row
