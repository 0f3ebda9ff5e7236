"""Somebody who has an account on this server already is never given a password: a mail asks them to accept the place.

PRODUCT.md §4.1, §4.2, §4.3, §4.7 c, §5 (invitation: 7 days, one address).
"""

from datetime import timedelta
from pathlib import Path

import pytest

from dure.accounts.models import Account, ActivationCode, Address
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.models import OneTimeSecret
from dure.joining.actions.expiring import close_run_out, forget_photos
from dure.joining.models import Invitation, InvitationToken
from dure.mail.models import Letter
from dure.members.actions.suspending import suspend
from dure.members.models import Member, Profile
from tests.cast import PASSWORD, Cast, join
from tests.index import renew
from tests.post import Mail, PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, handed_a_password, register, secret_on
from tests.stories.test_activation_date import day
from tests.stories.test_k12_i_dont_know_my_id import asked, code_for
from tests.stories.test_n11_change_details import picture
from tests.visitor import Page, Visitor

ALEX = {"family_name": "Meyer", "given_name": "Alexandra", "language": "en", "id": "alex@fernweh.example"}
SENTENCE = "Alexandra Meyer has an account on this server already."


def invite(cast: Cast, **typed: str) -> Page:
    """Register Alex, who has an account already, in 한빛소프트."""
    return register(cast, cast.minjun, **{**ALEX, **typed})


def invited(cast: Cast, post: PostOffice, **typed: str) -> Mail:
    """Invite Alex and return the mail."""
    invite(cast, **typed)
    return post.last_to(typed.get("id", ALEX["id"]))


def six_minutes_later() -> None:
    """Let the five minutes pass in which an address is left in peace."""
    ago = clock.now() - timedelta(minutes=6)
    Invitation.objects.filter(ended_at__isnull=False).update(ended_at=ago)
    InvitationToken.objects.update(issued_at=ago)


def place(cast: Cast) -> Member | None:
    """Return Alex's place in 한빛소프트."""
    return Member.objects.filter(workspace=cast.hanbit, account_id=cast.alex.member.account_id).first()


def the_one() -> Invitation:
    """Return the only invitation."""
    return Invitation.objects.get()


def waiting_page(browser: Visitor) -> Page:
    """Open the only invitation from My workspaces."""
    return browser.follow(browser.open("/workspaces/"), "한빛소프트")


@pytest.mark.parametrize("method", ["member", "generate", "admin"])
def test_whatever_the_method_no_password_is_given_and_a_mail_asks(cast: Cast, post: PostOffice, method: str) -> None:
    before = Account.objects.get(pk=cast.alex.member.account_id)
    page = invite(cast, method=method, password="a temporary phrase here" if method == "admin" else "")
    assert page.path == cast.at("admin/invitations/") and f"{SENTENCE} A mail asks them to accept" in page.text
    assert "Fernweh" not in page.text
    assert place(cast) is None and "Alexandra" not in cast.minjun.browser().open(cast.at("admin/members/")).text
    assert not ActivationCode.objects.exists() and not OneTimeSecret.objects.exists()
    account = Account.objects.get(pk=before.pk)
    assert (account.password, account.epoch, account.language) == (before.password, before.epoch, before.language)
    mail = post.last_to(ALEX["id"])
    assert mail.subject == "Minjun Kim invites you to 한빛소프트"
    assert "temporary" not in mail.text and "Fernweh" not in mail.text


def test_alex_accepts_on_my_workspaces_and_is_in_with_the_mail_of_k9(cast: Cast, post: PostOffice) -> None:
    invite(cast, nickname="Lexi", employee_number="H-77")
    browser = cast.alex.browser()
    assert "waits for your answer" in browser.open(f"/w/{cast.fernweh.uid}/").text
    listed = browser.open("/workspaces/")
    assert "Waiting for your answer" in listed.text
    page = browser.follow(listed, "한빛소프트")
    for words in ("Minjun Kim invites you to 한빛소프트", "Alexandra Meyer", "Lexi", "see your ID", ALEX["id"]):
        assert words in page.text, words
    page = browser.press(page, "Accept")
    assert page.path == cast.at("?welcome") and "You are in: 한빛소프트" in page.text
    member = place(cast)
    assert member and (member.state, member.given_name, member.is_super_admin) == ("active", "Alexandra", False)
    assert Profile.objects.get(member=member).employee_number == "H-77"
    assert post.last_to(ALEX["id"]).subject == "You have joined 한빛소프트 as a workspace member"
    assert (the_one().details, the_one().member) == ({}, member)
    assert "Waiting for your answer" not in browser.open("/workspaces/").text
    assert browser.open(f"/workspaces/invitations/{the_one().uid}/").path == cast.at(), "gone back to, it leads in"
    found = cast.minjun.browser().open(cast.at("admin/members/?q=lexi")).text
    assert "Alexandra Meyer" in found and "active" in found
    assert browser.open(f"/w/{cast.fernweh.uid}/").status == 200, "the other workspace stays as it was"


