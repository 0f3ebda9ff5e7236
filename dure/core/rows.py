"""Rows read and written without building a statement anew: where everybody passes, that costs most of all.

The models say what a row is; signals are not sent.
"""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from django.db import connection
from django.db.models import AutoField, DateTimeField, JSONField, Model

Row = TypeVar("Row", bound=Model)


@cache
def columns(model: type[Model], name: str) -> str:
    """Return every column of a model, for a statement that calls its table ``name``."""
    return ", ".join(f"{name}.{connection.ops.quote_name(str(field.column))}" for field in model._meta.concrete_fields)


def width(model: type[Model]) -> int:
    """Return how many columns there are."""
    return len(model._meta.concrete_fields)


def read(model: type[Row], values: Sequence[Any]) -> Row:
    """Return a row from what a statement with ``columns`` found."""
    found = list(values)
    for place, expression, convert in _converters(model, connection.vendor):
        found[place] = convert(found[place], expression, connection)
    return model.from_db(connection.alias, [field.attname for field in model._meta.concrete_fields], found)


def found(model: type[Row], statement: str, parameters: Sequence[Any]) -> list[Row]:
    """Return the rows of a statement that gives every column of one model, in its order.

    All are read, since SQLite takes back an UPDATE … RETURNING that is left in the middle.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [read(model, values) for values in cursor.fetchall()]


def first(model: type[Row], statement: str, parameters: Sequence[Any]) -> Row | None:
    """Return the first of the rows that ``found`` returns."""
    return next(iter(found(model, statement, parameters)), None)


@cache
def _converters(model: type[Model], _vendor: str) -> list[tuple[int, Any, Callable[..., Any]]]:
    made = []
    for place, field in enumerate(cast(Any, model._meta.concrete_fields)):
        expression = field.get_col(model._meta.db_table)
        for convert in (*connection.ops.get_db_converters(expression), *field.get_db_converters(connection)):
            made.append((place, expression, convert))
    return made


def insert(row: Model) -> None:
    """Insert one row and give it its number, as ``save(force_insert=True)`` does at five times the cost.

    For what everybody writes who signs in or comes in.
    """
    head, stores = _insert_of(type(row))
    facts, key = vars(row), connection.ops.quote_name(cast(Any, row._meta.pk).column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{head} ({', '.join(['%s'] * len(stores))}) RETURNING {key}",
            [store(facts[name]) if store else facts[name] for name, store in stores],
        )
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, connection.alias


TOGETHER = 2000
"""Values in one statement: PostgreSQL answers each statement on its own, and SQLite takes 32,766."""


def insert_many(rows: Sequence[Model]) -> None:
    """Insert rows of one model at once.

    Plain SQL, because an action may write ten thousand: the ORM costs more than everything else about them.
    """
    if rows:
        head, stores = _insert_of(type(rows[0]))
        moment = cache(_moment)  # one for all that was written at once
        columns = [(name, moment if store is _moment else store) for name, store in stores]
        values = [tuple(store(one[name]) if store else one[name] for name, store in columns) for one in map(vars, rows)]
        insert_rows(f"{head} {{}}", values)


@cache
def _insert_of(model: type[Model]) -> tuple[str, list[tuple[str, Callable[[Any], Any] | None]]]:
    """Return how an insert of a model begins, and its columns, with what stores a value that is not stored as it is."""
    fields: list[Any] = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES", [(one.attname, _store(one)) for one in fields]


def insert_rows(insert: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows by a statement that says ``VALUES {}``, many at once: each statement has to be waited for."""
    if not rows:
        return
    places, batches = f"({', '.join(['%s'] * len(rows[0]))})", max(TOGETHER // len(rows[0]), 1)
    with connection.cursor() as cursor:
        for begin in range(0, len(rows), batches):
            batch = rows[begin : begin + batches]
            cursor.execute(insert.format(", ".join([places] * len(batch))), [one for row in batch for one in row])


def _store(field: Any) -> Callable[[Any], Any] | None:
    if isinstance(field, DateTimeField):
        return _moment
    return json.dumps if isinstance(field, JSONField) else None


def _moment(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value)
