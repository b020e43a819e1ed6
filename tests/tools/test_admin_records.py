# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin as its caller sees it: what it does with records that are there,
what it prints, how it exits, and what it leaves on the disk."""

import json
import os
import re
import time

import pytest

from world import BUILD, FULL, TIME, spoil

def test_status_json_has_the_shape_of_the_design(host):
    host.ok('enrol', 'alice')
    status = host.json('status', 'alice')
    assert status['user'] == 'alice' and status['uid'] == 61001
    app = status['app']
    assert abs(time.time() - time.mktime(time.strptime(
        app['enrolled'] + ' UTC', '%Y-%m-%dT%H:%M:%SZ %Z')) + time.timezone) < 90
    assert (app['digits'], app['period'], app['algorithm'], app['failures']) \
        == (6, 30, 'sha1', 0)
    assert status['phone'] is None and status['sms'] is None
    assert status['default'] == 'app'
    backup = status['backup']
    assert TIME.fullmatch(backup['issued']) and backup['expires'] is None
    assert backup['left'] == 1 and backup['by'] == app['by'] != ''
    assert status['budget'] == FULL
    assert status['failed_attempts'] is None
    assert status['events'][0]['event'] == 'enrolled'


def test_status_names_who_did_it(host):
    if os.getuid() != 0:
        pytest.skip('SUDO_UID is believed of root only')
    done = host.run('--json', 'enrol', 'alice',
                    env=host.environment(SUDO_UID='61002'))
    assert done.returncode == 0
    assert host.json('status', 'alice')['app']['by'] == 'bob'


def test_status_for_people_has_every_part(host):
    host.ok('enrol', 'alice')
    out = host.ok('status', 'alice')
    assert out.startswith('alice (uid 61001)\n')
    for word in ('Authenticator app  set up 20', 'Mobile number      none',
                 'Backup code        made 20', 'Default method     app',
                 'enrolled by'):
        assert word in out


def test_status_of_who_is_not_enrolled_is_1(host):
    done = host.run('--json', 'status', 'alice')
    assert (done.returncode, done.stdout) == (1, '')
    assert done.stderr == 'xsuite-admin: alice is not enrolled\n'


def test_status_of_nobody_is_67(host):
    assert host.run('status', 'mallory').returncode == 67


def test_status_shows_no_secret(host):
    answer = host.json('enrol', 'alice')
    shown = host.ok('status', 'alice') + host.ok('--json', 'status', 'alice') \
        + host.ok('list') + host.ok('status') + host.ok('config')
    for secret in (answer['secret'], *answer['backup_codes'],
                   answer['backup_codes'][0].replace(' ', '')):
        assert secret not in shown


def test_status_of_the_host(host):
    host.ok('enrol', 'alice')
    host.ok('enrol', 'bob')
    status = host.json('status')
    assert status['records'] == 2 and status['key_id'] == 1
    assert status['store'] == 'file' and status['problems'] == []
    assert 'Problems  none\n' in host.ok('status')


def test_status_of_the_host_names_strayed_records(host):
    host.ok('enrol', 'alice')
    host.ok('enrol', 'bob')
    host.accounts(alice=61009)
    problems = host.json('status')['problems']
    assert [(one['uid'], one['what'].split()[0]) for one in problems] == \
        [(61001, 'alice'), (61002, 'bob')]


def test_list_has_a_line_a_record(host):
    for name in ('carol', 'alice'):
        host.ok('enrol', name)
    rows = [json.loads(line) for line in
            host.ok('--json', 'list').splitlines()]
    assert [row['user'] for row in rows] == ['alice', 'carol']
    assert rows[0] == host.json('status', 'alice')
    assert re.match(r'alice +61001  app,backup\ncarol +61003 ',
                    host.ok('list'))


def test_list_of_nobody_is_empty(host):
    assert host.ok('list') == ''


def test_list_goes_on_past_a_spoilt_record(host):
    for name in ('alice', 'bob', 'carol'):
        host.ok('enrol', name)
    spoil(host.record(61002))
    done = host.run('--json', 'list')
    assert done.returncode == 74
    assert [json.loads(line)['user'] for line in done.stdout.splitlines()] \
        == ['alice', 'carol']
    assert 'uid 61002' in done.stderr
    status = host.run('--json', 'status')
    assert status.returncode == 74
    assert [one['uid'] for one in json.loads(status.stdout)['problems']] \
        == [61002]


def test_spoilt_record_is_never_not_enrolled(host):
    host.ok('enrol', 'alice')
    spoil(host.record(61001))
    for command in (['status', 'alice'], ['unlock', 'alice'],
                    ['enrol', 'alice'], ['enrol', 'alice', '--replace']):
        done = host.run(*command)
        assert (done.returncode, done.stdout) == (74, ''), command


# unlock


def log_in_badly(host, times):
    """Wrong codes through libpam and the module, by make demo's program."""
    pexpect = pytest.importorskip('pexpect')
    services = host.path / 'services'
    services.mkdir(exist_ok=True)
    (services / 'other').write_text('auth required pam_deny.so\n')
    (services / 'xsuite-demo').write_text(
        f'auth required {BUILD}/pam_xsuite.so config={host.conf}\n')
    shown = pexpect.spawn(str(BUILD / 'tests' / 'demo' / 'demo_login'),
                          [str(host.path), 'alice'], timeout=20,
                          env=host.environment(), encoding='utf-8')
    for _ in range(times):
        shown.expect('Enter for another method')
        shown.sendline('000000')
    shown.expect('refused')
    shown.close()


