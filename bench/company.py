"""Workspaces of any size with Korean, Japanese and other names, written in sets: a million members in minutes."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

KOREAN_FAMILY = (
    "김:kim 이:lee 박:park 최:choi 정:jung 강:kang 조:cho 윤:yoon 장:jang 임:lim 한:han 오:oh 서:seo 신:shin 권:kwon "
    "황:hwang 안:ahn 송:song 전:jeon 홍:hong 고:ko 문:moon 양:yang 손:son 배:bae 백:baek 허:heo 남:nam 황보:hwangbo"
)
KOREAN_SYLLABLES = (
    "민:min 서:seo 지:ji 하:ha 도:do 수:su 예:ye 은:eun 현:hyun 유:yu 태:tae 가:ga 준:jun 다:da 시:si 채:chae 윤:yoon "
    "주:ju 건:geon 우:woo 연:yeon 훈:hoon 영:young 진:jin 아:ah 원:won 호:ho 린:rin 빈:bin 경:kyung 성:sung 재:jae"
)
JAPANESE_FAMILY = (
    "佐藤:sato:サトウ 鈴木:suzuki:スズキ 高橋:takahashi:タカハシ 田中:tanaka:タナカ 渡辺:watanabe:ワタナベ "
    "伊藤:ito:イトウ 中村:nakamura:ナカムラ 小林:kobayashi:コバヤシ 山本:yamamoto:ヤマモト 加藤:kato:カトウ"
)
JAPANESE_GIVEN = (
    "健太:kenta:ケンタ 美咲:misaki:ミサキ 結衣:yui:ユイ 翔太:shota:ショウタ 陽菜:hina:ヒナ 大輔:daisuke:ダイスケ "
    "さくら:sakura:サクラ 直樹:naoki:ナオキ 優希:yuki:ユウキ 蓮:ren:レン 葵:aoi:アオイ 拓海:takumi:タクミ"
)
OTHER_FAMILY = (
    "Meyer:meyer Novak:novak Okafor:okafor Silva:silva Nguyễn:nguyen O'Brien:obrien Rossi:rossi Lindqvist:lindqvist "
    "Haddad:haddad Carter:carter Adler:adler Brandt:brandt Kowalski:kowalski Fischer:fischer Martín:martin Smith:smith"
)
OTHER_GIVEN = (
    "Anna:anna Lukas:lukas Chidi:chidi Beatriz:beatriz Lan:lan Niamh:niamh Marco:marco Emily:emily Jonas:jonas "
    "Eve:eve Alex:alex Mira:mira José:jose Zoë:zoe Noor:noor Samuel:samuel Hannah:hannah Oliver:oliver"
)
BATCH = 20_000


def _split(text: str) -> list[list[str]]:
    return [word.split(":") for word in text.split()]


def people(count: int, domain: str, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Give so many people, each with an ID of their own; seven in ten write their name in Hangul."""
    korean, syllables = _split(KOREAN_FAMILY), _split(KOREAN_SYLLABLES)
    japanese = _split(JAPANESE_FAMILY), _split(JAPANESE_GIVEN)
    other = _split(OTHER_FAMILY), _split(OTHER_GIVEN)
    for number in range(count):
        luck, phonetic = chance.random(), ("", "")
        if luck < 0.7:
            language, (family, latin) = "ko", korean[int(len(korean) * chance.random() ** 2)]
            (one, one_latin), (two, two_latin) = chance.choice(syllables), chance.choice(syllables)
            given, given_latin = one + two, one_latin + two_latin
        elif luck < 0.9:
            language, (family, latin, spoken) = "ja", chance.choice(japanese[0])
            given, given_latin, given_spoken = chance.choice(japanese[1])
            phonetic = (spoken, given_spoken)
        else:
            language, (family, latin) = "en", chance.choice(other[0])
            given, given_latin = chance.choice(other[1])
        yield {
            "family": family, "given": given, "language": language, "phonetic": phonetic,
            "address": f"{given_latin}.{latin}{number}@{domain}",
            "mobile": f"+8210{chance.randrange(10**8):08d}" if luck < 0.9 else f"+4917{chance.randrange(10**8):08d}",
            "number": f"{2010 + number % 16}{number:07d}",
            "fate": chance.random(), "minutes": chance.randrange(500_000),
        }  # fmt: skip


