"""Somebody who was registered and has not come yet."""

import uuid
from typing import Any

from dure.joining.actions.registering import Registered, register_member
from dure.members.models import Member
from tests.cast import Cast
from tests.stories.steps import HARU


def registered(people: Cast, **typed: Any) -> Registered:
    """Register 정하은 with a link, or as typed."""
    facts = {**HARU, "private_address": "", "send_to": "id", "submission": str(uuid.uuid4()), **typed}
    return register_member(people.minjun.actor, **facts)


def haeun(people: Cast, **typed: Any) -> Member:
    """Return 정하은, registered as above."""
    return registered(people, **typed).member
