# SPDX-License-Identifier: BSD-3-Clause
"""Guessing: it ends in waits, and keeps nobody but the guesser out."""

import re

import pytest

from host import STATE, digest
from words import APP

HOME, STRANGER = '192.0.2.7', '203.0.113.9'
WAITS = re.compile(r'Too many wrong codes\. Try again in (\d+ seconds|\d+ '
                   r'minutes?) \(\d\d:\d\d UTC\)\.\n')
FREE = 5


@pytest.fixture
def alice(host):
    host.stack('test', password_line=False, account=False)
    return host.enrol('alice')


def drive(host, *answers, rhost=HOME):
    return host.drive('alice', *answers, options=('--rhost', rhost))


def guess(host, alice, rhost, conversations=2):
    for _ in range(conversations):
        talk = drive(host, *[alice.wrong()] * 3, rhost=rhost)
        assert not talk.let_in
    return talk


def test_after_five_wrong_codes_the_method_waits(host, alice):
    guess(host, alice, HOME)
    assert host.status('alice')['app']['failures'] == FREE
    before = digest(STATE)
    talk = drive(host, alice.code())
    assert talk.result == 'PAM_MAXTRIES'
    assert WAITS.search(talk.prompts[0]) and talk.prompts[0].endswith(APP)
    # Neither verified nor charged.
    assert digest(STATE) == before
    # The other method is not kept waiting.
    talk = drive(host, '', alice.backup, '@new')
    assert talk.let_in and talk.prompts[1].startswith('Backup code')


def test_unlock_ends_the_wait(host, alice):
    guess(host, alice, HOME)
    host.admin('unlock', 'alice', 'app')
    talk = drive(host, alice.code())
    assert talk.let_in and not WAITS.search(talk.prompts[0])


def test_stranger_does_not_keep_the_owner_out(host, alice):
    assert drive(host, alice.code()).let_in
    talk = guess(host, alice, STRANGER, conversations=8)
    assert talk.result == 'PAM_MAXTRIES'
    talk = drive(host, alice.code(1), rhost=STRANGER)
    assert talk.result == 'PAM_MAXTRIES' and len(talk.prompts) == 1
    talk = drive(host, alice.code(1))
    assert talk.let_in, talk
    assert f'last from {STRANGER}.' in talk.prompts[0]


def test_backup_guesses_wait_too_and_cost_argon2_five_times(host, alice):
    for _ in range(3):
        drive(host, '', *[alice.wrong_backup()] * 3)
    talk = drive(host, '', alice.backup, '@new')
    assert talk.result == 'PAM_MAXTRIES'
    talk = drive(host, alice.code())
    assert talk.let_in


def test_success_clears_the_failures_and_refills_no_budget(host, alice):
    """Given back is what the conversation itself spent, and no more."""
    def budget():
        return host.status('alice')['budget']['other']['left']
    full = budget()
    drive(host, alice.wrong(), alice.wrong())
    assert host.status('alice')['app']['failures'] == 2
    assert budget() == full - 2
    assert drive(host, alice.wrong(), alice.code()).let_in
    assert host.status('alice')['app']['failures'] == 0
    assert budget() == full - 2
    assert drive(host, alice.code(1)).prompts == [APP]


def test_right_backup_code_is_charged_until_it_is_confirmed(host, alice):
    drive(host, alice.backup)
    assert host.status('alice')['backup']['failures'] == 1
    assert drive(host, alice.backup, '@new').let_in
    assert host.status('alice')['backup']['failures'] == 0