def test_the_trail_tells_it_without_a_personal_value(cast: Cast, post: PostOffice) -> None:
    invite(cast, nickname="Lexi")
    browser = cast.alex.browser()
    browser.press(waiting_page(browser), "Accept")
    events = {event.event: event for event in AuditEvent.objects.filter(workspace_id=cast.hanbit.pk)}
    assert {"invitation.made", "invitation.accepted", "member.joined"} <= set(events)
    assert events["invitation.accepted"].actor_id == cast.alex.member.account_id
    assert "nickname" in events["invitation.made"].fields
    told = str([list(vars(event).values()) for event in events.values()])
    assert "Lexi" not in told and "alex" not in told and "member.registered" not in events


@pytest.mark.parametrize(
    ("language", "subject", "button", "zone"),
    [
        ("ko", "Minjun Kim 님이 한빛소프트에 초대합니다", "초대 보기", "대한민국 시간"),
        ("ja", "Minjun Kimさんから한빛소프트への招待", "招待を見る", "韓国時間"),
    ],
)
def test_the_letter_is_in_the_language_of_its_recipient_and_tells_the_workspaces_time(
    cast: Cast, post: PostOffice, language: str, subject: str, button: str, zone: str
) -> None:
    Account.objects.filter(pk=cast.alex.member.account_id).update(language=language)
    mail = invited(cast, post, language="en")
    assert mail.subject == subject
    assert button in mail.part("html") and zone in mail.text
    moment = the_one().expires_at + timedelta(hours=9)
    seen = cast.visitor(language="ja").open(mail.link)
    weekday = "月火水木金土日"[moment.weekday()]
    day = f"{moment:%Y}年{moment.month}月{moment.day}日({weekday}) {moment:%H:%M}(韓国時間)"
    assert day in seen.text


def test_the_mailed_link_leads_through_sign_in_back_to_the_page(cast: Cast, post: PostOffice) -> None:
    mail = invited(cast, post)
    browser = cast.visitor()
    page = browser.open(mail.link)
    assert "invites you to 한빛소프트" in page.text and mail.link.rpartition("/")[2] not in page.url
    page = browser.press(page, "Sign in to accept")
    assert page.path.startswith("/sign-in/") and f'value="{ALEX["id"]}"' in page.body
    page = browser.fill_in(page, id=ALEX["id"], password=PASSWORD)
    assert page.path.startswith("/link/")
    assert browser.press(page, "Accept").path == cast.at("?welcome") and place(cast)


def test_a_hundred_looks_at_the_link_change_nothing_and_it_works_once(cast: Cast, post: PostOffice) -> None:
    mail = invited(cast, post)
    browser, before = cast.alex.browser(), (AuditEvent.objects.count(), Letter.objects.count())
    for number in range(100):
        seen = browser.open(mail.link, method="HEAD" if number % 2 else "GET")
        assert seen.status == 200
    assert (AuditEvent.objects.count(), Letter.objects.count()) == before and place(cast) is None
    page = browser.open(mail.link)
    assert browser.open("/workspaces/").status == 200, "opening it signs nobody out"
    assert browser.press(page, "Accept").path == cast.at("?welcome")
    assert browser.press(page, "Accept").path == cast.at(), "a button pressed twice leads to the same place"
    again = browser.open(mail.link)
    assert again.status == 410 and "has been accepted" in again.text
    assert Member.objects.filter(workspace=cast.hanbit, account=cast.alex.account).count() == 1
    assert AuditEvent.objects.filter(event="member.joined").count() == 1


