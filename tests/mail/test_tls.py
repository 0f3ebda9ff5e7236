"""TLS to the mail server: `smtps` and `starttls`, verified, with a sign-in (RFC 3207, RFC 8314)."""

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings

from dure.mail import delivery
from dure.mail.models import Letter
from tests.cast import Cast
from tests.post import PostOffice, free_port
from tests.stories.steps import HARU, register


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


class StartTls(Controller):
    """A server that takes letters only after STARTTLS and a sign-in."""

    tls: ssl.SSLContext

    def factory(self) -> SMTP:
        return SMTP(
            self.handler,
            tls_context=self.tls,
            require_starttls=True,
            auth_required=True,
            authenticator=let_in,
            hostname="127.0.0.1",
        )


def let_in(_server: object, _session: object, _envelope: object, _mechanism: str, login: object) -> AuthResult:
    """Know one user."""
    right = isinstance(login, LoginPassword) and (login.login, login.password) == (b"dure", b"p@ss/word")
    return AuthResult(success=right, handled=right)


@pytest.fixture(params=["smtps", "starttls"])
def secure_post(request: pytest.FixtureRequest, post: PostOffice, certificate: Path) -> Iterator[str]:
    """A server that speaks TLS; gives its address for ``DURE_SMTP_URL``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    port = free_port()
    if request.param == "smtps":
        controller: Controller = Controller(post.handler, hostname="127.0.0.1", port=port, ssl_context=context)
        address = f"smtps://127.0.0.1:{port}"
    else:
        controller = StartTls(post.handler, hostname="127.0.0.1", port=port)
        controller.tls = context  # type: ignore[attr-defined]
        address = f"starttls://dure:p%40ss%2Fword@127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as trusting:
        trusting.setenv("SSL_CERT_FILE", str(certificate))
        controller.start()
    yield address
    controller.stop()


def test_a_letter_goes_over_tls_to_a_server_whose_certificate_holds(
    cast: Cast, post: PostOffice, secure_post: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.DURE["SMTP_URL"] = secure_post
    register(cast, cast.minjun)
    assert post.last_to(HARU["id"]).link


def test_a_server_with_an_unknown_certificate_gets_nothing(cast: Cast, post: PostOffice, secure_post: str) -> None:
    settings.DURE["SMTP_URL"] = secure_post
    register(cast, cast.minjun)
    delivery.deliver_due()
    assert post.received == []
    assert Letter.objects.get().problem == "unreachable"


@pytest.mark.parametrize("secure_post", ["starttls"], indirect=True)
def test_a_wrong_password_for_the_mail_server_is_told_to_the_admin(
    cast: Cast, post: PostOffice, secure_post: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.DURE["SMTP_URL"] = secure_post.replace("p%40ss", "wrong")
    register(cast, cast.minjun)
    delivery.deliver_due()
    assert Letter.objects.get().problem == "sign_in_refused 535"
    page = cast.minjun.browser().open(cast.at("admin/mail/"))
    assert "refused our own sign-in (535)" in page.text
