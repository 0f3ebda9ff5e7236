"""The search index is kept by whoever writes; rebuilding it changes nothing (docs/adr/0013)."""

from typing import Any

import pytest
from django.db import transaction

from dure import erasure
from dure.accounts.actors import Owner
from dure.accounts.models import Account, Address
from dure.joining.actions.registering import register_member
from dure.members import indexing, listing, selecting
from dure.members.actions import own_addresses
from dure.members.actions.correcting import correct_id
from dure.members.actions.editing import edit_member, values_of
from dure.members.listing import View
from dure.members.models import Member, SearchTerm
from dure.members.selecting import Selection
from tests.cast import Cast, join
from tests.index import disagreements
from tests.post import PostOffice

NEW = {
    "id": "haeun.jung@hanbitsoft.co.kr", "family_name": "정", "given_name": "하은", "language": "ko",
    "private_address": "haeun@home.example",
    "details": {"mobile_phone": "010-2345-6789", "employee_number": "A-77", "name_en": "Haeun Jung"},
}  # fmt: skip


def found(workspace: Any, search: str) -> set[str]:
    """Return the IDs that a search finds; list and selection must agree."""
    listed = {row.id_key for row in listing.page(workspace, View(search=search)).rows}
    chosen = selecting.members(workspace, Selection(everybody=True, search=search))
    assert listed == set(chosen.values_list("id_key", flat=True))
    return listed


def register(people: Cast, **typed: Any) -> Member:
    """Register 하은."""
    return register_member(people.minjun.actor, submission="1", **{**NEW, **typed}).member


def edit(people: Cast, member: Member, **typed: str) -> None:
    """Change some fields."""
    was = values_of(member, managed=True)
    edit_member(people.minjun.actor, member_uid=member.uid, typed={**was, **typed}, was=was)


def test_a_registration_is_found_by_everything_at_once(people: Cast) -> None:
    register(people)
    for search in (
        "정하은",
        "ㅈㅎㅇ",
        "하은 정",
        "haeun",
        "jung",
        "010-2345",
        "6789",
        "a-77",
        "haeun@home",
        "haeun.jung@",
    ):
        assert found(people.hanbit, search) == {NEW["id"]}, search
    assert disagreements() == []


def test_an_edit_moves_the_terms(people: Cast) -> None:
    member = register(people)
    edit(people, member, given_name="하늘", mobile_phone="010-9999-0000", private_address="sky@home.example")
    for search, is_found in (("하늘", True), ("하은", False), ("9999", True), ("6789", False), ("sky@", True)):
        assert bool(found(people.hanbit, search)) == is_found, search
    assert not found(people.hanbit, "haeun@home")
    edit(people, member, private_address="", mobile_phone="", employee_number="")
    assert not found(people.hanbit, "sky@") and not found(people.hanbit, "9999") and not found(people.hanbit, "a-77")
    assert disagreements() == []


def test_a_corrected_id_is_found_and_the_wrong_one_is_not(people: Cast) -> None:
    member = register(people, details={}, private_address="")
    correct_id(people.minjun.actor, member_uid=member.uid, address="right@hanbitsoft.co.kr")
    assert found(people.hanbit, "right") == {"right@hanbitsoft.co.kr"}
    assert not found(people.hanbit, "haeun")
    assert disagreements() == []