def test_using_the_mailed_link_proves_the_address_it_went_to(cast: Cast, post: PostOffice) -> None:
    Address.objects.filter(canonical=ALEX["id"]).update(proven_at=None)
    mail = invited(cast, post)
    browser = cast.alex.browser()
    listed = browser.open("/workspaces/")
    assert "Waiting for your answer" not in listed.text and "not confirmed by mail yet" in listed.text
    assert browser.open(f"/workspaces/invitations/{the_one().uid}/").status == 404
    browser.press(browser.open(mail.link), "Accept")
    assert place(cast) and Address.objects.get(canonical=ALEX["id"]).proven_at is not None


def test_a_link_to_a_private_address_does_not_help_an_id_that_nobody_proved(cast: Cast, post: PostOffice) -> None:
    Address.objects.filter(account=cast.alex.account).update(proven_at=None)
    mail = invited(cast, post)
    Address.objects.filter(canonical=ALEX["id"]).update(canonical="alex.new@fernweh.example")
    Address.objects.create(account=cast.alex.account, canonical=ALEX["id"], kind=Address.PRIVATE)
    renew(cast.alex.account.pk)
    browser = cast.visitor()
    browser.sign_in("alex.new@fernweh.example", PASSWORD)
    page = browser.press(browser.open(mail.link), "Accept")
    assert "Confirm your own ID first" in page.text and place(cast) is None
    assert not Address.objects.filter(account=cast.alex.account, proven_at__isnull=False).exists()


def test_a_proven_private_address_and_an_alias_count_too(cast: Cast, post: PostOffice) -> None:
    at = clock.now()
    for kind, address in ((Address.ALIAS, "alex.old@fernweh.example"), (Address.PRIVATE, "alex@home.example")):
        until = at + timedelta(days=30) if kind == Address.ALIAS else None
        Address.objects.create(account=cast.alex.account, canonical=address, kind=kind, proven_at=at, until=until)
    assert SENTENCE in invite(cast, id="alex.old@fernweh.example").text
    invite(cast)
    browser = cast.alex.browser()
    assert browser.open("/workspaces/").text.count("한빛소프트") == 2
    browser.press(waiting_page(browser), "Accept")
    assert not Invitation.objects.filter(accepted_at=None).exists(), "one answer for one person"
    post.deliver()
    assert post.to("alex.old@fernweh.example") == [], "the other letter is taken back"
    assert "member of this workspace already" in invite(cast, id="alex.old@fernweh.example").error_beside("id")


def test_signed_in_as_somebody_else_one_is_told_and_nothing_changes(cast: Cast, post: PostOffice) -> None:
    link = invited(cast, post).link
    late = join(cast.fernweh, "late@fernweh.example", "Late", "Luis")
    late.server = cast.server
    browser = late.browser()
    page = browser.open(link)
    assert "signed in with another account" in page.text and "late@fernweh.example" in page.text
    forged = page.form_with("next")
    forged.action, forged.fields = page.path, [*forged.fields, ("step", "accept")]
    refused = browser.submit(page, forged)
    assert "for another account" in refused.text
    assert not Member.objects.filter(workspace=cast.hanbit, account=late.account).exists() and place(cast) is None
    page = browser.press(browser.open(link), "Sign out and go on")
    assert page.path.startswith("/link/")
    page = browser.fill_in(browser.press(page, "Sign in to accept"), id=ALEX["id"], password=PASSWORD)
    assert browser.press(page, "Accept").path == cast.at("?welcome")


def test_an_address_nobody_signs_in_with_may_be_answered_with_the_account_one_has(cast: Cast, post: PostOffice) -> None:
    link = invited(cast, post).link
    Address.objects.filter(canonical=ALEX["id"]).update(canonical="alex.new@fernweh.example")
    renew(cast.alex.account.pk)
    browser = cast.visitor()
    browser.sign_in("alex.new@fernweh.example", PASSWORD)
    assert "Waiting for your answer" not in browser.open("/workspaces/").text
    page = browser.open(link)
    assert browser.press(page, "Accept as alex.new@fernweh.example").path == cast.at("?welcome") and place(cast)


def test_declining_deletes_what_was_written_and_tells_who_invited(cast: Cast, post: PostOffice) -> None:
    invite(cast, nickname="Lexi")
    browser = cast.alex.browser()
    page = browser.press(waiting_page(browser), "Decline")
    assert page.path == "/workspaces/" and "Nothing was changed" in page.text
    assert place(cast) is None and the_one().details == {}
    letter = post.last_to(cast.minjun.address)
    assert "has declined the invitation" in letter.subject and "Alexandra Meyer" in letter.text
    assert "declined" in cast.minjun.browser().open(cast.at("admin/invitations/")).text
    back = browser.open(f"/workspaces/invitations/{the_one().uid}/")
    assert back.status == 410 and "The invitation is declined" in back.text, "gone back to"
    assert cast.yuki.browser().open(f"/workspaces/invitations/{the_one().uid}/").status == 404
    assert "A mail went to this address a moment ago" in invite(cast).text
    six_minutes_later()
    assert SENTENCE in invite(cast).text, "they can be invited again"