def test_unlock_clears_failures_waits_and_budgets(host):
    host.options('fail_delay = 0', 'throttle_free = 2', 'throttle_wait = 1h')
    (host.path / 'enrol.json').write_text(host.ok('--json', 'enrol', 'alice'))
    log_in_badly(host, 3)
    before = host.json('status', 'alice')
    assert before['app']['failures'] == 2
    assert any(before['app']['waiting_until'].values())
    assert 'waits' in host.ok('list')
    assert before['failed_attempts']['count'] == 2

    unlocked = host.json('unlock', 'alice')
    assert unlocked == {'user': 'alice', 'unlocked': ['app', 'sms', 'backup']}
    after = host.json('status', 'alice')
    assert after['app']['failures'] == 0
    assert not any(after['app']['waiting_until'].values())
    assert before['budget'] != FULL == after['budget']
    assert after['events'][0]['event'] == 'unlocked'
    assert after['failed_attempts'] == before['failed_attempts']


def test_unlock_of_one_method_ends_its_wait_for_the_budget_too(host):
    host.options('fail_delay = 0')
    (host.path / 'enrol.json').write_text(host.ok('--json', 'enrol', 'alice'))
    log_in_badly(host, 3)
    assert host.json('status', 'alice')['budget'] != FULL
    host.ok('unlock', 'alice', 'backup')
    assert host.json('status', 'alice')['app']['failures'] == 3
    host.ok('unlock', 'alice', 'app')
    after = host.json('status', 'alice')
    assert after['app']['failures'] == 0
    assert after['budget'] == FULL


def test_replace_clears_failures_and_leaves_the_budget(host):
    host.options('fail_delay = 0')
    (host.path / 'enrol.json').write_text(host.ok('--json', 'enrol', 'alice'))
    log_in_badly(host, 3)
    before = host.json('status', 'alice')
    host.ok('enrol', 'alice', '--replace')
    after = host.json('status', 'alice')
    assert (before['app']['failures'], after['app']['failures']) == (3, 0)
    assert after['budget'] == before['budget'] != FULL


def test_unlock_of_who_is_not_enrolled_is_1(host):
    assert host.run('unlock', 'alice').returncode == 1
    assert host.run('unlock', 'mallory').returncode == 67


# remove


