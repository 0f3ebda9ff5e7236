"""Every address of Dure; the workspace stands in the address, never only in the session."""

from typing import Any

from django.urls import include, path, register_converter

from dure.core.models import UID
from dure.web.pages import (
    account,
    acting,
    administrators,
    answering,
    asking,
    audit,
    demo,
    editing,
    environment,
    factors,
    finding,
    first_password,
    first_run,
    handing,
    health,
    helping,
    invite_link,
    invite_links,
    inviting,
    inviting_many,
    join_requests,
    joining,
    leaving,
    letters,
    links,
    looks,
    members,
    own_addresses,
    passkeys,
    people,
    portal,
    profile,
    registering,
    rescue,
    sign_in,
    signing_up,
)
from dure.web.pwa import pages as pwa


class Uid:
    """A name made by ``dure.core.models.new_uid``; anything else is no address of Dure."""

    regex = UID.pattern

    def to_python(self, value: str) -> str:
        """Return it as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """Return it as it stands."""
        return value


class Colour(Uid):
    """Six hexadecimal digits."""

    regex = "[0-9a-f]{6}"


register_converter(Uid, "uid")
register_converter(Colour, "colour")

admin: list[Any] = [
    path("", portal.admin, name="admin"),
    path("members/", members.members, name="members"),
    path("members/keep/", members.keep, name="keep_filter"),
    path("members/register/", registering.register, name="register"),
    path("members/act/again/", handing.again, name="again"),
    path("members/handing-over/", handing.handing_over, name="handing_over"),
    path("members/handing-over/mail/", handing.mail_codes, name="mail_codes"),
    path("members/act/<str:step>/", acting.act, name="act"),
    path("members/jobs/<uid:job_uid>/", acting.job, name="job"),
    path("members/<uid:member_uid>/", members.member, name="member"),
    path("members/<uid:member_uid>/reset-factor/", factors.reset, name="reset_factor"),
    path("members/<uid:member_uid>/edit/", editing.edit, name="edit_member"),
    path("members/<uid:member_uid>/correct-id/", editing.correct, name="correct_id"),
    path("administrators/", administrators.administrators, name="administrators"),
    path("administrators/rescue-codes/", administrators.rescue_codes, name="rescue_codes"),
    path("administrators/<uid:member_uid>/", administrators.rights, name="rights"),
    path("administrators/<uid:member_uid>/lead/", administrators.lead, name="lead"),
    path("links/", invite_links.invite_links, name="invite_links"),
    path("links/new/", invite_links.new, name="new_invite_link"),
    path("links/<uid:link_uid>/", invite_link.invite_link, name="invite_link"),
    path("links/<uid:link_uid>/edit/", invite_links.edit, name="edit_invite_link"),
    path("links/<uid:link_uid>/qr.png", invite_link.qr, {"kind": "png"}, name="invite_link_png"),
    path("links/<uid:link_uid>/qr.svg", invite_link.qr, {"kind": "svg"}, name="invite_link_svg"),
    path("links/<uid:link_uid>/poster/", invite_link.poster, name="invite_link_poster"),
    path("links/<uid:link_uid>/act/<str:step>/", invite_link.act, name="invite_link_step"),
    path("invitations/", inviting.invitations, name="invitations"),
    path("invitations/new/", inviting_many.new, name="invite"),
    path("invitations/act/<str:step>/", inviting_many.act, name="act_on_invitations"),
    path("invitations/<uid:invitation_uid>/", inviting.invitation, name="admin_invitation"),
    path("join-requests/", join_requests.join_requests, name="join_requests"),
    path("join-requests/<uid:request_uid>/", join_requests.join_request, name="join_request_of"),
    path("leave-requests/", leaving.leave_requests, name="leave_requests"),
    path("leave-requests/<uid:request_uid>/decline/", leaving.decline, name="decline_leave"),
    path("help/", helping.help_requests, name="help_requests"),
    path("help/<uid:request_uid>/answer/", helping.answer, name="help_answer"),
    path("mail/", letters.mail, name="mail"),
    path("workspace/", environment.basics, name="workspace_basics"),
    path("workspace/colour/", environment.colour, name="workspace_colour"),
    path("workspace/security/", environment.security, name="workspace_security"),
    path("audit/", audit.audit, name="audit"),
    path("audit/export/", audit.export, name="audit_export"),
]
workspace: list[Any] = [
    path("", portal.home, name="home"),
    path("more/", portal.more, name="more"),
    path("leave/", leaving.leave, name="leave"),
    path("people/", people.list_people, name="people"),
    path("people/<uid:member_uid>/", people.card, name="card"),
    path("profile/", profile.show, name="profile"),
    path("profile/edit/", profile.edit, name="edit_profile"),
    path("manifest.webmanifest", pwa.workspace_manifest, name="workspace_manifest"),
    path("prove-again/", portal.prove_again, name="prove_again"),
    path("hand-over/<uid:offer_uid>/", administrators.hand_over, name="hand_over"),
    path("photo/<uid:name>/", editing.photo, name="photo"),
    path("admin/", include(admin)),
]
urlpatterns = [
    path("", sign_in.start, name="start"),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("metrics", health.measured, name="metrics"),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("service-worker.js", pwa.service_worker, name="service_worker"),
    path("offline/", pwa.offline, name="offline"),
    path("icons/<str:name>", pwa.icon, name="icon"),
    path("first-run/", first_run.first_run, name="first_run"),
    path("sign-in/", sign_in.page, name="sign_in"),
    path("sign-in/second/", sign_in.second_factor, name="second_factor"),
    path("sign-in/passkey/", passkeys.sign_in_question, name="sign_in_question"),
    path("sign-in/second/passkey/", passkeys.second_question, name="second_question"),
    path("first-password/", first_password.page, name="first_password"),
    path("how-to-start/", handing.how_to_start, name="how_to_start"),
    path("sign-out/", sign_in.leave, name="sign_out"),
    path("reset/", sign_in.reset, name="reset"),
    path("reset/asked/", sign_in.reset_asked, name="reset_asked"),
    path("find/", finding.find, name="find"),
    path("find/asked/", finding.asked, name="find_asked"),
    path("find/<uid:handle>/", finding.code, name="find_code"),
    path("find/<uid:handle>/list/", finding.listed, name="find_list"),
    path("find/<uid:handle>/ask/", finding.ask, name="find_ask"),
    path("l/<str:secret>", links.arrive, name="arrive"),
    path("link/<uid:handle>/", links.opened, name="link"),
    path("link/<uid:handle>/password/", links.password, name="link_password"),
    path("link/<uid:handle>/use/", links.use, name="link_use"),
    path("link/<uid:handle>/invitation/", answering.by_link, name="link_invitation"),
    path("link/<uid:handle>/again/", links.again, name="link_again"),
    path("j/<str:secret>", joining.arrive, name="arrive_to_join"),
    path("join/", joining.by_code, name="join_code"),
    path("join/<uid:handle>/", joining.join, name="join"),
    path("join/<uid:handle>/sign-up/", signing_up.sign_up, name="join_sign_up"),
    path("join/<uid:handle>/ask/", joining.ask, name="join_ask"),
    path("account/password/", account.password, name="change_password"),
    path("account/", factors.my_account, name="my_account"),
    path("account/id/", own_addresses.change_id, name="change_id"),
    path("account/id/pending/", own_addresses.pending_id, name="pending_id"),
    path("account/private/", own_addresses.private, name="private_address"),
    path("account/devices/sign-out/", factors.sign_out_device, name="sign_out_device"),
    path("account/factor/", factors.set_up, name="set_up_factor"),
    path("account/factor/change/", factors.change_factor, name="change_factor"),
    path("account/passkeys/add/", passkeys.add, name="add_passkey"),
    path("account/passkeys/question/", passkeys.add_question, name="add_question"),
    path("account/passkeys/<uid:passkey_uid>/", passkeys.change, name="change_passkey"),
    path("account/confirm/", account.confirm, name="confirm"),
    path("account/confirm/passkey/", passkeys.confirm_question, name="confirm_question"),
    path("rescue/", rescue.rescue, name="rescue"),
    path("workspaces/", account.my_workspaces, name="my_workspaces"),
    path("workspaces/others/", account.other_workspaces, name="other_workspaces"),
    path("workspaces/invitations/<uid:invitation_uid>/", answering.waiting, name="invitation"),
    path("workspaces/requests/<uid:request_uid>/", asking.join_request, name="join_request"),
    path("language/", account.language, name="language"),
    path("look/<colour:accent>.css", looks.look, name="look"),
    path("logo/<uid:name>/", looks.logo, name="logo"),
    path("w/<uid:workspace>/", include(workspace)),
    path("demo/mailbox/", demo.demo_mailbox, name="demo_mailbox"),
    path("demo/mailbox/<uid:name>/", demo.demo_letter, name="demo_letter"),
    path("demo/mailbox/<uid:name>/html/", demo.demo_letter_html, name="demo_letter_html"),
]

handler400 = "dure.web.errors.bad_request"
handler403 = "dure.web.errors.forbidden"
handler404 = "dure.web.errors.not_found"
handler500 = "dure.web.errors.server_error"
