"""The bus, byte for byte: another msgpack implementation reads and writes the same frames."""

import pathlib
import subprocess

import msgpack
import pytest
from plume import process

GOLDEN = sorted((process.SOURCE_DIR / "tests/golden").glob("bus-1.*.hex"))
VERSION = (1, len(GOLDEN) - 1)  # each minor has a golden file
SAMPLES = process.BIN_DIR.parent / "tests/bus_samples"


def frames_of(text):
    """{"14 say": the frame's bytes}"""
    frames = {}
    for line in text.splitlines():
        number, name, octets = line.split(" ")
        frames[f"{number} {name}"] = bytes.fromhex(octets)
    return frames


@pytest.fixture(scope="module")
def samples():
    assert pathlib.Path(SAMPLES).exists(), f"{SAMPLES} is not built"
    return frames_of(process.run("../tests/bus_samples").stdout)


def test_frames_are_the_golden_ones(samples):
    golden = frames_of(GOLDEN[-1].read_text())
    assert samples, "there are samples"
    # A new minor adds kinds and fields and gets a golden file of its own.
    assert samples == golden


def test_python_reads_every_frame(samples):
    for name, octets in samples.items():
        kind, _ = name.split(" ")
        major, minor, message = msgpack.unpackb(octets, strict_map_key=True)
        assert (major, minor) == VERSION, name
        assert message[0] == int(kind), name
        for field in message[1:]:
            assert isinstance(field, (bool, int, str)), name
            assert field is True or field is False or isinstance(field, str) or field >= 0


def test_python_writes_the_same_bytes(samples):
    for name, octets in samples.items():
        assert msgpack.packb(msgpack.unpackb(octets)) == octets, name


def test_every_width_of_numbers_and_strings_is_among_them(samples):
    tags = {0xCC, 0xCD, 0xCE, 0xCF, 0xD9, 0xDA, 0xC2, 0xC3}
    found = set()
    for octets in samples.values():
        for field in msgpack.unpackb(octets)[2]:
            found.add(msgpack.packb(field)[0])
    assert tags <= found
    assert any(tag <= 0x7F for tag in found) and any(0xA0 <= tag <= 0xBF for tag in found)


def test_the_example_of_the_document_is_true():
    assert msgpack.packb([1, 1, [1, 3, 7, 42]]).hex(" ") == "93 01 01 94 01 03 07 2a"
    document = (process.SOURCE_DIR / "docs/PROTOCOL.md").read_text()
    assert "`93 01 01 94 01 03 07 2a`" in document


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_frames_of_every_minor_are_read(golden):
    done = subprocess.run(
        [SAMPLES, "read"], input=golden.read_text(), capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(golden.read_text().splitlines()) > 30
    assert all(line.endswith(" ok") for line in lines), lines
