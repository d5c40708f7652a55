"""A stand-in for Mailgun that remembers what it was asked and answers by script."""

import base64
import email
import email.policy
import http.server
import threading
import urllib.parse
from dataclasses import dataclass

from .wait import DEADLINE, until


@dataclass
class Asked:
    method: str
    path: str
    headers: dict  # names in lower case
    user: str  # of HTTP basic authentication
    password: str
    form: dict  # name: value, names in lower case


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # more than a mailer has connections: of those over it some are reset


class HttpSink:
    """Serves at 127.0.0.1:port from its making until close()."""

    def __init__(self):
        self.asked = []
        self._answer = (200, '{"id": "<1@sink.example>", "message": "Queued. Thank you."}', {})
        self.poured = 0  # bytes of a body that never ends
        self._released = threading.Event()
        self._released.set()
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                sink._handle(self)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v3"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def reply(self, status, body='{"message": "scripted"}', **headers):
        """headers: Retry_After="5" and the like; body None: one that never ends."""
        self._answer = (status, body, headers)

    def hang(self):
        """Answers nothing until relent()."""
        self._released.clear()

    def relent(self):
        self._released.set()

    def wait_asked(self, count=1, deadline=DEADLINE):
        until(lambda: len(self.asked) >= count, f"{count} requests, not {self.asked}", deadline)
        return self.asked[count - 1]

    def close(self):
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, request):
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = _body(request, headers)
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        pair = base64.b64decode(credentials).decode() if scheme.lower() == "basic" else ""
        user, _, password = pair.partition(":")
        form = _form(headers.get("content-type", ""), body)
        self.asked.append(Asked(request.command, request.path, headers, user, password, form))
        self._released.wait()
        status, answer, headers = self._answer
        try:
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            if answer is None:
                self._pour(request)
            request.send_header("Content-Type", "application/json")
            request.send_header("Content-Length", str(len(answer.encode())))
            request.end_headers()
            request.wfile.write(answer.encode())
        except OSError:
            request.close_connection = True  # who asked has gone

    def _pour(self, request):
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        while True:
            request.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            self.poured += 4096


def _body(request, headers):
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int(request.rfile.readline().split(b";")[0], 16):
            body += request.rfile.read(size)
            request.rfile.readline()
        request.rfile.readline()
        return body
    return request.rfile.read(int(headers.get("content-length", 0)))


def _form(content_type, body):
    if content_type.startswith("application/x-www-form-urlencoded"):
        pairs = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)
        return {name.lower(): value for name, value in pairs}
    if content_type.startswith("multipart/form-data"):
        whole = b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
        parts = email.message_from_bytes(whole, policy=email.policy.HTTP).iter_parts()
        return {
            part.get_param("name", header="content-disposition").lower(): part.get_payload(
                decode=True
            ).decode()
            for part in parts
        }
    return {}
