"""Browsers inside messengers and other apps: what is signed in there is signed in nowhere else."""

import re

from django.http import HttpRequest

_IN_APP = re.compile(
    r"KAKAOTALK|\bLine/\d|\bFB(?:AN|AV|_IAB)\b|\bInstagram\b|\bNAVER\(|\bDaumApps/|\bMicroMessenger/|\bWhatsApp/"
)


def is_in_app(request: HttpRequest) -> bool:
    """Tell whether a page is shown by KakaoTalk, LINE, Facebook, Instagram, Naver or the like, as its browser says."""
    return _IN_APP.search(request.headers.get("User-Agent", "")) is not None
