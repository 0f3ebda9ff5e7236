"""Passwords: policy, hashing, the gate."""

import subprocess
import sys
import threading

import pytest
from django.contrib.auth.hashers import get_hasher

from dure.accounts import hashing, passwords
from dure.core.errors import TooBusy

CONTEXT = ["한빛소프트", "Hanbit Soft", "한", "소라", "sora.han@hanbitsoft.co.kr"]


@pytest.mark.parametrize(
    "good",
    [
        "twelve blue lanterns drift",
        "정말 아무도 모르는 긴 문장",
        "ahs7Qu-ielo2_xe",
        "hanbitsoft likes nine herons",
        "𝒶𝒷𝒸" * 6 + "qrxyz",
    ],
)
def test_good_ones(good: str) -> None:
    passwords.check_password(good, context=CONTEXT)


@pytest.mark.parametrize(
    ("weak", "code"),
    [
        ("short", "password_too_short"),
        ("elevenchars", "password_too_short"),
        ("x" * 129, "password_too_long"),
        ("password12345", "password_common"),
        ("qwertyuiop123", "password_common"),
        ("aaaaaaaaaaaaaa", "password_common"),
        ("abcabcabcabcabc", "password_common"),
        ("abcdefghijklmno", "password_common"),
        ("123456789012345", "password_common"),
        ("hanbitsoft2026!", "password_context"),
        ("sora.han.sora.han", "password_context"),
        ("한빛소프트한빛소프트!!", "password_context"),
    ],
)
def test_weak_ones_and_why(weak: str, code: str) -> None:
    with pytest.raises(passwords.PasswordRefused) as refused:
        passwords.check_password(weak, context=CONTEXT)
    assert refused.value.code == code


def test_a_workspace_may_ask_for_more() -> None:
    with pytest.raises(passwords.PasswordTooShort):
        passwords.check_password("ahs7Qu-ielo2_x", context=[], minimum=15)


def test_argon2id_as_owasp_gives_it() -> None:
    encoded = hashing.hash_password("twelve blue lanterns drift")
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert get_hasher().must_update(encoded) is False


def test_one_password_typed_on_two_keyboards_is_one_password() -> None:
    encoded = hashing.hash_password("ｆｕｌｌ width 한글 lanterns")
    import unicodedata

    assert hashing.verify_password(unicodedata.normalize("NFD", "full width 한글 lanterns"), encoded)
    assert not hashing.verify_password("full width 한글 lantern", encoded)


def test_nobodys_password_is_never_right() -> None:
    assert not hashing.verify_password("", "")


def test_the_gate_refuses_at_once_beyond_its_queue_and_lets_in_again_afterwards() -> None:
    gate = hashing.Gate(width=1, queue=1, patience=5)
    leave = threading.Event()
    inside = [threading.Thread(target=gate.run, args=(lambda: leave.wait(5),)) for _ in range(2)]
    for thread in inside:
        thread.start()
    while gate._places._value:
        pass
    with pytest.raises(TooBusy):
        gate.run(lambda: True)
    leave.set()
    for thread in inside:
        thread.join()
    assert gate.run(lambda: "in")


def test_the_gate_has_patience_and_no_more() -> None:
    gate = hashing.Gate(width=1, queue=3, patience=0.05)
    leave = threading.Event()
    with pytest.raises(TooBusy):
        gate.run(lambda: leave.wait(5))
    leave.set()
    assert gate.run(lambda: True)


def test_the_gate_hands_on_what_goes_wrong_and_frees_its_place() -> None:
    gate = hashing.Gate(width=1, queue=0, patience=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            gate.run(lambda: 1 / 0)
    assert gate.run(lambda: True)


def test_the_gate_works_in_a_forked_process() -> None:
    code = (
        "import os\n"
        "from dure.accounts.hashing import Gate\n"
        "gate = Gate(width=1, queue=0, patience=3)\n"
        "assert gate.run(lambda: 1) == 1\n"
        "child = os.fork()\n"
        "os._exit(gate.run(lambda: 7)) if child == 0 else None\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
