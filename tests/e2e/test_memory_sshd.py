# SPDX-License-Identifier: BSD-3-Clause
"""What a login leaves in the memory of the real sshd."""

import base64
import pathlib
import re

import pytest

import sshd as processes
from host import KEY, password
from terminal import shown_code
from words import APP, BACKUP, PASSWORD, SUCCESSOR

STAY = 'echo IN; read line; echo OUT'


def below(pid):
    """The processes that a process has started, and theirs."""
    parents = dict(processes.parents())
    found = {pid}
    while True:
        more = {each for each, parent in parents.items()
                if parent in found} - found
        if not more:
            return found - {pid}
        found |= more


def is_sshd(pid):
    try:
        return pathlib.Path(f'/proc/{pid}/exe').readlink().name == 'sshd'
    except OSError:
        return False


def found_in(pid, needles):
    """Which of the needles stand in what a process can write."""
    found = set()
    with open(f'/proc/{pid}/mem', 'rb', 0) as memory:
        for line in pathlib.Path(f'/proc/{pid}/maps').read_text(
                encoding='utf-8').splitlines():
            at = re.match(r'([0-9a-f]+)-([0-9a-f]+) rw', line)
            if not at:
                continue
            first, last = (int(each, 16) for each in at.groups())
            memory.seek(first)
            try:
                held = memory.read(last - first)
            except OSError:
                continue
            found |= {name for name, needle in needles.items()
                      if needle in held}
    return found


@pytest.fixture
def sshd(host):
    host.stack('sshd')
    return host.sshd()


def needles_of(host, alice):
    secret = alice.secret + '=' * (-len(alice.secret) % 8)
    key = KEY.read_text(encoding='ascii').split()[-1]
    return {'key': bytes.fromhex(key), 'key in hex': key.encode(),
            'secret': base64.b32decode(secret),
            'secret in base32': alice.secret.encode()}


def test_no_key_and_no_secret_stays_in_sshd(host, sshd):
    alice = host.enrol('alice')
    needles = needles_of(host, alice)
    t = host.ssh(sshd, 'alice', STAY)
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    # While the module asks, the key is in use: the search has to find it.
    asking = {name for pid in below(sshd.pid) if is_sshd(pid)
              for name in found_in(pid, needles)}
    assert 'key' in asking
    t.type('')
    t.asked(BACKUP)
    t.type(alice.backup)
    new = shown_code(t.asked(SUCCESSOR))
    t.type(new)
    t.sees('IN')
    held = {pid: found_in(pid, needles) for pid in below(sshd.pid)
            if is_sshd(pid)}
    assert len(held) >= 2
    assert not any(held.values()), held
    assert not found_in(sshd.pid, needles)
    t.type('')
    assert t.ended()[1] == 0
