"""Pages of other places get nothing out of a browser that is logged in here."""

import functools
import http.server
import threading

import pytest
from plume.wait import until

EVIL = """<!doctype html><title>evil</title><iframe src="%(page)s"></iframe><script>
const socket = new WebSocket("%(socket)s");
window.seen = [];
socket.onopen = () => seen.push("open");
socket.onmessage = ({data}) => seen.push(data);
socket.onclose = ({code}) => seen.push(code);
</script>"""


@pytest.fixture
def elsewhere(tmp_path):
    """serve(text) gives the URL of a page with it, on a port that is another origin."""
    servers = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    def serve(text):
        (tmp_path / "evil.html").write_text(text)
        handler = functools.partial(Quiet, directory=str(tmp_path))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/evil.html"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("host", ("127.0.0.1", "localhost"))
def test_w2_a_page_of_another_origin_gets_no_socket_and_no_frame(plume, browser, elsewhere, host):
    """SECURITY W2: neither with the browser's own session in the same browser."""
    ann = browser("ann").join(plume, "ann")
    port = plume.gateways[0].port
    ann.driver.get(
        elsewhere(EVIL % {"page": f"http://{host}:{port}/", "socket": f"ws://{host}:{port}/connect"})
    )
    plume.gateways[0].wait_for_event("upgrade_refused", status="403")
    until(lambda: ann.run("return seen.length > 0"), "the socket is over")
    assert ann.run("return seen") == [1006], "it never opened"
    said = [line["message"] for line in ann.console()]
    assert any("frame-ancestors" in line for line in said), f"the frame is refused: {said}"
    ann.forgive("WebSocket connection to")
    ann.forgive("frame-ancestors")
    ann.forgive("favicon.ico")


def test_w2_the_page_keeps_its_session_from_other_places(plume, browser):
    ann = browser("ann").join(plume, "ann")
    assert ann.run("return document.cookie") == "", "nothing goes along by itself"
    policy = ann.run("""
        return fetch("/").then((answer) => answer.headers.get("content-security-policy"));
    """)
    assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
    token = ann.run("return JSON.parse(localStorage['plume.session']).token")
    asked = ann.run("return performance.getEntriesByType('resource').map((r) => r.name)")
    assert token and all(token not in url for url in asked)
