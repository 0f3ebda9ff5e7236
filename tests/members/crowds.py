"""Members in bulk, for what is done to many at once."""

from datetime import timedelta

from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.action import writing
from dure.members import indexing, names
from dure.members.models import Member
from dure.workspaces.models import Workspace
from tests.cast import password_hash


def crowd_of(workspace: Workspace, number: int, *, state: str = Member.ACTIVE) -> list[Member]:
    """Write so many members in one state, with IDs of their own."""
    at, came = clock.now(), state == Member.ACTIVE
    encoded = password_hash() if came else ""
    accounts = [Account(created_at=at, password=encoded, origin_id=workspace.pk) for _number in range(number)]
    Account.objects.bulk_create(accounts, batch_size=500)
    Address.objects.bulk_create(
        [
            Address(account=account, canonical=f"crowd{count}@example.com", kind=Address.ID, proven_at=at)
            for count, account in enumerate(accounts)
        ],
        batch_size=500,
    )
    members = Member.objects.bulk_create(
        [
            Member(
                workspace=workspace,
                account=account,
                family_name="Crowd",
                given_name=str(count),
                name_language="en",
                sort_key=names.sort_key("Crowd", str(count)),
                state=state,
                registered_at=at,
                activated_at=at if came else None,
                deadline_at=None if came else at + timedelta(days=7),
            )
            for count, account in enumerate(accounts)
        ],
        batch_size=500,
    )
    with writing():
        indexing.refresh(member.pk for member in members)
    return list(Member.objects.filter(pk__among=[member.pk for member in members]).order_by("pk"))
