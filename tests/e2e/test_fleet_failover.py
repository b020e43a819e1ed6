# SPDX-License-Identifier: BSD-3-Clause
"""The primary is lost in a stream of logins, and its standby takes over: no
code is accepted twice, and logins go on."""

import collections
import itertools
import os
import random
import threading
import time

import pytest

import totp
from host import CROWD
from tally import tally

FAILOVERS = int(os.environ.get('XS_FAILOVERS', '1'))
# The product's own deadline is 5 s. This is what a loaded machine may add.
SECONDS = 8


class Stream:
    """Each code is tried on both hosts at once, and again later."""

    def __init__(self, fleet):
        self.fleet = fleet
        self._people = iter([fleet.hosts[n % 2].enrol(user)
                             for n, user in enumerate(CROWD)])
        self.tried = []
        self.accepted = collections.Counter()

    def fresh(self, count):
        """Codes that are alive for more than half a minute."""
        return [(each.user, totp.code(each.secret, totp.step() + 1))
                for each in itertools.islice(self._people, count)]

    def run(self, codes):
        """How many of the codes let in."""
        persons = [(code, host.person(code[0], [code[1]]))
                   for code in codes for host in self.fleet.hosts]
        talks = self.fleet.drive(*(person for _, person in persons))
        won = [code for (code, _), talk in zip(persons, talks) if talk.let_in]
        self.accepted.update(won)
        self.tried += codes
        return len(won)

    def check(self):
        """Every code once more: those that let in nobody, too, have been
        used up or are used up now."""
        self.run(list(dict.fromkeys(self.tried)))
        assert set(self.accepted.values()) == {1}, self.accepted


@pytest.fixture
def stream(fleet):
    fleet.add_standby()
    return Stream(fleet)


def lose_by_kill(fleet):
    fleet.primary.kill()


def lose_by_power(fleet):
    """Its address does not answer any more, not even with a refusal."""
    fleet.network.cut(fleet.primary.address)
    fleet.primary.kill()


@pytest.mark.parametrize('n', range(FAILOVERS))
@pytest.mark.parametrize('lose', [lose_by_kill, lose_by_power])
def test_failover_accepts_no_code_twice(fleet, stream, lose, n):
    doomed = threading.Timer(random.Random(n).uniform(0, 0.6),
                             lose, [fleet])
    assert stream.run(stream.fresh(4)) == 4
    doomed.start()
    for _ in range(4):
        stream.run(stream.fresh(4))
    doomed.join()

    fleet.standby.promote()
    begun = time.monotonic()
    assert stream.run(stream.fresh(1)) == 1
    assert time.monotonic() - begun < SECONDS
    assert stream.run(stream.fresh(4)) == 4
    stream.check()
    tally('primary lost in a stream of logins', 1, lose.__name__)


def test_former_primary_that_comes_back_takes_no_code(fleet, stream):
    """It does not know that it was replaced, and is the first in the list:
    whoever comes to it is refused, with a used code as with a fresh one."""
    fleet.primary.kill()
    fleet.standby.promote()
    used, fresh = stream.fresh(2), stream.fresh(2)
    assert stream.run(used) == 2
    fleet.primary.start()
    assert stream.run(used + fresh) == 0
    # Nor does it say that somebody has no record.
    (talk,) = fleet.drive(fleet.hosts[0].person('alice', []))
    assert not talk.let_in, talk
    fleet.primary.kill()
    assert stream.run(fresh) == 2
    stream.check()
