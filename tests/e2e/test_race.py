# SPDX-License-Identifier: BSD-3-Clause
"""Many processes, one code, the same instant."""

import collections
import os

import pytest

from host import CROWD
from tally import tally
from words import NOT_RIGHT, USED

ROUNDS = int(os.environ.get('XS_ROUNDS', '200'))
TOGETHER = 32


@pytest.fixture
def stack(host):
    host.stack('test', password_line=False, account=False)


class Fresh:
    """A record as it was at its enrolment, again and again."""

    def __init__(self, host, user):
        self.path = host.record(user)
        self.bytes = self.path.read_bytes()

    def again(self):
        with open(self.path, 'r+b') as file:
            file.write(self.bytes)


def count(talks):
    return collections.Counter(talk.result for talk in talks)


def test_one_app_code_lets_in_once(host, stack):
    alice = host.enrol('alice')
    fresh = Fresh(host, 'alice')
    for n in range(ROUNDS):
        fresh.again()
        talks = host.drive_many([('alice', [alice.code()], TOGETHER)],
                                '--barrier')
        assert count(talks)['PAM_SUCCESS'] == 1, f'round {n}: {count(talks)}'
        for talk in talks:
            assert talk.let_in or talk.prompts[1].startswith(USED), talk
    tally('race, one code, 32 processes', ROUNDS, 'app')


@pytest.mark.parametrize('barrier', ['--barrier', '--barrier=all'])
def test_one_backup_code_lets_in_once(host, stack, barrier):
    """Let go at the first prompt they reach Argon2 together; let go at every
    prompt, all whose code was right confirm together."""
    alice = host.enrol('alice')
    fresh = Fresh(host, 'alice')
    for n in range(ROUNDS // 2):
        fresh.again()
        talks = host.drive_many(
            [('alice', [alice.backup, '@new', ''], TOGETHER)], barrier)
        results = count(talks)
        assert results['PAM_SUCCESS'] == 1, f'round {n}: {results}'
        assert set(results) <= {'PAM_SUCCESS', 'PAM_AUTH_ERR', 'PAM_MAXTRIES',
                                'PAM_CONV_ERR'}, f'round {n}: {results}'
    tally('race, one code, 32 processes', ROUNDS // 2, f'backup {barrier}')


def test_a_crowd_is_let_in_at_once(host, stack):
    people = [host.enrol(user) for user in CROWD]
    talks = host.drive_many([(each.user, [each.code()]) for each in people],
                            '--barrier')
    assert count(talks) == {'PAM_SUCCESS': len(CROWD)}


def test_a_crowd_with_wrong_codes_is_refused_at_once(host, stack):
    people = [host.enrol(user) for user in CROWD]
    talks = host.drive_many([(each.user, [each.wrong()] * 3)
                             for each in people], '--barrier=all')
    assert count(talks) == {'PAM_AUTH_ERR': len(CROWD)}
    assert all(NOT_RIGHT in talk.prompts[2] for talk in talks)
