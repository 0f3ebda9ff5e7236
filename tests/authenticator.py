"""A passkey device in software: makes and uses ES256 credentials as an authenticator and its browser do (WebAuthn)."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, BACKED_UP, HAS_KEY = 0x01, 0x04, 0x18, 0x40


def to_text(value: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def to_bytes(text: str) -> bytes:
    """Read base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Credential:
    """One key pair, kept for one site and one user."""

    id: bytes
    rp_id: str
    user: bytes
    key: ec.EllipticCurvePrivateKey


@dataclass
class Authenticator:
    """What a device holds, and how it behaves; tests make it misbehave."""

    origin: str = "http://testserver"
    verifies: bool = True
    counts: bool = True
    count: int = 0
    cross_origin: bool = False
    credentials: list[Credential] = field(default_factory=list)

    def create(self, options: dict[str, Any]) -> str:
        """Answer ``navigator.credentials.create()`` with a new credential and no attestation."""
        held = {one.id for one in self.credentials}
        assert not held & {to_bytes(one["id"]) for one in options["excludeCredentials"]}, "InvalidStateError"
        assert -7 in [wanted["alg"] for wanted in options["pubKeyCredParams"]]
        made = Credential(
            id=secrets.token_bytes(32),
            rp_id=options["rp"]["id"],
            user=to_bytes(options["user"]["id"]),
            key=ec.generate_private_key(ec.SECP256R1()),
        )
        self.credentials.append(made)
        numbers = made.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(made.id).to_bytes(2) + made.id + cbor2.dumps(cose)
        data = self._data(made, HAS_KEY) + attested
        response = {
            "clientDataJSON": to_text(self._client("webauthn.create", options["challenge"])),
            "attestationObject": to_text(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal", "hybrid", "by-pigeon"],
        }
        return self._credential(made, response)

    def get(self, options: dict[str, Any], credential: Credential | None = None) -> str:
        """Answer ``navigator.credentials.get()`` with an assertion of the given, an allowed or any credential."""
        allowed = [to_bytes(one["id"]) for one in options["allowCredentials"]]
        fitting = [one for one in self.credentials if not allowed or one.id in allowed]
        chosen = credential or fitting[0]
        data = self._data(chosen)
        client = self._client("webauthn.get", options["challenge"])
        signature = chosen.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": to_text(client),
            "authenticatorData": to_text(data),
            "signature": to_text(signature),
            "userHandle": to_text(chosen.user),
        }
        return self._credential(chosen, response)

    def _data(self, credential: Credential, more: int = 0) -> bytes:
        self.count += self.counts
        flags = PRESENT | BACKED_UP | more | (VERIFIED if self.verifies else 0)
        return sha256(credential.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        facts = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(facts).encode()

    @staticmethod
    def _credential(credential: Credential, response: dict[str, Any]) -> str:
        name = to_text(credential.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
