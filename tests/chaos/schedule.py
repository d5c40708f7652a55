"""What will go wrong, and when: decided by a seed alone, before anything starts.

Troubles overlap freely, within bounds that make "nobody is away for longer than the grace period"
a promise of the schedule: at any moment one gateway and its links are well, the broker has rests
between its troubles, and no trouble lasts longer than LONGEST.  Only in a storm everything is
killed in one moment; then it may start again at once.
"""

import random
from typing import NamedTuple

LONGEST = 6.0  # seconds
SETTLE = 2.0  # after a trouble's end its target still counts as troubled
REST = 5.0  # of the broker
STORMS = 20.0  # seconds between two, and each in the middle third of its time
JOIN_LATE = 0.1  # of the people enter in the midst of it all
AWAY_UNTIL = 0.6  # of the time: who goes away must be announced and come back

# target: (seconds between two troubles of one target, {what: (shortest, longest)})
# kill and term: how long the process stays away; people: how many
TROUBLES = {
    "broker": (12, {"kill": (0, 1.5), "term": (0, 1), "stop": (0.2, 2.5), "reload": (0, 0)}),
    "gateway": (9, {"kill": (0, 2.5), "term": (0, 2), "stop": (0.2, 6), "reload": (0, 0)}),
    "mailer": (8, {"kill": (0, 3), "term": (0, 2), "stop": (0.2, 4), "reload": (0, 0)}),
    "link": (9, {"partition": (0.3, 6), "lossy": (2, 6), "slow": (2, 6)}),
    "web": (12, {"partition": (0.3, 6), "lossy": (2, 6), "slow": (2, 6)}),
    "people": (1.5, {"cut": (0, 0)}),
}


class Trouble(NamedTuple):
    at: float  # seconds from the beginning
    target: str  # "broker", "gateway-2", "mailer-1", "link-2" (of gateway 2 to the broker),
    # "web-2" (to the people), "people"
    what: str
    lasts: float = 0.0
    who: tuple = ()  # numbers of people

    def __str__(self):
        how = f" for {self.lasts:.2f} s" if self.lasts else ""
        whom = f" {' '.join(map(str, self.who))}" if self.who else ""
        return f"{self.at:8.2f} s  {self.target} {self.what}{whom}{how}"


def make(seed, seconds, gateways, mailers, people, with_links):
    """Troubles in the order of time; each is over before the end."""
    rng = random.Random(seed)
    of_gateways = ("gateway", "link", "web") if with_links else ("gateway",)
    processes = ["broker"] + [f"mailer-{n}" for n in range(1, mailers + 1)]
    processes += [f"gateway-{n}" for n in range(1, gateways + 1)]
    targets = ["people", "broker"] + [f"mailer-{n}" for n in range(1, mailers + 1)]
    targets += [f"{kind}-{n}" for kind in of_gateways for n in range(1, gateways + 1)]
    wishes = sorted(wish for target in targets for wish in _wishes(rng, target, seconds, people))
    troubles = list(_storms(rng, processes, seconds))
    _add_bounded(troubles, wishes, gateways)
    return sorted([*troubles, *_journeys(rng, seconds, people)])


def late_joiners(people):
    """Numbers of those who enter only when "join" comes for them."""
    return range(people - int(people * JOIN_LATE), people)


def _wishes(rng, target, seconds, people):
    kind = target.split("-")[0]
    apart, ways = TROUBLES[kind]
    at = rng.expovariate(1 / apart)
    while at < seconds:
        what = rng.choice(sorted(ways))
        lasts = min(rng.uniform(*ways[what]), seconds - at)
        who = ()
        if kind == "people":
            who = tuple(sorted(rng.sample(range(people), max(1, int(people * rng.random() / 8)))))
        yield Trouble(at, target, what, lasts, who)
        at += lasts + rng.expovariate(1 / apart)


def _storms(rng, processes, seconds):
    for n in range(int(seconds / STORMS)):
        at = (n + rng.uniform(1, 2) / 3) * STORMS
        for target in processes:
            yield Trouble(at, target, "kill")


def _add_bounded(taken, wishes, gateways):
    """Adds the wishes that break no bound."""
    for wish in wishes:
        if wish.target == "broker":
            clash = any(_overlap(wish, t, REST) for t in taken if t.target == "broker")
        elif gateway_of(wish):
            others = {gateway_of(t) for t in taken if _overlap(wish, t, SETTLE)}
            clash = len(others - {None, gateway_of(wish)}) > gateways - 2
        else:
            clash = False
        if not clash:
            taken.append(wish)


def gateway_of(trouble):
    """2 for "gateway-2" and its links, None for what is of no gateway."""
    kind, _, digits = trouble.target.partition("-")
    return int(digits) if kind in ("gateway", "link", "web") else None


def _overlap(a, b, slack):
    return a.at < b.at + b.lasts + slack and b.at < a.at + a.lasts + slack


def _journeys(rng, seconds, people):
    """Who enters late, and who goes away on purpose until everybody was told."""
    late = late_joiners(people)
    early = range(people - len(late))
    away = rng.sample(early, min(len(early) // 5, max(1, round(seconds / 15))))
    for n in late:
        yield Trouble(rng.uniform(0, seconds * 0.8), "people", "join", 0.0, (n,))
    for n in away:
        yield Trouble(rng.uniform(0, seconds * AWAY_UNTIL), "people", "away", 0.0, (n,))
