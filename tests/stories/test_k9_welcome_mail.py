"""K9: on joining, a mail with a fixed, findable subject goes to the ID's address; it names the workspace and the ID."""

import pytest

from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, invited

SUBJECTS = {
    "en": "You have joined 한빛소프트 as a workspace member",
    "ko": "한빛소프트 워크스페이스 멤버로 가입했습니다",
    "ja": "한빛소프트のワークスペースメンバーになりました",
}


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_the_welcome_mail_has_its_fixed_subject_and_names_workspace_and_id(
    cast: Cast, post: PostOffice, language: str
) -> None:
    mail = invited(cast, post, language=language)
    browser = cast.visitor()
    page = browser.open(mail.link)
    page = browser.open(page.path + "password/")
    browser.fill_in(page, new_password=NEW_PASSWORD)
    welcome = post.last_to(HARU["id"])
    assert welcome.subject == SUBJECTS[language]
    for part in (welcome.part("plain"), welcome.part("html")):
        assert "한빛소프트" in part
        assert HARU["id"] in part.replace("<wbr>", "").replace("&#8203;", "")
        assert "/sign-in/" in part
    assert "/l/" not in welcome.text


def test_nobody_gets_it_before_the_password_is_set(cast: Cast, post: PostOffice) -> None:
    invited(cast, post)
    post.deliver()
    assert [mail.subject for mail in post.to(HARU["id"]) if "joined" in mail.subject] == []
