# SPDX-License-Identifier: BSD-3-Clause
"""The database cannot be reached, or not as it should: refused within the
deadline, one line that says why, nothing counted against anyone, and nothing
else to fall back to."""

import contextlib
import pathlib
import re
import subprocess
import sys
import time

import pytest

from fleet import NAMES
from host import password
from postgres import PORT
from words import APP, PASSWORD

PROXY = pathlib.Path(__file__).with_name('pg_proxy.py')

# The product's own deadline is 5 s. This is what a loaded machine may add.
SECONDS = 8
UNAVAIL = 'PAM_AUTHINFO_UNAVAIL'


@pytest.fixture
def alice(fleet):
    return fleet.hosts[0].enrol('alice')


@contextlib.contextmanager
def in_time():
    begun = time.monotonic()
    yield
    took = time.monotonic() - begun
    assert took < SECONDS, f'{took:.1f} s'


@contextlib.contextmanager
def cut(fleet):
    """Nothing that a host sends arrives any more."""
    for server in fleet.servers:
        fleet.network.cut(server.address)
    try:
        yield
    finally:
        fleet.network.mend()


@contextlib.contextmanager
def deaf(fleet):
    """Nothing comes back from the servers."""
    for host in fleet.hosts:
        fleet.network.cut(host.address)
    try:
        yield
    finally:
        fleet.network.mend()


@contextlib.contextmanager
def killed(fleet):
    fleet.primary.kill()
    try:
        yield
    finally:
        fleet.primary.start()


HARMS = {'cut': cut, 'deaf': deaf, 'killed': killed,
         'stopped': lambda fleet: fleet.primary.stopped()}


def attempt(fleet, host, *answers):
    host.log.clear()
    with in_time():
        (talk,) = fleet.drive(host.person('alice', answers))
    return talk, host.log.module()


def said_once(lines):
    """One line, which says who was refused, why and where."""
    assert len(lines) == 1, lines
    assert re.match('unavailable user=alice reason=(state|commit) '
                    '(.* )?what="postgresql: ', lines[0]), lines
    assert any(name in lines[0] for name in NAMES), lines


def lets_in(fleet, host, alice):
    (talk,) = fleet.drive(host.person('alice', [alice.code()]))
    assert talk.let_in, (talk, host.log.module())


@pytest.mark.parametrize('harm', HARMS)
def test_away_before_the_login_refuses(fleet, alice, harm):
    """Nobody is asked for a code that could not be looked at."""
    before = fleet.row('alice')
    host = fleet.hosts[1]
    with HARMS[harm](fleet):
        talk, lines = attempt(fleet, host, alice.code())
    assert (talk.result, talk.prompts) == (UNAVAIL, []), talk
    said_once(lines)
    assert fleet.row('alice') == before
    lets_in(fleet, host, alice)


@pytest.fixture
def prompts(fleet, alice):
    """Two real logins of hers on the second host, at our prompt."""
    host = fleet.hosts[1]
    host.stack('sshd', password_line=True)
    sshd = host.sshd()
    both = [host.ssh(sshd, 'alice', 'echo IN:$((40+2))') for _ in range(2)]
    for t in both:
        t.asked(PASSWORD)
        t.type(password('alice'))
        t.asked(APP)
    host.log.clear()
    return both


@pytest.mark.parametrize('harm', HARMS)
def test_away_at_the_prompt_refuses(fleet, alice, prompts, harm):
    """Right and wrong alike; and the right code is still good afterwards."""
    before = fleet.row('alice')
    code = alice.code(1)
    with HARMS[harm](fleet), in_time():
        for t, typed in zip(prompts, (code, alice.wrong())):
            t.type(typed)
        ends = [t.ended() for t in prompts]
    assert ends[0] == ends[1], ends
    assert ends[0][1] == 255 and 'IN:42' not in ends[0][0], ends
    lines = fleet.hosts[1].log.module()
    assert len(lines) == 2 and lines[0] == lines[1], lines
    said_once(lines[:1])
    assert fleet.row('alice') == before
    (talk,) = fleet.drive(fleet.hosts[0].person('alice', [code]))
    assert talk.let_in, talk


def test_dead_standby_refuses(fleet, alice):
    """A commit that nobody else has is not taken for one."""
    fleet.add_standby()
    fleet.standby.kill()
    code = alice.code()
    talk, lines = attempt(fleet, fleet.hosts[0], code)
    assert talk.result == UNAVAIL, (talk, lines)
    said_once(lines)
    fleet.standby.start()
    # Its outcome is not known: it lets in on one host at most.
    talks = fleet.drive(*(host.person('alice', [code])
                          for host in fleet.hosts))
    assert sum(talk.let_in for talk in talks) <= 1, talks
    (talk,) = fleet.drive(fleet.hosts[0].person('alice', [alice.code(1)]))
    assert talk.let_in, talk


# The answer to the commit is lost on the way.

PROXY_PORT = 5433
LOST = {'before': False, 'deaf': False, 'after': True, 'silent': True}


@pytest.fixture
def proxy(fleet):
    """Between the second host and the server, in clear."""
    started = []

    def start(harm):
        server = fleet.primary
        process = subprocess.Popen(
            [*server.place.wrap, sys.executable, PROXY, server.address,
             str(PROXY_PORT), server.address, str(PORT), harm, 'COMMIT'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == 'listening\n'
        fleet.configure(fleet.hosts[1], host=NAMES[0], port=PROXY_PORT,
                        sslmode='disable', sslrootcert=None)
        return process
    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize('harm', LOST)
def test_lost_commit_refuses(fleet, alice, proxy, harm):
    before = fleet.row('alice')
    code = alice.code()
    outcomes = []
    process = proxy(harm)
    for typed in (code, alice.wrong()):
        talk, lines = attempt(fleet, fleet.hosts[1], typed)
        assert talk.result == UNAVAIL, (talk, lines)
        assert process.stdout.readline() == 'harm\n'
        said_once(lines)
        outcomes.append((talk.said, lines))
    assert outcomes[0] == outcomes[1], outcomes
    assert (fleet.row('alice') != before) == LOST[harm]
    talks = fleet.drive(*[fleet.hosts[0].person('alice', [code])] * 2)
    assert sum(talk.let_in for talk in talks) == (not LOST[harm]), talks
