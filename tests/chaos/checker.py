"""What everybody saw, held against the promise.  Pure: facts in, sentences about faults out."""

import collections
from dataclasses import dataclass, field
from typing import NamedTuple

ENTERED, LEFT = "entered", "left"


class Post(NamedTuple):
    seq: int
    name: str
    text: str
    id: str | None = None
    event: str | None = None


class Outage(NamedTuple):
    seconds: float
    ended: str  # as in the logs


@dataclass
class Seen:
    """What one person did and saw."""

    name: str
    late: bool = False  # entered in the midst of it all
    posts: list = field(default_factory=list)  # as they arrived, over all connections
    sent: dict = field(default_factory=dict)  # id: text, in the order of writing
    accepted: dict = field(default_factory=dict)  # id: seq
    overtaken: set = field(default_factory=set)  # ids once refused: later ones may come first
    refused: dict = field(default_factory=dict)  # reason: how often
    hellos: int = 0
    auths: int = 0
    sessions: int = 0  # how often a session began
    logins_over: int = 0  # a code redeemed whose answer was lost
    epochs: list = field(default_factory=list)
    away: list = field(default_factory=list)  # Outages
    journeys: int = 0  # times away on purpose until that was announced
    faults: list = field(default_factory=list)  # what broke the protocol


@dataclass
class Room:
    """What the broker says at the end."""

    newest: int
    people: int
    clients: int


def check(everybody, room, grace):
    """Sentences, the most telling first; none: the promise was kept."""
    record = _record(everybody)
    faults = [f"{s.name}: {fault}" for s in everybody for fault in s.faults]
    faults += [fault for s in everybody for fault in _order(s, room.newest)]
    faults += [fault for s in everybody for fault in _sameness(s, record)]
    faults += _authorship(everybody, record)
    faults += [fault for s in everybody for fault in _answers(s, record)]
    faults += [fault for s in everybody for fault in _own_order(s, record)]
    faults += _presence(everybody, record, grace)
    faults += [fault for s in everybody for fault in _logins(s)]
    faults += _room(room, len(everybody))
    return faults


def _record(everybody):
    """The room's lines by seq, as most people saw them."""
    votes = collections.defaultdict(collections.Counter)
    for seen in everybody:
        for post in seen.posts:
            votes[post.seq][post] += 1
    return [votes[seq].most_common(1)[0][0] for seq in sorted(votes)]


def _order(seen, newest):
    """1..N without hole, doubling or disorder; the first deviation is told."""
    expected = 1
    for post in seen.posts:
        if post.seq != expected:
            how = "a hole" if post.seq > expected else "a doubling or disorder"
            return [f"{seen.name}: {how}: expected seq {expected}, got {_brief(post)}"]
        expected += 1
    if expected <= newest:
        return [f"{seen.name}: has posts up to {expected - 1}, the room has {newest}"]
    if expected - 1 > newest:
        return [f"{seen.name}: has posts up to {expected - 1}, but the room ends with {newest}"]
    return []


def _sameness(seen, record):
    common = {post.seq: post for post in record}
    for mine in seen.posts:
        if mine != common[mine.seq]:
            return [f"{seen.name}: saw {_brief(mine)} where others saw {_brief(common[mine.seq])}"]
    if len(seen.epochs) != 1:
        return [f"{seen.name}: was told of {len(seen.epochs)} epochs"]
    return []


def _authorship(everybody, record):
    """Each line was said once, by who is told to have said it."""
    people = {seen.name: seen for seen in everybody}
    where = {}
    faults = []
    for post in record:
        author = people.get(post.name)
        if author is None:
            faults.append(f"{_brief(post)} is by nobody known")
        elif post.event:
            continue
        elif author.sent.get(post.id) != post.text:
            faults.append(f"{_brief(post)} was not said so")
        first = where.setdefault((post.name, post.id), post.seq)
        if not post.event and first != post.seq:
            faults.append(f"{post.id} is in the room twice: {first} and {post.seq}")
    return faults


def _answers(seen, record):
    """What was accepted is there, and everything was answered."""
    faults = []
    unanswered = [id for id in seen.sent if id not in seen.accepted]
    if unanswered:
        faults.append(f"{seen.name}: {len(unanswered)} posts have no answer: {unanswered[:3]}")
    by_seq = {post.seq: post for post in record}
    for id, seq in seen.accepted.items():
        post = by_seq.get(seq)
        if post is None or (post.name, post.id) != (seen.name, id):
            there = _brief(post) if post else "nothing"
            faults.append(f"{seen.name}: {id} was accepted as {seq}, but there is {there}")
    return faults


def _own_order(seen, record):
    """A person's posts stand in the order in which they were written."""
    place = {id: n for n, id in enumerate(seen.sent)}
    last = -1
    for post in record:
        if post.name != seen.name or post.event or post.id not in place:
            continue
        if place[post.id] < last and post.id not in seen.overtaken:
            return [f"{seen.name}: {post.id} came after what was written after it"]
        last = max(last, place[post.id])
    return []


def _presence(everybody, record, grace):
    """Entered once; left only if really away, and then announced once; entered again after it."""
    told = collections.defaultdict(list)
    for post in record:
        if post.event:
            told[post.name].append(post.event)
    faults = []
    for seen in everybody:
        for outage in seen.away:
            if outage.seconds >= grace:
                faults.append(
                    f"{seen.name}: found no way back for {outage.seconds:.1f} s"
                    f" before {outage.ended}"
                )
        due = [ENTERED] + [LEFT, ENTERED] * seen.journeys
        if told[seen.name] != due:
            faults.append(
                f"{seen.name}: was said to have {' '.join(told[seen.name]) or 'done nothing'}, "
                f"due was {' '.join(due)}"
            )
    return faults


def _logins(seen):
    asked = f"{seen.hellos} hellos, {seen.auths} auths, {seen.sessions} sessions"
    if seen.late and seen.sessions == 1:
        return []  # may have had to ask again before being in, but not after it
    if (seen.hellos, seen.auths, seen.sessions) != (1, 1, 1):
        return [f"{seen.name}: had to log in again: {asked}"]
    return []


def _room(room, people):
    if (room.people, room.clients) != (people, people):
        return [f"{people} people are here, the room says {room.people} on {room.clients} clients"]
    return []


def _brief(post):
    what = post.event or post.text
    return f"{post.seq} {post.name}: {what if len(what) <= 40 else what[:40] + '...'}"
