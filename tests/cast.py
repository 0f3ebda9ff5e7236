"""The people of the stories.

소라 (Sora) is super admin of 한빛소프트. Minjun is an admin there with *Member management*, Eve one with
*Enter the admin service* alone, Yuki a member. Alex is super admin of another workspace, Fernweh, and must see
nothing of the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from dure.accounts import hashing
from dure.accounts.actors import Operator
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.permissions import Permission
from dure.joining.people import make_place, person
from dure.members.actions.administering import grant
from dure.members.actors import MemberActor, actor_for
from dure.members.models import Member
from dure.workspaces.models import Workspace
from tests.visitor import Visitor

PASSWORD = "seven quiet herons wade"
_hashes: list[str] = []


def password_hash() -> str:
    """Return the hash of ``PASSWORD``, made once."""
    if not _hashes:
        _hashes.append(hashing.hash_password(PASSWORD))
    return _hashes[0]


@dataclass
class Person:
    """One of the cast."""

    member: Member
    address: str
    server: str = ""

    @property
    def actor(self) -> MemberActor:
        """The person as an actor, rights as they are now."""
        fresh = Member.objects.select_related("account", "workspace").get(pk=self.member.pk)
        return actor_for(fresh)

    @property
    def account(self) -> Account:
        """The person's account as it is now."""
        return Account.objects.get(pk=self.member.account_id)

    def browser(self, *, language: str = "en") -> Visitor:
        """Return a browser in which the person has just signed in."""
        visitor = Visitor(self.server, language=language)
        page = visitor.sign_in(self.address, PASSWORD)
        assert page.path.startswith("/w/") or page.path == "/workspaces/", (page.url, page.text)
        return visitor


@dataclass
class Cast:
    """Everybody."""

    hanbit: Workspace
    fernweh: Workspace
    sora: Person
    minjun: Person
    eve: Person
    yuki: Person
    alex: Person
    server: str = ""

    def visitor(self, *, language: str = "en") -> Visitor:
        """Return a browser nobody has signed in with."""
        return Visitor(self.server, language=language)

    def at(self, path: str = "") -> str:
        """Return an address in 한빛소프트's workspace."""
        return f"/w/{self.hanbit.uid}/{path}"


def found(name: str, language: str, time_zone: str) -> Workspace:
    """Make a workspace without anybody in it."""
    return Workspace.objects.create(name=name, languages=[language], time_zone=time_zone, founded_at=clock.now())


def join(
    workspace: Workspace, address: str, family: str, given: str, *, language: str = "en", super_admin: bool = False
) -> Person:
    """Make an active member with ``PASSWORD`` and a proven ID, here for a while."""
    somebody = person(id=address, family_name=family, given_name=given, language=language)
    place = make_place(workspace, somebody, password=password_hash(), is_super_admin=super_admin)
    Address.objects.filter(pk=place.id.pk).update(proven_at=clock.now())
    Member.objects.filter(pk=place.member.pk).update(activated_at=clock.now() - timedelta(days=90))
    place.member.refresh_from_db(fields=["activated_at"])
    return Person(member=place.member, address=address)


def assemble(server: str = "") -> Cast:
    """Make the two workspaces and everybody in them."""
    hanbit, fernweh = found("한빛소프트", "ko", "Asia/Seoul"), found("Fernweh", "en", "Europe/Berlin")
    cast = Cast(
        hanbit=hanbit,
        fernweh=fernweh,
        sora=join(hanbit, "sora.han@hanbitsoft.co.kr", "한", "소라", super_admin=True),
        minjun=join(hanbit, "minjun.kim@hanbitsoft.co.kr", "Kim", "Minjun"),
        eve=join(hanbit, "eve.adler@hanbitsoft.co.kr", "Adler", "Eve"),
        yuki=join(hanbit, "yuki.tanaka@hanbitsoft.co.kr", "田中", "雪"),
        alex=join(fernweh, "alex@fernweh.example", "Meyer", "Alex", super_admin=True),
        server=server,
    )
    operator = Operator(workspace_id=hanbit.pk)
    grant(operator, member_uid=cast.minjun.member.uid, permissions=[Permission.MEMBERS_MANAGE])
    grant(operator, member_uid=cast.eve.member.uid, permissions=[Permission.ADMIN_ENTER])
    for somebody in (cast.sora, cast.minjun, cast.eve, cast.yuki, cast.alex):
        somebody.server = server
    return cast