def fill(workspace_ids: list[int], count: int, *, seed: int = 5417) -> None:
    """Write so many members into each of these workspaces, findable, nine in ten of them active."""
    from dure.core import clock

    at, chance = clock.now(), random.Random(seed)
    ids = _last_ids()
    everybody = (
        (workspace, somebody)
        for workspace in workspace_ids
        for somebody in people(count, f"w{workspace}.example", chance)
    )
    while batch := list(islice(everybody, BATCH)):
        _write(_rows(batch, at, ids))


def _last_ids() -> Iterator[int]:
    from dure.members.models import Member

    last = Member.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return iter(range(last + 1, 2**62))


def _rows(
    batch: list[tuple[int, dict[str, Any]]], at: datetime, ids: Iterator[int]
) -> dict[str, list[tuple[Any, ...]]]:
    from dure.core.models import new_uid
    from dure.members import indexing, names, terms

    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
    for workspace, one in batch:
        pk, fate = next(ids), one["fate"]
        joined = at - timedelta(minutes=one["minutes"] + 20_000)
        state = "active" if fate < 0.9 else "suspended" if fate < 0.92 else "registered"
        activated = joined if fate < 0.92 else None
        signed_in = at - timedelta(minutes=one["minutes"]) if fate < 0.85 else None
        starts = at + timedelta(days=9) if fate > 0.99 else None
        deadline = (starts or at) + timedelta(hours=int(fate * 9000) % 200 - 50) if state == "registered" else None
        rows["dure_account"].append((
            pk, new_uid(), "x" if activated else "", None, one["language"], "Asia/Seoul", 0, False, workspace, joined,
            signed_in,
        ))  # fmt: skip
        rows["dure_address"].append((pk, pk, one["address"], "id", activated, None, None))
        known = terms.Known(
            one["family"], one["given"], names=("".join(one["phonetic"]), " ".join(one["phonetic"])),
            addresses=(one["address"],), private_phones=(one["mobile"],), numbers=(one["number"],),
        )  # fmt: skip
        lines = terms.lines(known)
        rows["dure_member"].append((
            pk, new_uid(), workspace, pk, one["family"], one["given"], one["language"],
            names.sort_key(one["family"], one["given"]), lines, one["address"], signed_in or NEVER, False, state,
            starts, deadline, joined, activated, at if state == "suspended" else None, "", 0,
        ))  # fmt: skip
        rows["dure_profile"].append((
            pk, workspace, pk, *one["phonetic"], "", "", "", "", one["mobile"], "", one["number"], "", "", "", "",
        ))  # fmt: skip
        rows["dure_searchterm"] += indexing.terms_of(pk, workspace, lines)
    rows["dure_searchterm"].sort()
    return rows


NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
COLUMNS = {
    "dure_account": (
        "id uid password password_set_at language time_zone epoch has_factor origin_id created_at signed_in_at"
    ),
    "dure_address": "id account_id canonical kind proven_at until since",
    "dure_member": (
        "id uid workspace_id account_id family_name given_name name_language sort_key search id_key signed_in_at "
        "is_super_admin state starts_at deadline_at registered_at activated_at suspended_at removal_reason epoch"
    ),
    "dure_profile": (
        "id workspace_id member_id phonetic_family_name phonetic_given_name name_ko name_en name_ja nickname "
        "mobile_phone office_phone employee_number work_place duty time_zone photo"
    ),
    "dure_searchterm": "workspace_id term member_id",
}


def _write(rows: dict[str, list[tuple[Any, ...]]]) -> None:
    """COPY on PostgreSQL, executemany on SQLite."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for table, given in rows.items():
            columns = COLUMNS[table].split()
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in given:
                        copy.write_row(row)
            else:
                marks = ", ".join("?" * len(columns))
                plain = ([_plain(value) for value in row] for row in given)
                insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
                connection.connection.executemany(insert, plain if table != "dure_searchterm" else given)


def _plain(value: Any) -> Any:
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value
