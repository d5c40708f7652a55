"""HTTP: the page and its files, and nothing else; who may open a WebSocket. SECURITY W1, W9, W11
to W13."""

import base64
import http.client

import pytest
from plume import process
from plume.wait import until

SECRET = "the cellar is full of gold"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


@pytest.fixture
def site(system):
    """A gateway that serves files of our own, beside a cellar that it must not serve."""
    static = system.directory / "static"
    (static / "js").mkdir(parents=True)
    (static / "css").mkdir()
    (static / "index.html").write_text("<!doctype html><title>Plume</title>")
    (static / "js/app.js").write_text("export const plume = 1;\n")
    (static / "css/app.css").write_text("body { color: black }\n")
    (static / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (static / "logo.png").write_bytes(PNG)
    cellar = system.directory / "cellar.txt"
    cellar.write_text(SECRET)
    (static / "window.txt").symlink_to(cellar)
    system.start_broker()
    system.start_gateway(static=static, origin=None)
    return system.wait_ready()


def request(plume, method, path, headers=None, body=None, gateway=None):
    """The answer, with its body as .octets; the path goes out as it is written."""
    port = (gateway or plume.gateways[0]).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = headers or {}
    connection.putrequest(method, path, skip_accept_encoding=True, skip_host="Host" in headers)
    for name, value in headers.items():
        for one in value if isinstance(value, list) else [value]:
            connection.putheader(name, one)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    answer.octets = answer.read()
    connection.close()
    return answer


def get(plume, path, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return request(plume, "GET", path, headers)


FILES = [
    ("/", "text/html", "index.html"),
    ("/static/js/app.js", "text/javascript", "js/app.js"),
    ("/static/css/app.css", "text/css", "css/app.css"),
    ("/static/logo.svg", "image/svg+xml", "logo.svg"),
    ("/static/logo.png", "image/png", "logo.png"),
]


def test_files_are_served_with_their_types(site):
    for path, kind, name in FILES:
        answer = get(site, path)
        assert answer.status == 200, path
        content_type = answer.headers["Content-Type"]
        assert content_type.split(";")[0] == kind
        if kind.startswith("text/"):
            assert "charset=utf-8" in content_type.lower()
        assert answer.octets == (site.directory / "static" / name).read_bytes()


def test_w12_unchanged_files_are_not_sent_again(site):
    for path, _, _ in FILES:
        first = get(site, path)
        tag, date = first.headers["ETag"], first.headers["Last-Modified"]
        assert tag or date, path
        known = {"If_None_Match": tag} if tag else {"If_Modified_Since": date}
        again = get(site, path, **known)
        assert again.status == 304 and not again.octets
    if tag:
        assert get(site, path, If_None_Match='"another"').status == 200


def test_w11_security_headers(site):
    for path in ("/", "/static/js/app.js"):
        headers = get(site, path).headers
        policy = headers["Content-Security-Policy"]
        for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def answers_of_all_kinds(plume):
    yield 200, get(plume, "/")
    yield 304, get(plume, "/", If_None_Match=get(plume, "/").headers["ETag"])
    yield 400, get(plume, "/", Host=["a", "b"])
    yield 403, upgrade(plume, "https://evil.example")
    yield 404, get(plume, "/nothing")
    yield 404, upgrade(plume, path="/nothing")
    yield 405, request(plume, "PUT", "/", body=b"")
    yield 426, get(plume, "/connect")
    yield 426, upgrade(plume, Sec_WebSocket_Version="8")
    yield 431, get(plume, "/", X="x" * 9000)


def test_w11_every_answer_carries_the_headers(site):
    """Also that of an upgrade that is refused."""
    for status, answer in answers_of_all_kinds(site):
        assert (answer.status, answer.version) == (status, 11)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (status, name)
        assert "camera=()" in answer.headers["Permissions-Policy"], status
        if status != 304:
            assert "charset=utf-8" in answer.headers["Content-Type"]
        assert "Strict-Transport-Security" not in answer.headers


def test_w11_hsts_is_said_where_https_is(system):
    system.start_broker()
    at = "https://chat.example"
    for options in ({"origin": at}, {"trusted_proxy": "127.0.0.1"}, {"origin": at, "hsts": "0s"}):
        system.start_gateway(**options)
    plume = system.wait_ready()
    told = []
    for gateway in plume.gateways:
        for headers in ({}, {"X-Forwarded-Proto": "https"}, {"X-Forwarded-Proto": "http"}):
            answer = request(plume, "GET", "/", headers, gateway=gateway)
            told.append(answer.headers["Strict-Transport-Security"])
    year = "max-age=31536000"
    assert told == [year, year, year, None, year, None, None, None, None]


def test_w12_head_is_get_without_a_body(site):
    answer = request(site, "HEAD", "/")
    assert answer.status == 200 and not answer.octets
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_w12_other_methods_are_answered_405(site, method):
    for path in ("/", "/static/js/app.js"):
        answer = request(site, method, path, body=b"" if method in ("POST", "PUT") else None)
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]


def test_trace_is_refused(site):
    assert request(site, "TRACE", "/").status == 405


def test_what_is_not_there_is_404(site):
    for path in ("/nothing", "/static/nothing.js", "/index.htm", "/metrics", "/static/index.html/"):
        assert get(site, path).status == 404, path


def test_w12_a_range_is_answered_by_the_whole(site):
    """RFC 9110 14.2: a server may ignore Range; it says that it has none."""
    whole = get(site, "/static/js/app.js")
    for wanted in ("bytes=0-3", "bytes=-4", "bytes=9999-", "lines=1-2", "bytes=0-0,2-2"):
        answer = get(site, "/static/js/app.js", Range=wanted)
        assert answer.status == 200 and answer.octets == whole.octets, wanted
        assert answer.headers["Accept-Ranges"] == "none"


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/healthz", "/admin", "/status"])
def test_w13_numbers_and_health_are_not_on_the_public_port(site, path):
    for variant in (path, path + "/", path + "?x", "//" + path[1:], path.upper(), "%2f" + path[1:]):
        answer = get(site, variant if variant.startswith("/") else "/" + variant)
        assert answer.status == 404 and b"plume_" not in answer.octets
    assert request(site, "POST", path, body=b"").status == 405


def test_w13_the_admin_address_is_of_this_machine_by_default():
    for program in ("plume-broker", "plume-gateway", "plume-mailer"):
        told = process.run(program, "--help").stdout
        assert "127.0.0.1:488" in told[told.index("--admin") :][:400], told


def test_w12_directories_are_not_listed(site):
    for path in ("/static", "/static/", "/static/js", "/static/js/"):
        answer = get(site, path)
        assert answer.status == 404 and b"app.js" not in answer.octets, path


TRICKS = """/static/../cellar.txt /static/js/../../cellar.txt /static/%2e%2e/cellar.txt
    /static/..%2fcellar.txt /static/%2e%2e%2fcellar.txt /static/..%5ccellar.txt
    /static/%252e%252e/cellar.txt /static//../cellar.txt /static/./../cellar.txt
    /../cellar.txt //cellar.txt /static/window.txt /static/logo.svg%00.txt
    /static/%c0%ae%c0%ae/cellar.txt /cellar.txt /static/....//cellar.txt
    /static//etc/passwd //etc/passwd /static/%2fetc%2fpasswd""".split()


def test_w12_no_path_leads_out(site):
    for path in TRICKS:
        try:
            answer = get(site, path)
        except http.client.RemoteDisconnected:
            continue  # the library hangs up on what is no path at all
        assert answer.status in (400, 403, 404), path
        assert SECRET.encode() not in answer.octets and b"root:" not in answer.octets, path


# -- who may open a WebSocket


def upgrade(plume, origin=None, path="/connect", **more):
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        **({"Origin": origin} if origin else {}),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    connection = http.client.HTTPConnection("127.0.0.1", plume.gateways[0].port, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.close()
    connection.close()
    return answer


def test_w1_same_origin_and_none_are_welcome(site):
    assert upgrade(site).status == 101
    assert upgrade(site, f"http://127.0.0.1:{site.gateways[0].port}").status == 101


def test_w1_foreign_origins_are_forbidden(site):
    port = site.gateways[0].port
    for origin in (
        "http://evil.example",
        "null",
        f"http://127.0.0.1:{port + 1}",
        f"https://127.0.0.1:{port}",
        f"http://127.0.0.1:{port}.evil.example",
        f"http://evil.example/http://127.0.0.1:{port}",
        f"http://127.0.0.1:{port}0",
        "http://127.0.0.1",
    ):
        assert upgrade(site, origin).status == 403, origin


def test_w1_listed_origins_are_the_only_ones(system):
    system.start_broker()
    system.start_gateway(origin=["https://chat.example", "https://other.example:8443"])
    plume = system.wait_ready()
    assert upgrade(plume, "https://chat.example").status == 101
    assert upgrade(plume, "https://other.example:8443").status == 101
    for origin in (
        "http://chat.example",
        "https://chat.example.evil.example",
        "https://chat.example:444",
        "https://other.example",
        "https://evil-chat.example",
    ):
        assert upgrade(plume, origin).status == 403, origin


def test_w1_a_refused_origin_is_in_the_log_harmless_and_clipped(site):
    gateway = site.gateways[0]
    assert upgrade(site, 'http://evil.example"\\ event=x').status == 403
    line = gateway.wait_for_event("upgrade_refused", status="403")
    assert line["origin"] == r"http://evil.example\x22\x5c event=x"
    assert upgrade(site, "http://" + "e" * 3000).status == 403
    until(lambda: len(gateway.events("upgrade_refused", status="403")) == 2, "the second line")
    clipped = gateway.events("upgrade_refused", status="403")[1]["origin"]
    assert len(clipped) < 128 and clipped.endswith("...")


def test_w1_a_gateway_may_require_an_origin(system):
    system.start_broker()
    system.start_gateway(env={"PLUME_REQUIRE_ORIGIN": "yes"})
    plume = system.wait_ready()
    assert upgrade(plume).status == 403
    assert upgrade(plume, f"http://127.0.0.1:{plume.gateways[0].port}").status == 101


def test_websocket_is_opened_at_connect_only(site):
    assert upgrade(site, path="/").status != 101
    assert upgrade(site, path="/other").status in (400, 403, 404)
    assert 400 <= get(site, "/connect").status < 500


def test_w9_compression_is_not_negotiated(site):
    answer = upgrade(site, Sec_WebSocket_Extensions="permessage-deflate")
    assert answer.status == 101 and not answer.headers["Sec-WebSocket-Extensions"]


def test_the_page_of_this_house_is_served(plume):
    page = get(plume, "/")
    assert page.status == 200 and b"<script" in page.octets
    for path in (process.SOURCE_DIR / "static").rglob("*.*"):
        if path.is_file() and path.name != "index.html":
            name = path.relative_to(process.SOURCE_DIR / "static")
            answer = get(plume, f"/static/{name}")
            assert answer.status == 200 and answer.octets == path.read_bytes(), name
            assert answer.headers["Content-Type"] != "application/octet-stream", name
