# SPDX-License-Identifier: BSD-3-Clause
"""Two hosts, one database: a code that is used on one is dead on both."""

import collections
import os

import pytest

from fleet import TABLE
from tally import tally
from words import USED

ROUNDS = int(os.environ.get('XS_ROUNDS', '20'))
TOGETHER = 16  # on each of the two


class Fresh:
    """A row as it was at the enrolment, again and again."""

    def __init__(self, fleet, user):
        self.sql = fleet.primary.sql
        self.user = user
        self.sql(f'CREATE TABLE fresh AS SELECT * FROM {TABLE} '
                 f"WHERE name = '{user}'")

    def again(self):
        self.sql(f"DELETE FROM {TABLE} WHERE name = '{self.user}'; "
                 f'INSERT INTO {TABLE} SELECT * FROM fresh')


def race(fleet, answers, *options):
    """Everybody on both hosts comes with the same answers at once."""
    return fleet.drive(*(host.person('alice', answers, TOGETHER)
                         for host in fleet.hosts), options=options)


def count(talks):
    return collections.Counter(talk.result for talk in talks)


def test_one_app_code_lets_in_on_one_host(fleet):
    alice = fleet.hosts[0].enrol('alice')
    fresh = Fresh(fleet, 'alice')
    for n in range(ROUNDS):
        fresh.again()
        talks = race(fleet, [alice.code()], '--barrier')
        assert count(talks)['PAM_SUCCESS'] == 1, f'round {n}: {count(talks)}'
        for talk in talks:
            assert talk.let_in or talk.prompts[1].startswith(USED), talk
    tally('race, one code, two hosts', ROUNDS, 'app')


@pytest.mark.parametrize('barrier', ['--barrier', '--barrier=all'])
def test_one_backup_code_lets_in_on_one_host(fleet, barrier):
    """Let go at the first prompt they reach Argon2 together; let go at every
    prompt, all whose code was right confirm together."""
    alice = fleet.hosts[1].enrol('alice')
    fresh = Fresh(fleet, 'alice')
    for n in range(ROUNDS // 2):
        fresh.again()
        talks = race(fleet, [alice.backup, '@new', ''], barrier)
        results = count(talks)
        assert results['PAM_SUCCESS'] == 1, f'round {n}: {results}'
        assert set(results) <= {'PAM_SUCCESS', 'PAM_AUTH_ERR', 'PAM_MAXTRIES',
                                'PAM_CONV_ERR'}, f'round {n}: {results}'
    tally('race, one code, two hosts', ROUNDS // 2, f'backup {barrier}')
