"""What a mail program reads in From and Subject is what was written, however it had to be folded."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.mime.text import MIMEText
from email.utils import parseaddr

from hypothesis import given
from hypothesis import strategies as st

from dure.mail import headers

WORDS = st.lists(
    st.text(st.sampled_from("가나다힣田中優希かなアBc1'&\U0002000b"), min_size=1, max_size=18), min_size=1, max_size=20
)


def sent(subject: str, name: str) -> bytes:
    message = MIMEText("x", "plain", "utf-8")
    message["Subject"] = headers.words("Subject", subject)
    message["From"] = headers.mailbox("From", name, "dure@gate.example")
    return headers.as_sent(message)


def decoded(header: str) -> str:
    return str(make_header(decode_header(header)))


@given(WORDS, WORDS)
def test_a_long_subject_and_name_keep_their_spaces(subject_words: list[str], name_words: list[str]) -> None:
    subject, name = " ".join(subject_words), " ".join(name_words)
    raw = sent(subject, name)
    read = message_from_bytes(raw)
    shown, address = parseaddr(read["From"])
    assert (decoded(read["Subject"]), decoded(shown), address) == (subject, name, "dure@gate.example")
    for line in raw.split(b"\r\n"):
        assert len(line) <= 78 and line.isascii(), "RFC 5322 §2.1.1, RFC 2047 §2"


def test_the_words_people_search_for_stand_in_the_welcome_mails_subject() -> None:
    subject = "한빛소프트 서울 본사 그룹에 워크스페이스 멤버로 가입했습니다."
    raw = sent(subject, "한빛소프트 서울 본사 그룹")
    assert decoded(message_from_bytes(raw)["Subject"]) == subject


def test_nothing_is_read_as_what_it_was_not_written_as() -> None:
    disguised = "=?utf-8?B?7ZWc67mb?="
    read = message_from_bytes(sent(f"Join {disguised} now", disguised))
    assert decoded(read["Subject"]) == f"Join {disguised} now" and decoded(parseaddr(read["From"])[0]) == disguised
