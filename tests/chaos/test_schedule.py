"""The schedule is its seed's alone, and keeps the bounds that the checker relies on."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import schedule  # noqa: E402

MINUTE = {"seconds": 60, "gateways": 3, "mailers": 2, "people": 50, "with_links": True}


def test_a_seed_tells_everything():
    assert schedule.make(1, **MINUTE) == schedule.make(1, **MINUTE)
    assert schedule.make(1, **MINUTE) != schedule.make(2, **MINUTE)


@pytest.mark.parametrize("seed", range(50))
def test_bounds(seed):
    troubles = schedule.make(seed, **MINUTE)
    assert troubles == sorted(troubles)
    assert all(0 <= t.at and t.at + t.lasts <= 60 + 1e-9 for t in troubles)
    assert all(t.lasts <= schedule.LONGEST for t in troubles)
    storms = {t.at for t in troubles if t.target == "broker"}
    storms &= {t.at for t in troubles if t.target == "mailer-1"}
    assert len(storms) == 3
    for t in troubles:
        at_once = {
            schedule.gateway_of(u)
            for u in troubles
            if u.at <= t.at < u.at + u.lasts + schedule.SETTLE and u.at not in storms
        } - {None}
        assert len(at_once) < MINUTE["gateways"], "one gateway is well"
    brokers = [t for t in troubles if t.target == "broker"]
    for one, next in zip(brokers, brokers[1:]):
        assert next.at - (one.at + one.lasts) >= schedule.REST


def test_everything_happens_in_some_minute():
    seen = {(t.target.split("-")[0], t.what) for n in range(50) for t in schedule.make(n, **MINUTE)}
    due = {(kind, what) for kind, (_, ways) in schedule.TROUBLES.items() for what in ways}
    assert seen == due | {("people", "join"), ("people", "away")}


def test_several_at_once():
    troubles = [t for t in schedule.make(3, **MINUTE) if t.lasts]
    assert any(a.at < b.at < a.at + a.lasts for a in troubles for b in troubles)
