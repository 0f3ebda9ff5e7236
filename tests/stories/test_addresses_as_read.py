"""Internationalised domains stand as people write them wherever somebody reads, and as stored where a machine does."""

from urllib.parse import quote

import pytest

from dure.accounts.models import Address
from dure.audit.models import AuditEvent
from dure.members.actions.asking import ask_admin
from dure.members.models import Member
from dure.web import door
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.steps import NEW_PASSWORD, invited, open_link, register
from tests.visitor import Visitor

SHOWN, STORED = "haeun.jung@한빛.한국", "haeun.jung@xn--xx3br43b.xn--3e0b707e"
PRIVATE, PRIVATE_STORED = "haeun@정.한국", "haeun@xn--2y5b.xn--3e0b707e"


@pytest.fixture
def haeun(cast: Cast, post: PostOffice) -> Visitor:
    """Register 정하은 with such an ID, and let her set a password by the mailed link."""
    mail = invited(cast, post, id=STORED, method="member")
    assert mail.recipients == [STORED] and STORED in str(mail.message["To"])
    for kind in ("plain", "html"):
        assert SHOWN in mail.part(kind) and "xn--" not in mail.part(kind)
    browser = cast.visitor()
    page = open_link(browser, mail.link)
    assert SHOWN in page.text and "xn--" not in page.text
    browser.fill_in(page, new_password=NEW_PASSWORD)
    return browser


def test_the_owner_reads_the_address_as_it_is_written(cast: Cast, post: PostOffice, haeun: Visitor) -> None:
    at = ("", "more/", "profile/")
    for path in (*map(cast.at, at), "/workspaces/", "/account/", "/account/password/"):
        page = haeun.open(path)
        assert page.status == 200 and SHOWN in page.text and "xn--" not in page.text, path
    page = cast.visitor().open(f"/sign-in/?id={STORED}")
    assert f'value="{SHOWN}"' in page.body, "filled in as one would type it, which signs in too"
    assert cast.visitor().sign_in(SHOWN, NEW_PASSWORD).path == cast.at()
    joined = post.last_to(STORED)
    assert SHOWN in joined.text and SHOWN in joined.part("html") and "xn--" not in joined.text


def test_admins_and_colleagues_read_it_in_lists_panels_and_cards(cast: Cast, post: PostOffice, haeun: Visitor) -> None:
    member, admin = Member.objects.get(id_key=STORED), cast.sora.browser()
    paths = (
        "",
        "people/",
        f"people/{member.uid}/",
        "admin/members/",
        f"admin/members/{member.uid}/",
        f"admin/members/?q={quote(SHOWN)}",
        f"admin/members/?q={quote('@한빛')}",
        f"admin/members/?q={quote(f' {SHOWN} ')}",
        f"admin/members/?q={quote(SHOWN.replace('@', '＠'))}",
        f"admin/members/act/suspend/?member={member.uid}",
        f"admin/administrators/?q={quote('하은')}",
    )
    for path in paths:
        page = admin.open(cast.at(path))
        assert page.status == 200 and SHOWN in page.text and "xn--" not in page.text, path
    card = admin.open(cast.at(f"people/{member.uid}/"))
    assert f"mailto:{STORED}" in card.body, "a mail program is told what goes over the wire"
    ask_admin(door.VISITOR, address=STORED, member_uid=member.uid, message="")
    page = admin.open(cast.at("admin/help/"))
    assert SHOWN in page.text and "xn--" not in page.text


def test_a_private_address_is_edited_as_it_is_read(cast: Cast, post: PostOffice) -> None:
    register(cast, cast.minjun, id=SHOWN, method="member", private_address=PRIVATE, send_to="private")
    member, admin = Member.objects.get(id_key=STORED), cast.minjun.browser()
    assert PRIVATE in admin.open(cast.at(f"admin/members/{member.uid}/")).text
    form = admin.open(cast.at(f"admin/members/{member.uid}/edit/"))
    assert f'value="{PRIVATE}"' in form.body
    AuditEvent.objects.filter(event="member.edited").delete()
    admin.fill_in(form, given_name="하늘")
    assert AuditEvent.objects.get(event="member.edited").fields == ["given_name"], "what was left as it is, is the same"
    assert Address.objects.get(account=member.account, kind=Address.PRIVATE).canonical == PRIVATE_STORED
    late = admin.open(cast.at(f"admin/members/{member.uid}/edit/"))
    admin.fill_in(late, private_address="haeun@한.한국")
    told = admin.fill_in(late, private_address="haeun@two.example")
    assert "haeun@한.한국" in told.error_beside("private_address") and "xn--" not in told.text
    form = admin.open(cast.at(f"admin/members/{member.uid}/correct-id/"))
    assert f'value="{SHOWN}"' in form.body
    admin.submit(form, form.form_with("id"))
    assert Address.objects.get(account=member.account, kind=Address.ID).canonical == STORED, "left as it is, the same"