def test_a_private_address_is_found_only_where_it_may_be_known(people: Cast, post: PostOffice) -> None:
    """Somebody of two workspaces is managed by neither (PRODUCT.md §4.1): a search would tell whose address it is."""
    Address.objects.filter(account=people.yuki.account, kind="id").update(canonical=people.yuki.address)
    own_addresses.set_private_address(Owner(people.yuki.account), address="yuki@home.example")
    assert found(people.hanbit, "yuki@home") == {people.yuki.address}
    own_addresses.set_private_address(Owner(people.yuki.account), address="snow@home.example")
    assert not found(people.hanbit, "yuki@home") and found(people.hanbit, "snow@")
    here = people.yuki.member
    Member.objects.create(
        workspace=people.fernweh, account=here.account, family_name="田中", given_name="雪", name_language="ja",
        sort_key="", state="active", registered_at=here.registered_at, activated_at=here.activated_at,
    )  # fmt: skip
    indexing.refresh_accounts([here.account_id])
    assert not found(people.hanbit, "snow@") and not found(people.fernweh, "snow@")
    assert found(people.fernweh, "田中") == {people.yuki.address}
    own_addresses.remove_private_address(Owner(people.yuki.account))
    assert disagreements() == []


def test_nobody_is_found_in_another_workspace(people: Cast) -> None:
    register(people)
    for search in ("a", "m", "하", "@", "0", people.yuki.address):
        assert found(people.hanbit, search) <= set(
            Member.objects.filter(workspace=people.hanbit).values_list("id_key", flat=True)
        )
        assert found(people.fernweh, search) <= {people.alex.address}
    assert not found(people.fernweh, "하은") and not found(people.hanbit, "alex@")


def test_erased_people_leave_no_term(people: Cast) -> None:
    member = register(people)
    assert SearchTerm.objects.filter(member_id=member.pk).exists()
    with transaction.atomic():
        erasure.erase_account(Account.objects.get(pk=member.account_id))
    assert not SearchTerm.objects.filter(member_id=member.pk).exists()
    assert disagreements() == []


def test_rebuilding_mends_what_was_lost_and_changes_nothing_else(people: Cast) -> None:
    member = register(people)
    before = set(SearchTerm.objects.values_list("workspace_id", "term", "member_id"))
    SearchTerm.objects.filter(term__startswith="하은").delete()
    SearchTerm.objects.create(workspace_id=people.hanbit.pk, term="ghost", member_id=9**9)
    SearchTerm.objects.create(workspace_id=people.fernweh.pk, term="하은", member_id=member.pk)
    Member.objects.filter(pk=people.yuki.member.pk).update(search="", id_key="", sort_key="")
    assert disagreements() and indexing.stale() == 2
    assert indexing.rebuild() == Member.objects.count()
    assert disagreements() == [] and indexing.stale() == 0
    assert set(SearchTerm.objects.values_list("workspace_id", "term", "member_id")) == before
    assert indexing.rebuild() == Member.objects.count()
    assert set(SearchTerm.objects.values_list("workspace_id", "term", "member_id")) == before


def test_many_are_indexed_in_sets(people: Cast, django_assert_max_num_queries: Any) -> None:
    members = [
        join(people.hanbit, f"p{number}@hanbitsoft.co.kr", "Same", f"N{number}").member.pk for number in range(40)
    ]
    Member.objects.filter(pk__in=members).update(search="", id_key="")
    SearchTerm.objects.filter(member_id__in=members).delete()
    with django_assert_max_num_queries(8):
        indexing.refresh(members)
    assert disagreements() == []


def test_sign_ins_are_copied_by_the_worker(people: Cast) -> None:
    from dure.core import clock

    at = clock.now()
    Account.objects.filter(pk=people.yuki.account.pk).update(signed_in_at=at)
    assert indexing.note_late_sign_ins() == 1
    assert Member.objects.get(pk=people.yuki.member.pk).signed_in_at == at
    assert indexing.note_late_sign_ins() == 0


@pytest.mark.parametrize("search", ["%", "_", "%%", "\\", "'", '"', "'; DROP TABLE dure_member --", "😀", "x" * 10_000])
def test_signs_of_other_languages_are_only_text(people: Cast, search: str) -> None:
    assert found(people.hanbit, search) == set()
    join(people.hanbit, "odd@hanbitsoft.co.kr", "", f"a{search[:20]}b")
    assert found(people.hanbit, search[:20]) == {"odd@hanbitsoft.co.kr"}
