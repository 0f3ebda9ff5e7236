"""A worker that is asked to end finishes the letter in hand and gives back the others at once (ARCHITECTURE §4)."""

import signal
import time

import pytest

from dure.core import clock
from dure.mail.models import Letter
from tests.mail.test_killed import start_worker, wait_for, write_letters
from tests.post import PostOffice


@pytest.mark.django_db(transaction=True)
def test_the_letter_in_hand_goes_and_no_lease_is_kept(post: PostOffice) -> None:
    def slowly(_number: int) -> None:
        time.sleep(0.3)

    post.handler.answer = slowly
    write_letters(20)
    worker = start_worker(post)
    wait_for(post, 2)
    worker.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert worker.wait(10) == 0 and time.monotonic() - begun < 5
    sent = Letter.objects.filter(state=Letter.SENT).count()
    assert 2 <= sent == len(post.received) < 20
    waiting = Letter.objects.filter(state=Letter.WAITING, lease="", due_at__lte=clock.now(), problem="")
    assert waiting.count() == 20 - sent
