"""PostgreSQL ended a connection: an action begins again once, unless it had begun to write (PRODUCT.md §4.8)."""

from typing import Any

import pytest
from django.db import Error, connection, connections

from dure.accounts.actors import Operator
from dure.audit.models import AuditEvent
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.events import Event
from dure.core.models import Reading
from dure.core.readings import add

pytestmark = pytest.mark.django_db(transaction=True)
called: list[int] = []


def cut() -> None:
    """Let PostgreSQL end the connection of this thread, from another one; SQLite has nothing to cut."""
    if connection.vendor != "postgresql":
        return
    import psycopg

    pid = connection.connection.info.backend_pid
    facts = connection.settings_dict
    address = f"postgresql://{facts['USER']}@/{facts['NAME']}?host={facts['HOST']}"
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@action(needs=None, records=Event.BACKED_UP)
def write(actor: Actor, *, cuts: bool) -> None:
    """Write a number, and be cut off in the middle."""
    called.append(1)
    add("written", 1)
    if cuts:
        cut()
    record(actor, Event.BACKED_UP, subject_kind="server", subject_id=None, workspace_id=0)


class Careful(Operator):
    """An actor whose rights are read anew, as members' are."""

    def again(self) -> "Careful":
        """Ask the database something."""
        Reading.objects.exists()
        return self


@pytest.fixture(autouse=True)
def fresh() -> Any:
    """Nothing was called yet, and the connection is a living one afterwards."""
    called.clear()
    connection.ensure_connection()
    yield
    connections.close_all()


def test_a_connection_that_died_before_costs_nothing() -> None:
    cut()
    write(Careful(), cuts=False)
    assert len(called) == 1 and Reading.objects.get(pk="written").value == 1
    assert AuditEvent.objects.count() == 1


def test_what_had_begun_is_not_begun_again() -> None:
    if connection.vendor != "postgresql":
        write(Careful(), cuts=True)
        return
    with pytest.raises(Error):
        write(Careful(), cuts=True)
    connection.close()
    assert len(called) == 1 and not Reading.objects.filter(pk="written").exists()
    assert AuditEvent.objects.count() == 0
