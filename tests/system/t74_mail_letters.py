"""What letters look like, whatever people call themselves (SECURITY 6: M1 to M3)."""

import html.parser
import pathlib
import re
import subprocess

import pytest
from plume.mail_desk import REFUSED, SENT
from plume.process import SOURCE_DIR

HEADERS = """Date From To Message-ID Subject Auto-Submitted X-Auto-Response-Suppress Content-Language
    MIME-Version Content-Type""".split()

NAMES = [
    "Ann\r\nBcc: eve@evil.example",
    "Ann\nBcc: eve@evil.example\n\nbody",
    "Ann\rBcc: eve@evil.example",
    "\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n",
    ".",
    "..",
    ".\r\n.\r\n",
    '"Ann" <eve@evil.example>',
    "=?utf-8?q?Ann?=",
    "=?utf-8?b?QW5uDQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=",
    "Ann\u2028Bcc: eve@evil.example",
    "Ann\u2029Bcc: eve@evil.example",
    "Ann\u0085Bcc: eve@evil.example",
    "Ann\x00Bcc: eve@evil.example",
    "Ann\x0bBcc:\x0ceve",
    "\u202eAnn\u2066\u200b",
    "<script>alert(1)</script>",
    "<img src=http://evil.example/x>",
    "&lt;b&gt;",
    "%s%n%x",
    "--=_plume_",
    "http://evil.example/login",
    "Ünïcödé 🪶",
    "a" * 120,
    "\u00fc" * 60,
]

ADDRESSES = [
    "ann@a.example\r\nBcc: eve@evil.example",
    "ann@a.example\nRCPT TO:<eve@evil.example>",
    "ann@a.example>\r\nDATA",
    "ann@a.example, eve@evil.example",
    "ann@a.example eve@evil.example",
    '"ann"@a.example',
    "Ann <ann@a.example>",
    "ann@a.example\u2028",
    "ann@a.example\u0085",
    "ann@a.example\x00",
    "=?utf-8?q?ann?=@a.example@b.example",
    "ann@[127.0.0.1]",
    "ann@a..example",
    ".ann@a.example",
    "-ann",
    "@",
    "ann@",
    "ann@a.example.",
    "änn@a.example",
]


def second_opinion(raw):
    """The names of the headers, and {type: text}, as Perl reads them."""
    tool = pathlib.Path(SOURCE_DIR) / "tests/support/mime_outline"
    done = subprocess.run([tool], input=raw, stdout=subprocess.PIPE, check=True)
    lines = [line.split(" ") for line in done.stdout.decode().splitlines()]
    names = [line[1] for line in lines if line[0] == "header"]
    parts = {line[1]: bytes.fromhex(line[2]).decode() for line in lines if line[0] == "part"}
    return names, parts


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("href", "src", "action")]


def test_m1_m2_no_name_becomes_more_than_a_name(sink, desk, start):
    start(public_url="https://chat.example/")
    letters = [desk.post(f"p{n}@a.example", name=name) for n, name in enumerate(NAMES)]
    for letter in letters:
        desk.wait_state(letter, SENT)
        mail = sink.letter_to(letter.email)
        assert mail.keys() == HEADERS
        assert mail["To"] == letter.email and mail["Subject"].endswith(f" {letter.code}")
        assert mail.envelope_to == [letter.email]

        names, parts = second_opinion(mail.raw)
        assert names == HEADERS
        plain, rich = (part.get_content() for part in mail.iter_parts())
        assert list(parts) == ["text/plain", "text/html"]
        assert parts["text/plain"].split() == plain.split()
        assert parts["text/html"].split() == rich.split()
        for text in (plain, rich):
            assert re.findall(r"(?<!\d)\d{8}(?!\d)", text) == [letter.code]
            lines = text.replace("\r\n", "\n")
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]", lines)
        page = Page(rich)
        assert set(page.tags) <= set("html head meta title body p bdi br small a".split())
        assert page.links == ["https://chat.example/"]
        assert all(len(line) <= 998 for line in mail.raw.split(b"\r\n"))
    assert len(sink.letters) == len(NAMES)


def test_m1_no_bad_address_reaches_the_server(system, sink, desk, start):
    start()
    letters = [desk.post(address) for address in ADDRESSES]
    good = desk.post("good@a.example")
    desk.wait_state(good, SENT)
    for letter in letters:
        desk.wait_state(letter, REFUSED)
    assert [letter.envelope_to for letter in sink.letters] == [["good@a.example"]]
    assert len(system.audit(kind="attempt", result="refused")) == len(ADDRESSES)


@pytest.mark.parametrize("field", ["name", "email", "code", "reference"])
def test_m1_ten_kilobytes_are_no_letter(sink, desk, start, field):
    mailer = start()
    fields = {"email": "ann@a.example", field: "a" * 10000}
    letter = desk.post(**fields)
    mailer.wait_for_event("bus_refused")
    letter.ends = 0  # the broker has no more of it
    desk.wait_state(desk.post("good@a.example"), SENT)
    assert len(sink.letters) == 1 and not letter.reports


def test_m1_no_code_nor_reference_breaks_a_header(sink, desk, start):
    start()
    bad = [
        desk.post("ann@a.example", code="1234\r\nBcc: e@e.e"),
        desk.post("ann@a.example", code="12 34"),
        desk.post("ann@a.example", reference="K7\r\nX: y"),
    ]
    for letter in bad:
        desk.wait_state(letter, REFUSED)
    assert not sink.letters


def test_m2_lines_of_dots_arrive_as_they_are(sink, desk, start):
    start(room="..Tea..")
    desk.wait_state(desk.post("ann@a.example", name="."), SENT)
    (mail,) = sink.letters
    assert "your login code for ..Tea.. is" in mail.get_body(("plain",)).get_content()


def test_m3_headers_that_keep_machines_quiet(sink, desk, start):
    start()
    letters = [desk.post(f"p{n}@a.example", asked_ms=1769860980000) for n in range(20)]
    for letter in letters:
        desk.wait_state(letter, SENT)
    for mail in sink.letters:
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["X-Auto-Response-Suppress"] == "All" and mail["Content-Language"] == "en"
        assert mail["Date"] == "Sat, 31 Jan 2026 12:03:00 +0000"  # when the code was asked for
        assert not [name for name in mail.keys() if name.startswith("List-")]
    assert len({mail["Message-ID"] for mail in sink.letters}) == 20


def test_c11_code_is_in_the_subject_unless_it_is_taken_out(sink, desk, start):
    with_code = start(audit="one.db")
    letter = desk.post("ann@a.example")
    desk.wait_state(letter, SENT)
    with_code.drain()
    start(env={"PLUME_CODE_IN_SUBJECT": "no"}, audit="two.db")
    other = desk.post("bob@a.example")
    desk.wait_state(other, SENT)
    assert letter.code in sink.letters[0]["Subject"]
    assert other.code not in sink.letters[1]["Subject"]
    assert other.code in sink.letters[1].get_body(("plain",)).get_content()


def test_c14_letters_tell_when_they_were_asked_for_and_their_reference(sink, desk, start):
    start()
    desk.wait_state(desk.post("ann@a.example", reference="K7Q-2MX", asked_ms=1769860980000), SENT)
    desk.wait_state(desk.post("ann@a.example", reference="P3R-9AB", asked_ms=1769861100000), SENT)
    wanted = [("2026-01-31 at 12:03 UTC", "K7Q-2MX"), ("2026-01-31 at 12:05 UTC", "P3R-9AB")]
    for mail, words in zip(sink.letters, wanted, strict=True):
        for part in mail.iter_parts():
            assert all(word in part.get_content() for word in words)