def test_remove_forgets_the_user(host):
    empty = host.files()
    host.ok('enrol', 'alice')
    assert host.json('remove', 'alice') == {'user': 'alice', 'removed': True}
    assert host.run('status', 'alice').returncode == 1
    assert host.run('remove', 'alice').returncode == 1
    left = host.files()
    assert {path for path in left if 'host' not in path.parts} == \
        {path for path in empty if 'host' not in path.parts}
    host.ok('enrol', 'alice')


def test_remove_takes_who_is_no_account_any_more(host):
    host.ok('enrol', 'alice')
    host.ok('enrol', 'bob')
    host.accounts(bob=61002)
    host.ok('remove', 'alice')
    assert host.run('remove', 'alice').returncode == 67
    assert host.ok('list').startswith('bob ')
    assert os.listdir(host.state / 'names') == ['bob']


def test_remove_leaves_the_record_of_a_new_owner_of_the_uid(host):
    """bob went, and carol was given his uid: carol's record is not bob's."""
    host.ok('enrol', 'bob')
    host.accounts(carol=61002)
    assert host.run('remove', 'carol').returncode == 1
    assert host.record(61002).exists()
    host.ok('remove', 'bob')
    assert not host.record(61002).exists()


def test_remove_takes_a_name_without_its_record(host):
    host.ok('enrol', 'alice')
    host.ok('enrol', 'bob')
    host.record(61001).unlink()
    host.accounts(bob=61002, alice=61005)
    assert host.run('status', 'alice').returncode not in (0, 1)
    host.ok('remove', 'alice')
    assert host.run('status', 'alice').returncode == 1
    assert host.json('status', 'bob')['user'] == 'bob'


def test_remove_takes_a_spoilt_record(host):
    host.ok('enrol', 'alice')
    spoil(host.record(61001))
    host.ok('remove', 'alice')
    host.ok('enrol', 'alice')


# adopt


def test_adopt_finds_the_record_of_a_new_uid(host):
    host.ok('enrol', 'alice')
    host.accounts(alice=61009)
    assert host.run('status', 'alice').returncode == 65
    assert host.json('adopt', 'alice') == {
        'user': 'alice', 'uid': 61009, 'adopted': True,
        'former_name': 'alice', 'former_uid': 61001}
    status = host.json('status', 'alice')
    assert status['uid'] == 61009 and status['backup']['left'] == 1
    assert status['events'][0]['event'] == 'adopted'
    assert not host.record(61001).exists()


def test_adopt_takes_the_record_of_a_former_name(host):
    host.ok('enrol', 'alice')
    host.accounts(eve=61001, bob=61002)
    assert host.run('status', 'eve').returncode == 65
    out = host.ok('adopt', 'eve')
    assert 'alice' in out
    assert host.json('status', 'eve')['user'] == 'eve'
    assert os.listdir(host.state / 'names') == ['eve']


def test_adopt_refuses_the_record_of_another_account(host):
    host.ok('enrol', 'alice')
    host.accounts(eve=61001, alice=61009)
    before = host.files()
    done = host.run('adopt', 'eve')
    assert (done.returncode, done.stdout) == (1, '')
    assert 'alice' in done.stderr
    assert host.files() == before
    host.ok('adopt', 'alice')
    assert host.run('status', 'eve').returncode == 1


def test_adopt_refuses_a_uid_that_is_taken(host):
    host.ok('enrol', 'alice')
    host.ok('enrol', 'bob')
    host.accounts(alice=61002, bob=61001)
    before = host.files()
    done = host.run('adopt', 'alice')
    assert (done.returncode, done.stdout) == (1, '')
    assert 'the record of bob' in done.stderr
    assert host.files() == before


def test_adopt_without_need_says_so(host):
    host.ok('enrol', 'alice')
    before = host.files()
    assert 'nothing was changed' in host.ok('adopt', 'alice')
    assert host.json('adopt', 'alice')['adopted'] is False
    assert host.files() == before


def test_adopt_of_who_is_not_enrolled_is_1(host):
    assert host.run('adopt', 'alice').returncode == 1
    assert host.run('adopt', 'mallory').returncode == 67
