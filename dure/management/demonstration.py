"""The sample company of the demo: 한빛소프트, 300 people in Seoul, Tokyo and Berlin."""

import random
from dataclasses import dataclass
from datetime import timedelta

from dure.accounts import hashing
from dure.accounts.actors import Operator, Owner
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.action import writing
from dure.core.permissions import Permission
from dure.joining.actions.accepting import accept
from dure.joining.actions.founding import found_workspace
from dure.joining.actions.inviting import invite
from dure.joining.people import make_place, person
from dure.management import demonstration_invitations as invitations
from dure.management import demonstration_links as links
from dure.management import demonstration_requests as requests
from dure.members import indexing, names, rules
from dure.members.actions.administering import grant
from dure.members.actors import actor_for
from dure.members.models import NEVER, Member, Profile
from dure.workspaces.models import Workspace

PASSWORD = "seven quiet herons wade"
DOMAIN = "hanbitsoft.example"
SIZE = 300


@dataclass(frozen=True)
class SignIn:
    """Somebody whose password is printed."""

    role: str
    address: str
    family_name: str
    given_name: str
    language: str
    permissions: tuple[Permission, ...] = ()


SIGN_INS = (
    SignIn("super admin", f"sora.han@{DOMAIN}", "한", "소라", "ko"),
    SignIn("admin with Member management", f"minjun.kim@{DOMAIN}", "김", "민준", "ko", (Permission.MEMBERS_MANAGE,)),
    SignIn("admin who may only enter", f"emily.carter@{DOMAIN}", "Carter", "Emily", "en", (Permission.ADMIN_ENTER,)),
    SignIn("member", f"yuki.tanaka@{DOMAIN}", "田中", "優希", "ja"),
)
ELSEWHERE = "fernweh.example"
INVITED = SignIn("somebody from elsewhere, invited", f"mira.vogel@{ELSEWHERE}", "Vogel", "Mira", "en")
CAME = SignIn("of both workspaces", f"jonas.brandt@{ELSEWHERE}", "Brandt", "Jonas", "en")

KOREAN_FAMILY = (
    "김:kim 이:lee 박:park 최:choi 정:jung 강:kang 조:cho 윤:yoon 장:jang 임:lim 오:oh 서:seo 신:shin 황보:hwangbo"
)
KOREAN_GIVEN = (
    "서연:seoyeon 지훈:jihoon 하은:haeun 도윤:doyun 수아:sua 예준:yejun "
    "지우:jiwoo 은별:eunbyeol 현우:hyunwoo 유진:yujin 민서:minseo 태양:taeyang "
    "가람:garam 새봄:saebom 준호:junho 다인:dain 시우:siwoo 채원:chaewon"
)
JAPANESE_FAMILY = (
    "佐藤:sato 鈴木:suzuki 高橋:takahashi 渡辺:watanabe 伊藤:ito 中村:nakamura 小林:kobayashi 山本:yamamoto"
)
JAPANESE_GIVEN = "健太:kenta 美咲:misaki 結衣:yui 翔太:shota 陽菜:hina 大輔:daisuke さくら:sakura 直樹:naoki"
OTHER_FAMILY = (
    "Meyer:meyer Novak:novak Okafor:okafor Silva:silva Nguyễn:nguyen O'Brien:obrien Rossi:rossi "
    "von Hohenstein-Oberkirch:hohenstein Lindqvist:lindqvist Haddad:haddad"
)
NICKNAMES = ("Sunny", "Coco", "Max", "Ace", "Pepper", "Momo")
OTHER_GIVEN = (
    "Anna:anna Lukas:lukas Chidi:chidi Beatriz:beatriz Lan:lan Niamh:niamh Marco:marco Maximiliane:maximiliane"
)


def fill() -> Workspace:
    """Found the company and put everybody in it; the same people each time."""
    encoded = hashing.hash_password(PASSWORD)
    first = SIGN_INS[0]
    with writing():
        workspace = found_workspace(
            Operator(),
            name="한빛소프트",
            languages=["ko", "en", "ja"],
            time_zone="Asia/Seoul",
            admin={"id": first.address, "family_name": first.family_name, "given_name": first.given_name},
        ).workspace
        _let_in(first.address, encoded)
        for who in SIGN_INS[1:]:
            _join(workspace, who, encoded)
        _fill_up(workspace, encoded)
        _invite_from_elsewhere(workspace, encoded)
        links.fill(workspace)
        requests.fill(workspace, encoded)
        invitations.make(Member.objects.get(account__addresses__canonical=SIGN_INS[1].address))
    return workspace


def _invite_from_elsewhere(workspace: Workspace, encoded: str) -> None:
    """Make a second, small workspace; one of its two people is invited into the company, the other has accepted."""
    founded = found_workspace(
        Operator(),
        name="Fernweh",
        languages=["en"],
        time_zone="Europe/Berlin",
        admin={"id": INVITED.address, "family_name": INVITED.family_name, "given_name": INVITED.given_name},
    )
    other = founded.workspace
    _let_in(INVITED.address, encoded)
    first = Member.objects.select_related("account", "workspace").get(workspace=workspace, is_super_admin=True)
    for who in (INVITED, CAME):
        account = founded.member.account if who is INVITED else _join(other, who, encoded).account
        invitation = invite(actor_for(first), submission=who.address, known=_typed(who))
        if who is CAME:
            accept(Owner(account), invitation_uid=invitation.uid)


def _typed(who: SignIn) -> dict[str, str]:
    names = {"family_name": who.family_name, "given_name": who.given_name}
    return {"id": who.address, "language": who.language, **names}


