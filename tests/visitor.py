"""A person with a browser that runs no script: opens pages, fills in forms, presses buttons."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser


@dataclass
class FormOnPage:
    """One form as the page holds it."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    sends: list[tuple[str, str]] = field(default_factory=list)
    inputs: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    """Finds text, links, forms, and what stands beside a field."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FormOnPage] = []
        self.links: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._form: FormOnPage | None = None
        self._select = self._textarea = ""
        self._link = self._button = False
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag in ("script", "style", "svg"):
            self._silent += 1
        if tag == "a":
            self.links.append((facts.get("href", ""), ""))
            self._link = True
        elif tag == "form":
            self._form = FormOnPage(facts.get("action", ""), facts.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._in_form(tag, facts)

    def _in_form(self, tag: str, facts: dict[str, str]) -> None:
        assert self._form is not None
        name, value = facts.get("name", ""), facts.get("value", "")
        if tag == "button":
            self._form.buttons.append("")
            self._form.sends.append((name, value))
            self._button = True
            if name:
                self._form.inputs.add(name)
        elif tag == "input" and name:
            self._form.inputs.add(name)
            checked = facts.get("type") not in ("checkbox", "radio") or "checked" in facts
            if checked and facts.get("type") not in ("submit", "button"):
                self._form.fields.append((name, value))
        elif tag == "select":
            self._select = name
            self._form.inputs.add(name)
        elif tag == "textarea" and name:
            self._form.inputs.add(name)
            self._form.fields.append((name, ""))
        elif tag == "option" and self._select and "selected" in facts:
            self._form.fields.append((self._select, value))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "svg"):
            self._silent -= 1
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = ""
        if tag == "a":
            self._link = False
        if tag == "button":
            self._button = False

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.text.append(data)
        if self._link:
            href, words = self.links[-1]
            self.links[-1] = (href, words + data)
        if self._button and self._form is not None:
            self._form.buttons[-1] += data


class Page:
    """What came back."""

    def __init__(self, *, url: str, status: int, body: str, headers: dict[str, str], raw: bytes = b"") -> None:
        self.url, self.status, self.body, self.headers, self.raw = url, status, body, headers, raw
        reader = _Reader()
        if "html" in headers.get("content-type", ""):
            reader.feed(body)
        self.forms, self._links = reader.forms, reader.links
        self.text = re.sub(r"\s+", " ", " ".join(reader.text)).replace(" @", "@").strip()

    @property
    def path(self) -> str:
        """The path and query of the address."""
        parts = urllib.parse.urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def links(self) -> list[tuple[str, str]]:
        """Every link with its words."""
        return self._links

    def link(self, words: str) -> str:
        """Return where the link with these words leads."""
        found = [href for href, text in self._links if words in re.sub(r"\s+", " ", text)]
        assert found, f"no link “{words}” on {self.url}: {[text.strip() for _, text in self._links]}"
        return found[0]

    def has_link(self, words: str) -> bool:
        """Tell whether there is a link with these words."""
        return any(words in re.sub(r"\s+", " ", text) for _, text in self._links)

    def form_with(self, *names: str) -> FormOnPage:
        """Return the form that holds these fields."""
        found = [form for form in self.forms if set(names) <= form.inputs]
        assert found, f"no form with {names} on {self.url} ({self.status}): {[form.inputs for form in self.forms]}"
        return found[0]

    def form_with_button(self, words: str) -> FormOnPage:
        """Return the form that holds a button with these words."""
        found = [form for form in self.forms if any(words in button for button in form.buttons)]
        assert found, f"no button “{words}” on {self.url}: {[form.buttons for form in self.forms]}"
        return found[0]

    def error_beside(self, name: str) -> str:
        """Return the error that the page ties to a field by its id, empty when there is none."""
        found = re.search(rf'id="id_{name}_error"[^>]*>(.*?)</(?:p|div|ul|span)>', self.body, re.S)
        return re.sub(r"<[^>]+>|\s+", " ", found.group(1)).strip() if found else ""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object) -> None:
        return None


class Visitor:
    """A browser with cookies of its own."""

    def __init__(self, server: str, *, language: str = "en") -> None:
        self.server = server
        self.language, self.agent = language, ""
        self.cookies = http.cookiejar.CookieJar()
        handlers = (urllib.request.HTTPCookieProcessor(self.cookies), urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)
        self._still = urllib.request.build_opener(*handlers, _NoRedirects)

    def open(self, address: str, *, follow: bool = True, method: str = "GET") -> Page:
        """Open an address; one of another host is opened on this server, as the mailed ones are."""
        return self._ask(urllib.request.Request(self._here(address), method=method), follow)

    def _here(self, address: str) -> str:
        parts = urllib.parse.urlsplit(address)
        return self.server + (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def follow(self, page: Page, words: str) -> Page:
        """Click a link."""
        return self.open(urllib.parse.urljoin(page.url, page.link(words)))

    def submit(self, page: Page, form: FormOnPage, **typed: str | list[str]) -> Page:
        """Type into a form and send it, everything else as the page had it."""
        unknown = set(typed) - form.inputs
        assert not unknown, f"no fields {unknown} in the form; it has {form.inputs}"
        sent = [(name, value) for name, value in form.fields if name not in typed]
        for name, value in typed.items():
            sent += [(name, one) for one in (value if isinstance(value, list) else [value])]
        address = urllib.parse.urljoin(page.url, form.action or page.url)
        data = urllib.parse.urlencode(sent).encode()
        if form.method == "get":
            return self.open(f"{address.partition('?')[0]}?{data.decode()}")
        headers = {"Referer": page.url, "Origin": self.server}
        return self._ask(urllib.request.Request(address, data=data, headers=headers, method="POST"), True)

    def send_file(self, page: Page, name: str, file_name: str, content: bytes, **typed: str) -> Page:
        """Choose a file in the form that takes it, and send it as a browser does (RFC 7578)."""
        form, boundary = page.form_with(name), "----dure-visitor"
        fields = [(key, value) for key, value in form.fields if key not in typed and key != name] + list(typed.items())
        start = f"--{boundary}\r\nContent-Disposition: form-data; name="
        parts = [f'{start}"{key}"\r\n\r\n{value}\r\n' for key, value in fields]
        head = f'{start}"{name}"; filename="{file_name}"\r\n'
        body = "".join(parts).encode() + head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content
        body += f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Referer": page.url,
            "Origin": self.server,
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }
        address = urllib.parse.urljoin(page.url, form.action or page.url)
        return self._ask(urllib.request.Request(address, data=body, headers=headers, method="POST"), True)

    def send(self, source: Page, address: str, **typed: str) -> Page:
        """Send a form of one's own making with the token of a page, and stay at the answer."""
        token = dict(source.form_with("csrfmiddlewaretoken").fields)["csrfmiddlewaretoken"]
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **typed}).encode()
        headers = {"Referer": source.url, "Origin": self.server}
        return self._ask(urllib.request.Request(self._here(address), data=data, headers=headers, method="POST"), False)

    def fill_in(self, page: Page, **typed: str | list[str]) -> Page:
        """Fill in the form that has these fields."""
        return self.submit(page, page.form_with(*typed), **typed)

    def press(self, page: Page, words: str) -> Page:
        """Press a button, which sends its own name and value along."""
        form = page.form_with_button(words)
        number = next(number for number, button in enumerate(form.buttons) if words in button)
        pressed = [form.sends[number]] if form.sends[number][0] else []
        return self.submit(page, replace(form, fields=[*form.fields, *pressed]))

    def _ask(self, request: urllib.request.Request, follow: bool) -> Page:
        request.add_header("Accept-Language", self.language)
        if self.agent:
            request.add_header("User-Agent", self.agent)
        opener = self._opener if follow else self._still
        try:
            answer = opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            raw = answer.read()
            body = raw.decode("utf-8", "replace")
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Page(url=answer.url, status=answer.status, body=body, headers=headers, raw=raw)

    def sign_in(self, address: str, password: str) -> Page:
        """Sign in on the sign-in page."""
        return self.fill_in(self.open("/sign-in/"), id=address, password=password)