def test_the_link_declines_without_a_session_but_never_accepts(cast: Cast, post: PostOffice) -> None:
    mail = invited(cast, post)
    browser = cast.visitor()
    page = browser.open(mail.link)
    form = page.form_with_button("Decline")
    form.fields.append(("step", "accept"))
    assert browser.submit(page, form).path.startswith("/sign-in/") and place(cast) is None
    assert "is declined" in browser.press(browser.open(mail.link), "Decline").text
    assert browser.open(mail.link).status == 410


def test_what_has_run_out_opens_nothing_and_makes_room(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = invited(cast, post, nickname="Lexi")
    browser = cast.alex.browser()
    page = browser.open(mail.link)
    late = clock.now() + timedelta(days=7, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert browser.press(page, "Accept").status == 410 and place(cast) is None
    over = browser.open(mail.link)
    assert over.status == 410 and "Its time has passed" in over.text
    assert "Waiting for your answer" not in browser.open("/workspaces/").text
    assert "expired" in cast.minjun.browser().open(cast.at("admin/invitations/?state=run_out")).text
    assert close_run_out() == 1 and the_one().details == {}
    assert close_run_out() == 0
    assert SENTENCE in invite(cast).text


def test_nobody_waits_for_the_worker_to_invite_again(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(cast)
    late = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert SENTENCE in invite(cast).text and Invitation.objects.count() == 2


def test_withdrawing_kills_every_link(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    first = invited(cast, post)
    later = clock.now() + timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: later)
    browser, admin = cast.alex.browser(), cast.minjun.browser()
    opened = browser.open(first.link)
    page = admin.follow(admin.open(cast.at("admin/invitations/")), "Alexandra Meyer")
    page = admin.press(page, "Send again")
    assert "older link still works" in page.text
    second = post.last_to(ALEX["id"])
    assert second.link != first.link and InvitationToken.objects.count() == 2
    assert "invites you" in browser.open(first.link).text and "invites you" in browser.open(second.link).text
    page = admin.press(admin.follow(page, "Withdraw…"), "Withdraw")
    assert "is withdrawn" in page.text and the_one().details == {}
    for link in (first.link, second.link, f"/workspaces/invitations/{the_one().uid}/"):
        assert browser.open(link).status == 410
    assert "has withdrawn it" in browser.press(opened, "Accept").text and place(cast) is None
    assert "Send again" not in admin.open(page.path).text


def test_a_withdrawn_letter_that_still_waited_never_goes(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    admin = cast.minjun.browser()
    page = admin.follow(admin.open(cast.at("admin/invitations/")), "Alexandra Meyer")
    admin.press(admin.follow(page, "Withdraw…"), "Withdraw")
    post.deliver()
    assert post.to(ALEX["id"]) == [] and Letter.objects.get(kind="invitation").state == Letter.WITHDRAWN


def test_a_second_invitation_to_a_waiting_address_is_refused_beside_the_field(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    page = register(cast, cast.sora, **{**ALEX, "given_name": "Alexis"})
    assert "waiting for its answer already" in page.error_beside("id") and 'value="Alexis"' in page.body
    assert Invitation.objects.count() == 1 and InvitationToken.objects.count() == 1


def test_a_form_sent_twice_invites_once(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    form = browser.open(cast.at("admin/members/register/"))
    first, second = browser.fill_in(form, **ALEX), browser.fill_in(form, **ALEX)
    assert first.path == second.path == cast.at("admin/invitations/") and SENTENCE in second.text
    post.deliver()
    assert Invitation.objects.count() == 1 and len(post.to(ALEX["id"])) == 1


def test_a_form_gone_back_to_and_sent_with_another_person_invites_the_other_one_too(
    cast: Cast, post: PostOffice
) -> None:
    join(cast.fernweh, "late@fernweh.example", "Late", "Luis")
    browser = cast.minjun.browser()
    form = browser.open(cast.at("admin/members/register/"))
    browser.fill_in(form, **ALEX)
    browser.fill_in(form, **{**ALEX, "given_name": "Luis", "id": "late@fernweh.example"})
    assert set(Invitation.objects.values_list("given_name", flat=True)) == {"Alexandra", "Luis"}


def test_what_is_wrong_is_told_before_anybody_is_invited(cast: Cast, post: PostOffice) -> None:
    Profile.objects.create(workspace=cast.hanbit, member=cast.yuki.member, employee_number="H-1")
    renew(cast.yuki.account.pk)
    assert "Somebody else has" in invite(cast, employee_number="H-1").error_beside("employee_number")
    assert not Invitation.objects.exists() and not Letter.objects.exists()


def test_an_employee_number_taken_in_the_meantime_keeps_nobody_out(cast: Cast, post: PostOffice) -> None:
    invite(cast, employee_number="H-1", nickname="Lexi")
    Profile.objects.create(workspace=cast.hanbit, member=cast.yuki.member, employee_number="H-1")
    renew(cast.yuki.account.pk)
    browser = cast.alex.browser()
    browser.press(waiting_page(browser), "Accept")
    row = Profile.objects.get(member=place(cast))
    assert (row.employee_number, row.nickname) == ("", "Lexi")


def test_a_private_address_is_not_kept_and_the_admin_is_told(cast: Cast, post: PostOffice) -> None:
    page = invite(cast, private_address="alex@home.example", send_to="private")
    assert "private address was not kept" in page.text
    post.deliver()
    assert [mail.recipients for mail in post.received] == [[ALEX["id"]]]
    assert not Address.objects.filter(canonical="alex@home.example").exists()


def test_a_photo_goes_with_the_place_or_is_deleted(
    cast: Cast, post: PostOffice, settings: object, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    browser, admin = cast.alex.browser(), cast.minjun.browser()

    def with_photo() -> None:
        form = admin.open(cast.at("admin/members/register/"))
        admin.send_file(form, "photo", "alex.jpg", picture(), **ALEX)

    with_photo()
    assert len(list(tmp_path.rglob("*.webp"))) == 2
    browser.press(waiting_page(browser), "Decline")
    assert forget_photos() == 1 and list(tmp_path.rglob("*.webp")) == []
    six_minutes_later()
    with_photo()
    browser.press(waiting_page(browser), "Accept")
    assert forget_photos() == 0 and len(list(tmp_path.rglob("*.webp"))) == 2
    assert Profile.objects.get(member=place(cast)).photo


def test_a_photo_that_cannot_be_deleted_keeps_no_other_one(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker comes back to it every minute, and wipes the others all the same."""
    at, names = clock.now(), ["a" * 22, "b" * 22, "c" * 22]
    for name in names:
        Invitation.objects.create(
            workspace=cast.hanbit, address=f"{name}@fernweh.example", name_language="en", language="en",
            photo=name, invited_at=at, expires_at=at, ended_at=at,
        )  # fmt: skip
    gone: list[str] = []

    def remove(name: str) -> None:
        if name == names[1]:
            raise PermissionError
        gone.append(name)

    monkeypatch.setattr("dure.members.photos.remove", remove)
    assert forget_photos() == 2 and sorted(gone) == [names[0], names[2]]
    assert [one.photo for one in Invitation.objects.exclude(photo="")] == [names[1]]


def test_without_a_mail_server_the_admin_sees_no_secret_and_alex_finds_it(cast: Cast, no_post: None) -> None:
    page = invite(cast, method="generate")
    assert "After signing in they find the place under" in page.text
    assert "/l/" not in page.body and not InvitationToken.objects.exists()
    admin = cast.minjun.browser()
    page = admin.follow(admin.open(cast.at("admin/invitations/")), "Alexandra Meyer")
    assert "/l/" not in page.body and not any("Send again" in button for form in page.forms for button in form.buttons)
    browser = cast.alex.browser()
    assert browser.press(waiting_page(browser), "Accept").path == cast.at("?welcome") and place(cast)


def test_whoever_never_set_a_password_sees_nothing_until_they_have_one(cast: Cast, post: PostOffice) -> None:
    browser = cast.alex.browser()
    form = browser.open(f"/w/{cast.fernweh.uid}/admin/members/register/")
    password = secret_on(browser.fill_in(form, **HARU, method="generate"))
    assert "has an account on this server already" in register(cast, cast.minjun).text
    mail = post.last_to(HARU["id"])
    visitor = cast.visitor()
    assert visitor.sign_in(HARU["id"], password).path == "/first-password/"
    assert visitor.open("/workspaces/").path.startswith("/sign-in/")
    page = visitor.open(mail.link)
    assert "Create account" in page.text and not page.form_with_button("Decline").buttons[0].startswith("Accept")
    page = visitor.fill_in(visitor.open("/first-password/"), new_password=NEW_PASSWORD)
    assert page.path == f"/w/{cast.fernweh.uid}/?welcome"
    assert "not confirmed by mail yet" in visitor.open("/workspaces/").text, "a temporary password proves nothing"
    assert visitor.press(visitor.open(mail.link), "Accept").path == cast.at("?welcome")


def test_an_activation_day_ahead_is_scheduled_and_comes_by_itself(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = invited(cast, post, starts_on=day(3))
    assert "opens for you on" in mail.text
    browser = cast.alex.browser()
    page = browser.press(browser.open(mail.link), "Accept")
    assert page.path == "/workspaces/" and "Accepted. 한빛소프트 opens for you on" in page.text
    assert "scheduled" in page.text and browser.open(cast.at()).path == "/workspaces/"
    admin = cast.minjun.browser()
    assert "Alexandra Meyer" in admin.open(cast.at("admin/members/?state=scheduled")).text
    assert "Alexandra Meyer" not in admin.open(cast.at("admin/members/?state=active")).text
    post.deliver()
    assert len(post.to(ALEX["id"])) == 1, "the mail of K9 goes on the day"
    member = place(cast)
    assert member and member.starts_at
    on_the_day = member.starts_at + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: on_the_day)
    assert browser.open(cast.at()).path == cast.at()
    assert "Alexandra Meyer" in admin.open(cast.at("admin/members/?state=active")).text
    assert "You have joined" in post.last_to(ALEX["id"]).subject


def test_the_invitation_of_another_workspace_is_out_of_reach(cast: Cast, post: PostOffice) -> None:
    late = join(cast.fernweh, "late@fernweh.example", "Late", "Luis")
    late.server = cast.server
    invite(cast, id=late.address)
    uid, stranger = the_one().uid, cast.alex.browser()
    assert stranger.open(cast.at(f"admin/invitations/{uid}/")).status == 404
    assert stranger.open(f"/w/{cast.fernweh.uid}/admin/invitations/{uid}/").status == 404
    assert "Alexandra" not in stranger.open(f"/w/{cast.fernweh.uid}/admin/invitations/").text
    assert stranger.open(f"/workspaces/invitations/{uid}/").status == 404
    page = stranger.open("/account/password/")
    form = page.form_with("csrfmiddlewaretoken")
    for address in (f"/w/{cast.fernweh.uid}/admin/invitations/{uid}/", f"/workspaces/invitations/{uid}/"):
        for step in ("withdraw", "again", "accept", "decline"):
            form.action, form.fields = address, [*form.fields[:1], ("step", step)]
            assert stranger.submit(page, form).status == 404
    assert the_one().ended_at is None and InvitationToken.objects.count() == 1


@pytest.mark.parametrize("who", ["eve", "yuki"])
def test_without_member_management_the_invitations_are_closed(cast: Cast, post: PostOffice, who: str) -> None:
    invite(cast)
    browser = getattr(cast, who).browser()
    for path in ("admin/invitations/", f"admin/invitations/{the_one().uid}/"):
        assert browser.open(cast.at(path)).status == 403
    assert "Invitations" not in browser.open(cast.at()).text


def test_in_another_browser_the_link_explains_itself_and_a_new_mail_can_be_had(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = invited(cast, post)
    handle = mail.link.rpartition("/")[2].partition(".")[0]
    browser = cast.visitor()
    page = browser.open(f"/link/{handle}/")
    assert "Open the link from the mail" in page.text
    assert "one more mail is on its way" in browser.press(page, "Send me a new mail").text
    post.deliver()
    assert len(post.to(ALEX["id"])) == 1, "at most every five minutes"
    later = clock.now() + timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: later)
    until = the_one().expires_at
    browser.press(browser.open(f"/link/{handle}/"), "Send me a new mail")
    assert post.last_to(ALEX["id"]).link != mail.link and the_one().expires_at == until
    signed_in = cast.alex.browser()
    assert signed_in.open(f"/link/{handle}/").path == f"/workspaces/invitations/{the_one().uid}/"


@pytest.mark.parametrize("wrong", ["x" * 43, ""])
def test_a_link_with_a_wrong_end_opens_nothing(cast: Cast, post: PostOffice, wrong: str) -> None:
    link = invited(cast, post).link
    page = cast.visitor().open(f"{link.partition('.')[0] if not wrong else link[:-43]}{wrong}")
    assert page.status == 410 and "한빛소프트" not in page.text


def test_a_suspended_member_is_not_let_in_by_an_old_invitation(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    browser = cast.alex.browser()
    page = waiting_page(browser)
    browser.press(page, "Accept")
    member = place(cast)
    assert member
    suspend(cast.sora.actor, member_uid=member.uid)
    assert browser.press(page, "Accept").path == "/workspaces/"
    assert browser.open(cast.at()).path == "/workspaces/"


def test_everything_ended_is_deleted_after_a_month_and_with_the_account(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dure.erasure import erase_account, purge_dead

    invite(cast, nickname="Lexi")
    browser = cast.alex.browser()
    browser.press(waiting_page(browser), "Decline")
    later = clock.now() + timedelta(days=31)
    with monkeypatch.context() as changed:
        changed.setattr(clock, "now", lambda: later)
        purge_dead()
    assert not Invitation.objects.exists() and not InvitationToken.objects.exists()
    invite(cast)
    erase_account(cast.alex.account)
    assert not Invitation.objects.exists() and not Letter.objects.exclude(account_id=cast.minjun.account.pk).exists()


def test_erasing_somebody_who_wanted_another_ones_address_leaves_that_ones_invitation(
    cast: Cast, post: PostOffice
) -> None:
    from dure.erasure import erase_account

    invite(cast)
    until = clock.now() + timedelta(days=1)
    Address.objects.create(account=cast.yuki.account, canonical=ALEX["id"], kind=Address.PENDING, until=until)
    erase_account(cast.yuki.account)
    assert the_one().address == ALEX["id"]


def test_the_lists_are_paged_and_cost_the_same_at_any_length(cast: Cast, post: PostOffice) -> None:
    at = clock.now()
    Invitation.objects.bulk_create(
        Invitation(
            workspace=cast.hanbit, address=f"p{number}@example.com", family_name="P", given_name=str(number),
            name_language="en", language="en", invited_at=at, expires_at=at + timedelta(days=7),
        )
        for number in range(70)
    )  # fmt: skip
    browser = cast.minjun.browser()
    page = browser.open(cast.at("admin/invitations/?state=waiting"))
    assert "69 P" in page.text and "5 P" not in page.text.split("Open until")[-1].split("69 P")[0]
    page = browser.follow(page, "Next")
    assert "0 P" in page.text and not page.has_link("Next") and "69 P" not in page.text
    assert "Look in another state" in browser.open(cast.at("admin/invitations/?state=accepted")).text


def test_the_code_that_lists_ones_workspaces_lists_what_waits_and_opens_nothing(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    browser = cast.visitor()
    page = browser.fill_in(asked(browser, ALEX["id"]), code=code_for(post, ALEX["id"]))
    assert "Waiting for your answer" in page.text and "한빛소프트" in page.text
    assert not page.has_link("한빛소프트") and place(cast) is None
    other = cast.visitor()
    listed = other.fill_in(asked(other, cast.eve.address), code=code_for(post, cast.eve.address))
    assert "Waiting for your answer" not in listed.text


def test_the_mail_page_names_who_is_invited(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    page = cast.minjun.browser().open(cast.at("admin/mail/"))
    assert page.link("Alexandra Meyer").endswith(f"/admin/invitations/{the_one().uid}/")
    assert "gone" not in page.text


def test_an_empty_list_says_what_to_do_next(cast: Cast, post: PostOffice) -> None:
    page = cast.minjun.browser().open(cast.at("admin/invitations/"))
    assert "Nobody is invited" in page.text and page.link("Register member").endswith("/register/")
    assert page.link("Invite by mail").endswith("/admin/invitations/new/")


def test_a_temporary_password_of_this_workspace_is_no_reason_to_invite(cast: Cast, post: PostOffice) -> None:
    handed_a_password(cast)
    assert "member of this workspace already" in register(cast, cast.sora).error_beside("id")
    assert not Invitation.objects.exists()