def _let_in(address: str, encoded: str) -> None:
    """Do what the set-password mail would have done, so that the printed sign-ins work at once."""
    at = clock.now()
    holder = Address.objects.select_related("account").get(canonical=address)
    Address.objects.filter(pk=holder.pk).update(proven_at=at)
    Account.objects.filter(pk=holder.account_id).update(password=encoded, password_set_at=at)
    _here_for_long(holder.account_id)


def _here_for_long(account_id: int) -> None:
    """Let those whose sign-in is printed be no newcomers."""
    at = clock.now() - timedelta(days=40)
    Member.objects.filter(account_id=account_id).update(state=Member.ACTIVE, registered_at=at, activated_at=at)


def _join(workspace: Workspace, who: SignIn, encoded: str) -> Member:
    somebody = person(id=who.address, family_name=who.family_name, given_name=who.given_name, language=who.language)
    place = make_place(workspace, somebody, password=encoded)
    Address.objects.filter(pk=place.id.pk).update(proven_at=clock.now())
    if who.permissions:
        grant(Operator(workspace_id=workspace.pk), member_uid=place.member.uid, permissions=who.permissions)
    if who in SIGN_INS:
        _here_for_long(place.member.account_id)
    return place.member


def _pairs(text: str) -> list[tuple[str, str]]:
    """Split ``name:romanised`` pairs; only spaces before a new pair part them."""
    pieces = text.split(":")
    pairs, name = [], pieces[0]
    for piece in pieces[1:]:
        romanised, _space, following = piece.partition(" ")
        pairs.append((name, romanised))
        name = following
    return pairs


def _fill_up(workspace: Workspace, encoded: str) -> None:
    chance = random.Random(5417)  # noqa: S311 - the same company each time
    sources = (
        ("ko", _pairs(KOREAN_FAMILY), _pairs(KOREAN_GIVEN), 7),
        ("ja", _pairs(JAPANESE_FAMILY), _pairs(JAPANESE_GIVEN), 2),
        ("en", _pairs(OTHER_FAMILY), _pairs(OTHER_GIVEN), 1),
    )
    taken = set(Address.objects.values_list("canonical", flat=True))
    people: list[tuple[str, str, str, str, float]] = []
    while len(people) < SIZE - len(SIGN_INS) - 1:
        language, families, givens, _weight = chance.choices(sources, [source[3] for source in sources])[0]
        (family, family_latin), (given, given_latin) = chance.choice(families), chance.choice(givens)
        address = f"{given_latin}.{family_latin}@{DOMAIN}"
        number = 2
        while address in taken:
            address, number = f"{given_latin}.{family_latin}{number}@{DOMAIN}", number + 1
        taken.add(address)
        people.append((address, family, given, language, chance.random()))
    _insert(workspace, people, encoded, chance)


def _insert(
    workspace: Workspace, people: list[tuple[str, str, str, str, float]], encoded: str, chance: random.Random
) -> None:
    """Write them in sets; most have come, some have not yet, a few never did or are suspended."""
    at = clock.now()
    accounts = [
        Account(
            language=language,
            origin_id=workspace.pk,
            created_at=at - timedelta(days=200),
            password=encoded if luck > 0.1 else "",
            signed_in_at=at - timedelta(minutes=chance.randrange(30_000)) if luck > 0.1 else None,
        )
        for _address, _family, _given, language, luck in people
    ]
    Account.objects.bulk_create(accounts)
    Address.objects.bulk_create(
        Address(account=account, canonical=row[0], kind=Address.ID, proven_at=at if row[4] > 0.1 else None)
        for account, row in zip(accounts, people, strict=True)
    )
    members = Member.objects.bulk_create(
        _member(workspace, account, row, chance) for account, row in zip(accounts, people, strict=True)
    )
    Profile.objects.bulk_create(_profile(member, number, chance) for number, member in enumerate(members))
    indexing.refresh(member.pk for member in members)
    indexing.note_sign_ins(since=NEVER)


def _profile(member: Member, number: int, chance: random.Random) -> Profile:
    """Everybody has a telephone on their desk, and some are called by another name."""
    nickname = chance.choice(NICKNAMES) if not number % 6 else ""
    phone, mobile = f"+8225550{number:04d}", f"+8210555{chance.randrange(10**5):05d}"
    return Profile(
        workspace_id=member.workspace_id, member=member, nickname=nickname, office_phone=phone, mobile_phone=mobile
    )


def _member(
    workspace: Workspace, account: Account, row: tuple[str, str, str, str, float], chance: random.Random
) -> Member:
    _address, family, given, language, luck = row
    at = clock.now()
    member = Member(
        workspace=workspace,
        account=account,
        family_name=family,
        given_name=given,
        name_language=language,
        sort_key=names.sort_key(family, given),
        registered_at=at - timedelta(days=chance.randrange(8, 200)),
    )
    if luck > 0.1:
        member.activated_at = member.registered_at + timedelta(hours=chance.randrange(1, 100))
        member.suspended_at = at - timedelta(days=2) if luck > 0.98 else None
        if 0.96 < luck <= 0.98:
            member.leave_from, member.leave_until = at - timedelta(days=20), at + timedelta(days=40)
        if 0.95 < luck <= 0.96:
            member.removed_at, member.restorable_until = at - timedelta(days=3), at + timedelta(days=27)
    else:
        member.starts_at = at + timedelta(days=chance.randrange(3, 20)) if luck > 0.08 else None
        member.deadline_at = at + timedelta(hours=chance.randrange(2, 160)) if luck > 0.03 else at - timedelta(days=1)
        if member.starts_at:
            member.deadline_at = member.starts_at + timedelta(days=7)
    member.state, member.turns_at = rules.stored_state(member), rules.next_turn(member, at)
    return member
