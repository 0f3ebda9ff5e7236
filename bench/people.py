"""Members in bulk for the benchmarks, in the states the doors tell apart."""

from datetime import timedelta
from typing import Any

from bench.place import PASSWORD


def admin() -> Any:
    """Found 한빛소프트 and return its super admin as an actor."""
    from dure.accounts.actors import Operator
    from dure.core import clock
    from dure.joining.actions.founding import found_workspace
    from dure.members.actors import actor_for
    from dure.members.models import Member

    admin = {"id": "sora@example.com", "family_name": "한", "given_name": "소라"}
    founded = found_workspace(Operator(), name="한빛소프트", languages=["ko"], time_zone="Asia/Seoul", admin=admin)
    Member.objects.update(state="active", activated_at=clock.now())
    return actor_for(Member.objects.select_related("account", "workspace").get(pk=founded.member.pk))


def crowd(workspace: Any, state: str, count: int) -> list[Any]:
    """Write so many members ``<state><number>@example.com`` in one state; ``removed`` have no membership left."""
    from dure.accounts import hashing
    from dure.accounts.models import Account, Address
    from dure.core import clock
    from dure.members.models import Member

    at = clock.now()
    encoded = "" if state == "registered" else hashing.hash_password(PASSWORD)
    accounts = [Account(created_at=at, password=encoded, origin_id=workspace.pk) for _ in range(count)]
    Account.objects.bulk_create(accounts)
    Address.objects.bulk_create(
        Address(account=account, canonical=f"{state}{number}@example.com", kind="id", proven_at=at)
        for number, account in enumerate(accounts)
    )
    if state == "removed":
        return []
    return Member.objects.bulk_create(
        Member(
            workspace=workspace,
            account=account,
            family_name=state,
            given_name=str(number),
            sort_key=f"{state} {number}",
            name_language="en",
            state=state,
            registered_at=at,
            deadline_at=at + timedelta(days=7) if state == "registered" else None,
            activated_at=None if state == "registered" else at,
            suspended_at=at if state == "suspended" else None,
        )
        for number, account in enumerate(accounts)
    )
