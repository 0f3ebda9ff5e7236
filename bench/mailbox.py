"""A mail server that takes everything and remembers the newest code for each address: the far end of a benchmark."""

import re
import socketserver
import threading
from email import message_from_bytes, policy


class Mailbox:
    """Listens on a free port; ``code_to`` waits for a mail."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}
        self._came = threading.Condition()
        box = self

        class Handler(socketserver.StreamRequestHandler):
            """One conversation (RFC 5321), as far as a client needs it."""

            def handle(self) -> None:
                box.converse(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """What ``DURE_SMTP_URL`` takes."""
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def converse(self, line: socketserver.StreamRequestHandler) -> None:
        """Answer one client until it leaves."""
        recipient = ""
        line.wfile.write(b"220 bench\r\n")
        while words := line.rfile.readline():
            verb = words[:4].upper()
            if verb == b"DATA":
                line.wfile.write(b"354 go on\r\n")
                self._keep(recipient, self._message(line))
            elif verb == b"RCPT":
                recipient = words.decode().partition("<")[2].partition(">")[0].lower()
            line.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                return

    def _message(self, line: socketserver.StreamRequestHandler) -> bytes:
        lines = []
        while (words := line.rfile.readline()) not in (b".\r\n", b""):
            lines.append(words)
        return b"".join(lines)

    def _keep(self, recipient: str, message: bytes) -> None:
        subject = str(message_from_bytes(message.partition(b"\r\n\r\n")[0], policy=policy.default)["Subject"])
        found = re.search(r"\d{6}", subject)
        if found:
            with self._came:
                self._codes[recipient] = found[0]
                self._came.notify_all()

    def code_to(self, address: str, *, within: float) -> str:
        """Return the newest code to an address; empty when none came in so many seconds."""
        with self._came:
            self._came.wait_for(lambda: address in self._codes, within)
            return self._codes.get(address, "")
