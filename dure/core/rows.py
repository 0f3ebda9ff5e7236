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
    statement, columns = _insert_of(type(row), connection.vendor)
    facts = vars(row)
    with connection.cursor() as cursor:
        cursor.execute(statement, [store(facts[name]) if store else facts[name] for name, store in columns])
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, connection.alias


@cache
def _insert_of(model: type[Model], _vendor: str) -> tuple[str, list[tuple[str, Callable[[Any], Any] | None]]]:
    stored = connection.ops.adapt_datetimefield_value
    fields: list[Any] = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    quote, key = connection.ops.quote_name, cast(Any, model._meta.pk)
    names, places = ", ".join(quote(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608 - the model's own
    return f"{statement} RETURNING {quote(key.column)}", [(field.attname, _stored(field, stored)) for field in fields]


TOGETHER = 2000
"""Values in one statement: PostgreSQL answers each statement on its own, and SQLite takes 32,766."""


def insert_many(rows: Sequence[Model]) -> None:
    """Insert rows of one model at once.

    Plain SQL, because an action may write ten thousand: the ORM costs more than everything else about them.
    """
    if not rows:
        return
    stored = cache(connection.ops.adapt_datetimefield_value)
    fields: list[Any] = [field for field in rows[0]._meta.concrete_fields if not field.primary_key]
    columns = [(field.attname, _stored(field, stored)) for field in fields]
    values = [tuple(store(one[name]) if store else one[name] for name, store in columns) for one in map(vars, rows)]
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(rows[0]._meta.db_table)
    insert_rows(f"INSERT INTO {table} ({names}) VALUES {{}}", values)  # noqa: S608 - the model's own names


def insert_rows(insert: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows by a statement that says ``VALUES {}``, many at once: each statement has to be waited for."""
    if not rows:
        return
    places, batches = f"({', '.join(['%s'] * len(rows[0]))})", max(TOGETHER // len(rows[0]), 1)
    with connection.cursor() as cursor:
        for begin in range(0, len(rows), batches):
            batch = rows[begin : begin + batches]
            cursor.execute(insert.format(", ".join([places] * len(batch))), [one for row in batch for one in row])


def _stored(field: Any, moment: Callable[[Any], Any]) -> Callable[[Any], Any] | None:
    """Return how a value of a field is put into the database when it is not as it is."""
    if isinstance(field, DateTimeField):
        return moment
    return json.dumps if isinstance(field, JSONField) else None
