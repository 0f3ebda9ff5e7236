"""Role × permission × route: what PRODUCT.md §6 says, written by hand.

A route that is not listed fails, and each refusal proves that no row changed.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps

from dure.core import clock
from dure.joining.actions.linking import make_link
from dure.joining.models import InviteLink
from tests.architecture.test_house import routes
from tests.cast import Cast
from tests.post import PostOffice
from tests.visitor import Visitor

ROLES = ("visitor", "yuki", "eve", "minjun", "sora", "alex", "suspended")

# What each role gets for a GET: `open`, `sign_in` (sent there), `mine` (sent to My workspaces), 403 or 404.
#                        visitor    member    enter     manage    super     stranger  suspended
MEMBER = dict(zip(ROLES, ("sign_in", "open", "open", "open", "open", 404, "mine"), strict=True))
ENTER = dict(zip(ROLES, ("sign_in", 403, "open", "open", "open", 404, "mine"), strict=True))
MANAGE = dict(zip(ROLES, ("sign_in", 403, 403, "open", "open", 404, "mine"), strict=True))
ADMINS = dict(zip(ROLES, ("sign_in", 403, 403, 403, "open", 404, "mine"), strict=True))
AUDIT = dict(zip(ROLES, ("sign_in", 403, 403, 403, "open", 404, "mine"), strict=True))
EDIT = dict(zip(ROLES, ("sign_in", 403, 403, 403, "open", 404, "mine"), strict=True))
SECURITY = dict(zip(ROLES, ("sign_in", 403, 403, 403, "open", 404, "mine"), strict=True))
ACCOUNT = dict(zip(ROLES, ("sign_in", "open", "open", "open", "open", "open", "open"), strict=True))
TEMPORARY = dict(zip(ROLES, ("sign_in", *["start"] * 6), strict=True))
PUBLIC = dict.fromkeys(ROLES, "open")

EXPECTED = {
    "": PUBLIC,
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "metrics": PUBLIC,
    "first-run/": PUBLIC,
    "sign-in/": PUBLIC,
    "reset/": PUBLIC,
    "reset/asked/": PUBLIC,
    "language/": PUBLIC,
    "look/<colour:accent>.css": PUBLIC,
    "logo/<uid:name>/": PUBLIC,
    "find/": PUBLIC,
    "find/asked/": PUBLIC,
    "find/<uid:handle>/": PUBLIC,
    "find/<uid:handle>/list/": PUBLIC,
    "find/<uid:handle>/ask/": PUBLIC,
    "l/<str:secret>": PUBLIC,
    "link/<uid:handle>/": PUBLIC,
    "link/<uid:handle>/password/": PUBLIC,
    "link/<uid:handle>/use/": PUBLIC,
    "link/<uid:handle>/again/": PUBLIC,
    "link/<uid:handle>/invitation/": PUBLIC,
    "j/<str:secret>": PUBLIC,
    "join/": PUBLIC,
    "join/<uid:handle>/": PUBLIC,
    "join/<uid:handle>/sign-up/": PUBLIC,
    "join/<uid:handle>/ask/": PUBLIC,
    "demo/mailbox/": PUBLIC,
    "demo/mailbox/<uid:name>/": PUBLIC,
    "demo/mailbox/<uid:name>/html/": PUBLIC,
    "sign-out/": PUBLIC,
    "first-password/": TEMPORARY,
    "how-to-start/": PUBLIC,
    "account/password/": ACCOUNT,
    "workspaces/": ACCOUNT,
    "workspaces/invitations/<uid:invitation_uid>/": ACCOUNT,
    "workspaces/requests/<uid:request_uid>/": ACCOUNT,
    "account/confirm/": ACCOUNT,
    "account/confirm/passkey/": ACCOUNT,
    "account/": ACCOUNT,
    "account/devices/sign-out/": ACCOUNT,
    "account/id/": ACCOUNT,
    "account/id/pending/": ACCOUNT,
    "account/private/": ACCOUNT,
    "account/factor/": ACCOUNT,
    "account/factor/change/": ACCOUNT,
    "account/passkeys/add/": ACCOUNT,
    "account/passkeys/question/": ACCOUNT,
    "account/passkeys/<uid:passkey_uid>/": ACCOUNT,
    "sign-in/passkey/": PUBLIC,
    "sign-in/second/": TEMPORARY,
    "sign-in/second/passkey/": TEMPORARY,
    "rescue/": PUBLIC,
    "manifest.webmanifest": PUBLIC,
    "service-worker.js": PUBLIC,
    "offline/": PUBLIC,
    "icons/<str:name>": PUBLIC,
    "workspaces/others/": ACCOUNT,
    "w/<uid:workspace>/people/": MEMBER,
    "w/<uid:workspace>/people/<uid:member_uid>/": MEMBER,
    "w/<uid:workspace>/profile/": MEMBER,
    "w/<uid:workspace>/profile/edit/": MEMBER,
    "w/<uid:workspace>/manifest.webmanifest": MEMBER,
    "w/<uid:workspace>/": MEMBER,
    "w/<uid:workspace>/more/": MEMBER,
    "w/<uid:workspace>/prove-again/": MEMBER,
    "w/<uid:workspace>/admin/": ENTER,
    "w/<uid:workspace>/admin/members/": MANAGE,
    "w/<uid:workspace>/admin/members/keep/": MANAGE,
    "w/<uid:workspace>/admin/members/register/": MANAGE,
    "w/<uid:workspace>/admin/members/<uid:member_uid>/": MANAGE,
    "w/<uid:workspace>/admin/members/act/again/": MANAGE,
    "w/<uid:workspace>/admin/members/act/<str:step>/": MANAGE,
    "w/<uid:workspace>/admin/members/jobs/<uid:job_uid>/": MANAGE,
    "w/<uid:workspace>/admin/leave-requests/": MANAGE,
    "w/<uid:workspace>/admin/leave-requests/<uid:request_uid>/decline/": MANAGE,
    "w/<uid:workspace>/leave/": MEMBER,
    "w/<uid:workspace>/admin/members/handing-over/": MANAGE,
    "w/<uid:workspace>/admin/members/handing-over/mail/": MANAGE,
    "w/<uid:workspace>/photo/<uid:name>/": MEMBER,
    "w/<uid:workspace>/admin/members/<uid:member_uid>/edit/": MANAGE,
    "w/<uid:workspace>/admin/members/<uid:member_uid>/reset-factor/": MANAGE,
    "w/<uid:workspace>/admin/members/<uid:member_uid>/correct-id/": MANAGE,
    "w/<uid:workspace>/hand-over/<uid:offer_uid>/": MEMBER,
    "w/<uid:workspace>/admin/administrators/": ADMINS,
    "w/<uid:workspace>/admin/administrators/rescue-codes/": ADMINS,
    "w/<uid:workspace>/admin/administrators/<uid:member_uid>/": ADMINS,
    "w/<uid:workspace>/admin/administrators/<uid:member_uid>/lead/": ADMINS,
    "w/<uid:workspace>/admin/links/": ENTER,
    "w/<uid:workspace>/admin/links/new/": ENTER,
    "w/<uid:workspace>/admin/links/<uid:link_uid>/": ENTER,
    "w/<uid:workspace>/admin/links/<uid:link_uid>/edit/": ENTER,
    "w/<uid:workspace>/admin/links/<uid:link_uid>/qr.png": ENTER,
    "w/<uid:workspace>/admin/links/<uid:link_uid>/qr.svg": ENTER,
    "w/<uid:workspace>/admin/links/<uid:link_uid>/poster/": ENTER,
    "w/<uid:workspace>/admin/links/<uid:link_uid>/act/<str:step>/": ENTER,
    "w/<uid:workspace>/admin/invitations/": MANAGE,
    "w/<uid:workspace>/admin/invitations/new/": MANAGE,
    "w/<uid:workspace>/admin/invitations/act/<str:step>/": MANAGE,
    "w/<uid:workspace>/admin/invitations/<uid:invitation_uid>/": MANAGE,
    "w/<uid:workspace>/admin/join-requests/": MANAGE,
    "w/<uid:workspace>/admin/join-requests/<uid:request_uid>/": MANAGE,
    "w/<uid:workspace>/admin/help/": MANAGE,
    "w/<uid:workspace>/admin/help/<uid:request_uid>/answer/": MANAGE,
    "w/<uid:workspace>/admin/mail/": MANAGE,
    "w/<uid:workspace>/admin/workspace/": EDIT,
    "w/<uid:workspace>/admin/workspace/colour/": EDIT,
    "w/<uid:workspace>/admin/workspace/security/": SECURITY,
    "w/<uid:workspace>/admin/audit/": AUDIT,
    "w/<uid:workspace>/admin/audit/export/": AUDIT,
}
POST_ONLY = {
    "w/<uid:workspace>/admin/audit/export/",
    "w/<uid:workspace>/admin/members/keep/",
    "account/id/pending/",
    "account/devices/sign-out/",
    "w/<uid:workspace>/admin/members/<uid:member_uid>/reset-factor/",
    "w/<uid:workspace>/admin/administrators/<uid:member_uid>/lead/",
    "find/<uid:handle>/ask/",
    "w/<uid:workspace>/admin/help/<uid:request_uid>/answer/",
    "w/<uid:workspace>/admin/leave-requests/<uid:request_uid>/decline/",
    "sign-out/",
    "language/",
    "link/<uid:handle>/use/",
    "link/<uid:handle>/again/",
    "w/<uid:workspace>/prove-again/",
    "w/<uid:workspace>/admin/members/handing-over/mail/",
}
NOT_HERE = {
    "logo/<uid:name>/": 404,  # no such logo
    "metrics": 404,  # no network may read them
    "icons/<str:name>": 404,  # no such icon
    "workspaces/invitations/<uid:invitation_uid>/": 404,  # none waits
    "w/<uid:workspace>/admin/invitations/<uid:invitation_uid>/": 404,  # no such invitation
    "w/<uid:workspace>/admin/invitations/act/<str:step>/": 404,  # no such step
    "workspaces/requests/<uid:request_uid>/": 404,  # nobody asked
    "w/<uid:workspace>/admin/join-requests/<uid:request_uid>/": 404,  # no such request
    "account/passkeys/<uid:passkey_uid>/": 404,  # no such passkey
    "w/<uid:workspace>/admin/members/jobs/<uid:job_uid>/": 404,  # no such job
    "w/<uid:workspace>/hand-over/<uid:offer_uid>/": 404,  # no such offer
    "w/<uid:workspace>/photo/<uid:name>/": 404,  # no such photo
    "find/<uid:handle>/list/": 302,  # without a code
    "first-run/": 404,  # a workspace exists
    "demo/mailbox/": 404,  # not a demo
    "demo/mailbox/<uid:name>/": 404,
    "demo/mailbox/<uid:name>/html/": 404,
    "w/<uid:workspace>/admin/members/handing-over/": 302,  # there is nothing to show
    "link/<uid:handle>/password/": 200,  # without its cookie it explains
    "j/<str:secret>": 302,  # whether it is right is told by the next page
}


def rows() -> dict[str, int]:
    """Count every table but the sessions and devices that signing in makes."""
    models = apps.get_app_config("dure").get_models()
    return {model.__name__: model._default_manager.count() for model in models if model.__name__ != "Session"}


def browsers(cast: Cast) -> dict[str, Visitor]:
    """Return a signed-in browser for each role."""
    from dure.members.actions.suspending import suspend
    from tests.cast import join

    late = join(cast.hanbit, "late@hanbitsoft.co.kr", "Late", "Luis")
    late.server = cast.server
    opened = {name: getattr(cast, name).browser() for name in ("yuki", "eve", "minjun", "sora", "alex")}
    opened["suspended"] = late.browser()
    make_link(cast.sora.actor, name="Winter", language="ko", expires_at=clock.now() + timedelta(days=7))
    suspend(cast.sora.actor, member_uid=late.member.uid)
    return opened | {"visitor": cast.visitor()}


def address(route: str, cast: Cast) -> str:
    """Fill in a route."""
    known = {
        "workspace": cast.hanbit.uid,
        "member_uid": cast.yuki.member.uid,
        "accent": "2f6f4f",
        "secret": f"{'a' * 22}.{'b' * 43}",
        "step": "pause" if "admin/links/" in route else "remove",
        "link_uid": InviteLink.objects.values_list("uid", flat=True).first() or "n" * 22,
    }
    return "/" + re.sub(r"<\w+:(\w+)>", lambda found: known.get(found[1], "n" * 22), route)


def test_every_route_is_listed_and_every_listed_route_exists() -> None:
    assert {route for route, _pattern in routes()} == set(EXPECTED)


@pytest.mark.parametrize("role", ROLES)
def test_opening_pages(cast: Cast, post: PostOffice, role: str) -> None:
    browser = browsers(cast)[role]
    before = rows()
    wrong = []
    for route, expected in EXPECTED.items():
        page = browser.open(address(route, cast), follow=False)
        got = _verdict(page)
        allowed = _allowed(route, expected[role])
        if got not in allowed:
            wrong.append((route, got, allowed))
    assert wrong == []
    assert rows() == before


def _verdict(page: Any) -> Any:
    where = page.headers.get("location", "")
    if page.status == 302 and where.startswith("/sign-in/"):
        return "sign_in"
    if page.status == 302 and where == "/workspaces/":
        return "mine"
    if page.status == 302 and where == "/":
        return "start"
    return page.status


def _allowed(route: str, expected: Any) -> set[Any]:
    if expected == "open":
        if route in POST_ONLY:
            return {405}
        if route == "":
            return {302, "sign_in", "mine"}
        if route == "sign-in/":
            return {200, "start"}
        return {NOT_HERE.get(route, 200), 302 if route == "l/<str:secret>" else 200}
    return {expected}


def forms_that_write(cast: Cast) -> dict[str, dict[str, str]]:
    """Return the writing routes of the workspace, with a valid form each."""
    return {
        "w/<uid:workspace>/admin/members/register/": {
            "family_name": "New", "given_name": "Noor", "id": "noor@hanbitsoft.co.kr", "private_address": "",
            "send_to": "id", "language": "en", "method": "member", "submission": "11111111-1111-4111-8111-111111111111",
        },
        "w/<uid:workspace>/admin/members/act/again/": {"member": cast.yuki.member.uid, "method": "generate"},
        "w/<uid:workspace>/admin/members/handing-over/mail/": {"sealed": "x", "to": "id"},
        "w/<uid:workspace>/admin/help/<uid:request_uid>/answer/": {"answer": "x"},
        "w/<uid:workspace>/admin/members/<uid:member_uid>/edit/": {"family_name": "X", "given_name": "Y", "was": "x"},
        "w/<uid:workspace>/admin/members/<uid:member_uid>/correct-id/": {"id": "other@hanbitsoft.co.kr"},
        "w/<uid:workspace>/admin/administrators/<uid:member_uid>/": {"permission": "admin.enter"},
        "w/<uid:workspace>/admin/administrators/<uid:member_uid>/lead/": {"step": "appoint"},
        "w/<uid:workspace>/admin/administrators/rescue-codes/": {},
        "w/<uid:workspace>/hand-over/<uid:offer_uid>/": {"step": "accept"},
        "w/<uid:workspace>/admin/members/<uid:member_uid>/reset-factor/": {},
        "w/<uid:workspace>/prove-again/": {},
        "w/<uid:workspace>/profile/edit/": {"nickname": "X", "was": "x"},
        "w/<uid:workspace>/admin/members/keep/": {"name": "mine", "state": "active"},
        "w/<uid:workspace>/admin/members/act/<str:step>/": {"member": cast.alex.member.uid, "count": "1", "seen": "x"},
        "w/<uid:workspace>/admin/members/jobs/<uid:job_uid>/": {},
        "w/<uid:workspace>/admin/leave-requests/<uid:request_uid>/decline/": {"answer": "x"},
        "w/<uid:workspace>/leave/": {"step": "ask", "message": "x"},
        "w/<uid:workspace>/admin/invitations/<uid:invitation_uid>/": {"step": "withdraw"},
        "w/<uid:workspace>/admin/links/new/": {
            "name": "New", "language": "en", "most_uses": "", "domains": "", "is_super_admin": "on", "role": "admin",
            "expires_on": str((clock.now() + timedelta(days=3)).date()), "permission": "members.manage",
        },
        "w/<uid:workspace>/admin/links/<uid:link_uid>/edit/": {"name": "X", "was": "x"},
        "w/<uid:workspace>/admin/links/<uid:link_uid>/act/<str:step>/": {"generation": "1"},
        "w/<uid:workspace>/admin/invitations/act/<str:step>/": {"invitation": "n" * 22},
        "w/<uid:workspace>/admin/invitations/new/": {"text": "noor@example.com", "language": "en", "submission": "x"},
        "w/<uid:workspace>/admin/join-requests/": {"step": "approve", "request": "n" * 22},
        "w/<uid:workspace>/admin/join-requests/<uid:request_uid>/": {"step": "refuse", "reason": "x"},
        "workspaces/requests/<uid:request_uid>/": {},
        "w/<uid:workspace>/admin/audit/export/": {"as": "csv"},
        "w/<uid:workspace>/admin/workspace/": {"name": "X", "language": "ko", "time_zone": "UTC", "was": "x"},
        "w/<uid:workspace>/admin/workspace/colour/": {"accent": "#2f6f4f", "was": "x"},
        "w/<uid:workspace>/admin/workspace/security/": {"password_minimum": "8", "was": "x", "step": "save"},
    }  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_sending_forms_that_write(cast: Cast, post: PostOffice, role: str) -> None:
    """Whom a route refuses changes no row."""
    forms = forms_that_write(cast)
    browser = browsers(cast)[role]
    source = browser.open("/reset/")
    for route, typed in forms.items():
        form = source.form_with("csrfmiddlewaretoken")
        form.action, form.method = address(route, cast), "post"
        form.fields = [pair for pair in form.fields if pair[0] == "csrfmiddlewaretoken"] + list(typed.items())
        before = rows()
        browser.submit(source, form)
        may_write = EXPECTED[route][role] == "open"
        if not may_write:
            assert rows() == before, route
        elif route.endswith("register/"):
            assert rows()["Member"] == before["Member"] + 1
        elif route.endswith("links/new/"):
            assert rows()["InviteLink"] == before["InviteLink"] + 1


def test_a_form_without_its_token_changes_nothing(cast: Cast) -> None:
    browser = cast.minjun.browser()
    page = browser.open(cast.at("admin/members/register/"))
    form = page.form_with("family_name")
    form.fields = [pair for pair in form.fields if pair[0] != "csrfmiddlewaretoken"]
    before = rows()
    refused = browser.submit(page, form, family_name="A", given_name="B", id="a@b.example")
    assert refused.status == 403 and rows() == before
