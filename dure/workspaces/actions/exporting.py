"""Taking the trail out of Dure, which the trail tells of (PRODUCT.md §4.12)."""

from collections.abc import Iterable

from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.events import Event
from dure.core.permissions import Permission


@action(needs=Permission.AUDIT_READ, records=Event.AUDIT_EXPORTED)
def export_trail(actor: Actor, *, kind: str, narrowed_by: Iterable[str]) -> None:
    """Record that somebody takes the trail, or a part of it, along; ``kind`` is ``csv`` or ``jsonl``.

    ``narrowed_by`` names what narrowed it, never by whom or by what.
    """
    record(
        actor,
        Event.AUDIT_EXPORTED,
        subject_kind="workspace",
        subject_id=actor.workspace_id,
        fields=[kind, *narrowed_by],
    )
