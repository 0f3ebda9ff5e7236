"""Limits hold under races (PRODUCT.md §4.8): real threads, on both databases."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from dure.accounts import activation
from dure.accounts.actions.links import LinkEnded
from dure.accounts.actions.signing_in import CodeEnded
from dure.accounts.actors import Operator, Visitor
from dure.accounts.models import Account, ActivationCode, Address
from dure.audit.models import AuditEvent
from dure.audit.proof import prove
from dure.core import keys, secrets
from dure.core.models import OneTimeSecret
from dure.joining.actions.founding import AlreadySetUp, WrongSetUpCode, issue_set_up_code, set_up_server
from dure.joining.actions.registering import Invited, register_member
from dure.joining.people import AlreadyMember
from dure.mail.models import Letter
from dure.members.actions.administering import dismiss_super_admin
from dure.members.actions.admitting import replace_temporary_password, set_password
from dure.members.actions.handing import Method
from dure.members.actions.keeping import LastSuperAdmin
from dure.members.actions.rescuing import make_rescue_codes, rescue_by_code
from dure.members.actions.sending_again import AlreadyRegistered, send_again
from dure.members.actions.suspending import suspend
from dure.members.models import Member
from dure.workspaces.models import Workspace
from tests.cast import PASSWORD, Cast, assemble, join
from tests.post import PostOffice

NEW = "twelve blue lanterns drift"


@pytest.fixture
def crowd(transactional_db: Any) -> Cast:
    return assemble()


def at_once(*steps: Callable[[], Any], patience: float = 60) -> list[Any]:
    """Run every step in a thread of its own, at the same moment; returns results or errors in order.

    ``patience`` is in seconds, for each.
    """
    start, outcome = threading.Barrier(len(steps)), [None] * len(steps)

    def run(number: int, step: Callable[[], Any]) -> None:
        start.wait()
        try:
            outcome[number] = step()
        except Exception as error:
            outcome[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience)
    return outcome


def registering(actor: Any, *, address: str, submission: str = "") -> Callable[[], Any]:
    """Return the step that registers an address."""
    return lambda: register_member(
        actor,
        id=address,
        family_name="Race",
        given_name="Rita",
        language="en",
        private_address="",
        send_to="id",
        submission=submission or str(uuid.uuid4()),
    )


def test_two_admins_registering_one_id_make_one_member_and_one_letter(crowd: Cast, post: PostOffice) -> None:
    actors = [crowd.sora.actor, crowd.minjun.actor] * 4
    outcome = at_once(*(registering(actor, address="race@hanbitsoft.co.kr") for actor in actors))
    assert sum(isinstance(result, AlreadyMember) for result in outcome) == len(actors) - 1, outcome
    assert Address.objects.filter(canonical="race@hanbitsoft.co.kr").count() == 1
    assert Letter.objects.count() == OneTimeSecret.objects.count() == 1
    assert Account.objects.count() == 6, "no orphans"


def test_two_workspaces_registering_one_id_make_one_account(crowd: Cast, post: PostOffice) -> None:
    outcome = at_once(
        registering(crowd.sora.actor, address="race@example.com"),
        registering(crowd.alex.actor, address="race@example.com"),
    )
    assert sum(isinstance(result, Invited) for result in outcome) == 1, outcome
    assert Account.objects.filter(addresses__canonical="race@example.com").count() == 1
    assert Member.objects.filter(given_name="Rita").count() == 1


def test_one_form_sent_eight_times_at_once_is_one_member(crowd: Cast, post: PostOffice) -> None:
    number = str(uuid.uuid4())
    steps = [registering(crowd.minjun.actor, address="race@example.com", submission=number) for _ in range(8)]
    outcome = at_once(*steps)
    assert {result.member.uid for result in outcome} == {Member.objects.get(given_name="Rita").uid}
    assert Letter.objects.count() == 1


def test_one_link_used_eight_times_at_once_sets_one_password(crowd: Cast, no_post: None) -> None:
    link = registering(crowd.minjun.actor, address="race@example.com")().handed.link
    row = secrets.find(link)
    assert row is not None
    outcome = at_once(
        *(lambda number=number: set_password(Visitor(), secret=row, password=f"{NEW} {number}") for number in range(4))
    )
    assert sum(isinstance(result, Account) for result in outcome) == 1, outcome
    assert sum(isinstance(result, LinkEnded) for result in outcome) == 3


def test_a_link_used_while_it_is_re_issued_is_either_used_or_replaced(crowd: Cast, no_post: None) -> None:
    link = registering(crowd.minjun.actor, address="race@example.com")().handed.link
    row, member = secrets.find(link), Member.objects.get(given_name="Rita")
    assert row is not None
    used, again = at_once(
        lambda: set_password(Visitor(), secret=row, password=NEW),
        lambda: send_again(crowd.minjun.actor, member_uids=[member.uid], method=Method.MEMBER),
    )
    member.refresh_from_db()
    living = OneTimeSecret.objects.filter(used_at=None, withdrawn_at=None).count()
    if isinstance(used, Account):
        assert member.state == "active"
        assert isinstance(again, Exception) or living == 0 or OneTimeSecret.objects.filter(used_at=None).exists()
    else:
        assert member.state == "registered" and living == 1


def test_two_super_admins_suspending_each_other_leave_one(crowd: Cast) -> None:
    second = join(crowd.hanbit, "second@hanbitsoft.co.kr", "Second", "Su", super_admin=True)
    outcome = at_once(
        lambda: suspend(Operator(workspace_id=crowd.hanbit.pk), member_uid=crowd.sora.member.uid),
        lambda: suspend(Operator(workspace_id=crowd.hanbit.pk), member_uid=second.member.uid),
    )
    assert sum(isinstance(result, LastSuperAdmin) for result in outcome) == 1, outcome
    assert Member.objects.filter(is_super_admin=True, state="active", workspace=crowd.hanbit).count() == 1


def test_the_set_up_code_makes_one_workspace(transactional_db: Any, no_post: None) -> None:
    code = issue_set_up_code()

    def set_up(number: int) -> Any:
        admin = {"id": f"sora{number}@example.com", "family_name": "", "given_name": "Sora"}
        return set_up_server(
            Visitor(), code=code, password=PASSWORD, name="W", languages=["ko"], time_zone="UTC", admin=admin
        )

    outcome = at_once(*(lambda number=number: set_up(number) for number in range(4)))
    assert sum(isinstance(result, WrongSetUpCode | AlreadySetUp) for result in outcome) == 3, outcome
    assert (Workspace.objects.count(), Account.objects.count()) == (1, 1)


def test_the_trail_stays_one_chain(crowd: Cast, post: PostOffice) -> None:
    actors = [crowd.sora.actor, crowd.minjun.actor] * 4
    outcome = at_once(*(registering(actor, address=f"race{number}@example.com") for number, actor in enumerate(actors)))
    assert not [result for result in outcome if isinstance(result, Exception)]
    assert prove(crowd.hanbit.pk, keys=keys.derive_all("audit")).broken is None
    numbers = list(AuditEvent.objects.filter(workspace_id=crowd.hanbit.pk).values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_two_admins_re_issuing_at_once_leave_one_living_password(crowd: Cast, no_post: None) -> None:
    member = registering(crowd.minjun.actor, address="race@example.com")().member
    actors = [crowd.sora.actor, crowd.minjun.actor] * 2
    outcome = at_once(
        *(lambda actor=actor: send_again(actor, member_uids=[member.uid], method=Method.GENERATE) for actor in actors)
    )
    shown = [result.handed[0].password for result in outcome]
    code = ActivationCode.objects.get(account_id=member.account_id)
    assert sum(activation.is_same(password, code.encoded) for password in shown) == 1
    assert OneTimeSecret.objects.filter(used_at=None, withdrawn_at=None).count() == 0


def test_a_re_issue_while_the_password_is_saved_is_either_too_late_or_wins(crowd: Cast, no_post: None) -> None:
    member = registering(crowd.minjun.actor, address="race@example.com")().member
    first = send_again(crowd.minjun.actor, member_uids=[member.uid], method=Method.GENERATE).handed[0]
    saved, again = at_once(
        lambda: replace_temporary_password(Visitor(), code_uid=first.via, password=NEW),
        lambda: send_again(crowd.sora.actor, member_uids=[member.uid], method=Method.GENERATE),
    )
    member.refresh_from_db()
    if isinstance(saved, Account):
        assert member.state == "active" and isinstance(again, AlreadyRegistered)
    else:
        assert isinstance(saved, CodeEnded) and member.state == "registered" and again.handed[0].password


def test_one_temporary_password_saved_four_times_at_once_sets_one_password(crowd: Cast, no_post: None) -> None:
    member = registering(crowd.minjun.actor, address="race@example.com")().member
    code = send_again(crowd.minjun.actor, member_uids=[member.uid], method=Method.GENERATE).handed[0].via
    outcome = at_once(
        *(
            lambda number=number: replace_temporary_password(Visitor(), code_uid=code, password=f"{NEW} {number}")
            for number in range(4)
        )
    )
    assert sum(isinstance(result, Account) for result in outcome) == 1, outcome
    assert sum(isinstance(result, CodeEnded) for result in outcome) == 3


def test_two_super_admins_dismissing_each_other_leave_one(crowd: Cast, no_post: None) -> None:
    Member.objects.filter(pk=crowd.yuki.member.pk).update(is_super_admin=True)
    sora, yuki = crowd.sora.actor, crowd.yuki.actor
    at_once(
        lambda: dismiss_super_admin(sora, member_uid=crowd.yuki.member.uid),
        lambda: dismiss_super_admin(yuki, member_uid=crowd.sora.member.uid),
    )
    assert Member.objects.filter(workspace=crowd.hanbit, is_super_admin=True).count() == 1


def test_stepping_down_and_being_suspended_at_once_leave_one(crowd: Cast, no_post: None) -> None:
    Member.objects.filter(pk=crowd.yuki.member.pk).update(is_super_admin=True)
    sora, yuki = crowd.sora.actor, crowd.yuki.actor
    at_once(
        lambda: dismiss_super_admin(sora, member_uid=crowd.sora.member.uid),
        lambda: suspend(sora, member_uid=crowd.yuki.member.uid),
        lambda: dismiss_super_admin(yuki, member_uid=crowd.yuki.member.uid),
    )
    assert Member.objects.filter(workspace=crowd.hanbit, is_super_admin=True, state="active").count() >= 1


def test_one_printed_code_used_four_times_at_once_works_once(crowd: Cast, no_post: None) -> None:
    code = make_rescue_codes(crowd.sora.actor)[0]
    outcome = at_once(
        *(
            lambda number=number: rescue_by_code(
                Visitor(), address=crowd.sora.address, code=code, password=f"{NEW} {number}", network=f"10.0.{number}.0"
            )
            for number in range(4)
        )
    )
    assert sum(isinstance(result, Account) for result in outcome) == 1, outcome
