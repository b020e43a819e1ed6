# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin backup-code as its caller sees it."""

import datetime
import os
import re
import subprocess

import pytest

from world import ADMIN, FULL, TIME, spoil

CODE = r'\d{4} \d{4}'


def lifetime(answer):
    """Seconds from now on."""
    expires = datetime.datetime.fromisoformat(
        answer['expires'].replace('Z', '+00:00'))
    now = datetime.datetime.now(datetime.timezone.utc)
    return (expires - now).total_seconds()


def test_json_is_that_of_the_design(host):
    host.ok('enrol', 'alice')
    answer = host.json('backup-code', 'alice')
    assert list(answer) == ['user', 'backup_codes', 'expires']
    assert answer['user'] == 'alice'
    assert len(answer['backup_codes']) == 1
    assert re.fullmatch(CODE, answer['backup_codes'][0])
    assert TIME.fullmatch(answer['expires'])
    assert 86300 < lifetime(answer) <= 86400


@pytest.mark.parametrize('valid, seconds', [
    ('7d', 604800), ('90m', 5400), ('60', 60), ('1h', 3600)])
def test_valid_says_how_long(host, valid, seconds):
    host.ok('enrol', 'alice')
    answer = host.json('backup-code', 'alice', '--valid', valid)
    assert seconds - 100 < lifetime(answer) <= seconds


@pytest.mark.parametrize('words', [
    [], ['alice', 'bob'], ['--valid'], ['alice', '--valid', '8d'],
    ['alice', '--valid', '59s'], ['alice', '--valid', ''],
    ['alice', '--valid', '-1h'], ['alice', '--valid', '1h', '--for', '2h']])
def test_wrong_words_change_nothing(host, words):
    host.ok('enrol', 'alice')
    before = host.files()
    done = host.run('backup-code', *words)
    assert (done.returncode, done.stdout) == (64, '')
    assert host.files() == before


def test_text_for_people(host):
    host.ok('enrol', 'alice')
    out = host.ok('backup-code', 'alice')
    assert re.match(rf'Backup code for alice: {CODE}\n\nIt works once, until '
                    r'\d{4}-\d\d-\d\d \d\d:\d\d UTC\. ', out)
    assert 'former' not in out
    again = host.ok('backup-code', 'alice')
    assert "The helpdesk's former code does not work any more.\n" in again


def test_clock_that_was_ahead_shortens_no_code(host):
    """A record's expiries go by the latest time it has seen: what is issued
    now would be over already, were that not set to the clock."""
    subprocess.run(
        ['faketime', '-f', '+100d', ADMIN, '--config', host.conf, 'enrol',
         'alice'], check=True, capture_output=True, timeout=60,
        env=host.environment())
    ahead = host.json('status', 'alice')['latest_time_seen']
    answer = host.json('backup-code', 'alice')
    status = host.json('status', 'alice')
    assert status['latest_time_seen'] < answer['expires'] < ahead
    assert status['latest_time_seen'] == status['helpdesk']['issued']


def test_own_code_app_and_budgets_stay(host):
    host.ok('enrol', 'alice')
    before = host.json('status', 'alice')
    host.ok('backup-code', 'alice')
    after = host.json('status', 'alice')
    event, _ = after['events']
    assert event['event'] == 'helpdesk-code' and event['by']
    assert after['latest_time_seen'] >= before['latest_time_seen']
    for changed in (before, after):
        del changed['events'], changed['latest_time_seen']
    assert before.pop('helpdesk') is None
    helpdesk = after.pop('helpdesk')
    assert TIME.fullmatch(helpdesk['issued']) and helpdesk['by']
    assert helpdesk['expires'] > helpdesk['issued']
    assert after == before
    assert re.search(r'left; from the helpdesk \(.+\), until 20',
                     host.ok('status', 'alice'))


def test_who_issued_it_is_told(host):
    if os.getuid() != 0:
        pytest.skip('SUDO_UID is believed of root only')
    done = host.run('backup-code', 'alice',
                    env=host.environment(SUDO_UID='61002'))
    assert done.returncode == 0
    status = host.json('status', 'alice')
    assert status['backup']['by'] == status['events'][0]['by'] == 'bob'


def test_invitation_is_a_record_with_nothing_else(host):
    done = host.run('--json', 'backup-code', 'alice')
    assert done.returncode == 0
    assert 'this code is an invitation' in done.stderr
    assert 'xsuite-admin remove alice' in done.stderr
    status = host.json('status', 'alice')
    assert status['app'] is status['phone'] is None
    assert status['default'] == 'backup'
    assert TIME.fullmatch(status['backup']['expires'])
    assert status['backup']['left'] == 1
    assert status['events'][0]['event'] == 'invitation'
    assert status['budget'] == FULL


def test_enrolled_user_is_not_told_of_an_invitation(host):
    host.ok('enrol', 'alice')
    assert 'invitation' not in host.ok('backup-code', 'alice')


def test_two_invitations_have_nothing_in_common(host):
    for name in ('alice', 'bob'):
        assert host.run('backup-code', name).returncode == 0
    assert host.run('backup-code', 'alice').returncode == 0
    assert len(host.ok('list').splitlines()) == 2


def test_new_invitation_in_the_place_of_an_old_one(host):
    for _ in range(2):
        done = host.run('backup-code', 'alice')
        assert done.returncode == 0 and 'invitation' in done.stderr


def test_method_that_is_not_offered_is_said(host):
    host.options('methods = app')
    host.ok('enrol', 'alice')
    done = host.run('backup-code', 'alice')
    assert done.returncode == 0
    assert 'this host offers no backup codes' in done.stderr


def test_nobody_is_67(host):
    before = host.files()
    assert host.run('backup-code', 'mallory').returncode == 67
    assert host.run('backup-code', '').returncode == 67
    assert host.files() == before


def test_spoilt_record_is_no_invitation(host):
    host.ok('enrol', 'alice')
    spoil(host.record(61001))
    done = host.run('backup-code', 'alice')
    assert (done.returncode, done.stdout) == (74, '')


def test_record_of_another_is_left_alone(host):
    host.ok('enrol', 'alice')
    host.accounts(eve=61001)
    before = host.files()
    done = host.run('backup-code', 'eve')
    assert (done.returncode, done.stdout) == (65, '')
    assert host.files() == before


def test_code_stands_in_no_file(host):
    host.ok('enrol', 'alice')
    code, = host.json('backup-code', 'alice')['backup_codes']
    plain = code.replace(' ', '').encode()
    for body in host.files().values():
        assert not body or (plain not in body and code.encode() not in body)
