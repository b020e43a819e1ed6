# SPDX-License-Identifier: BSD-3-Clause
"""A code of the helpdesk's: beside the user's own, ended by use or by time,
and the invitation of somebody who has nothing yet."""

import json
import re
import subprocess

import pytest

from host import ADMIN, ENVIRONMENT
from terminal import shown_code
from words import APP, SUCCESSOR, USED_ELSEWHERE

LINE = re.compile(r'xsuite-admin\[\d+\]: (helpdesk-code|invitation) (.*)')


@pytest.fixture
def stacked(host):
    host.stack('test', password_line=False, account=False)
    return host


@pytest.fixture
def alice(stacked):
    return stacked.enrol('alice')


def admin_at(offset, *words):
    """xsuite-admin with a clock that is wrong by so much."""
    return subprocess.run(
        ['faketime', '-f', offset, ADMIN, *words], check=True, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, env=ENVIRONMENT,
        timeout=60)


def issue(host, user, *options, ago=None):
    """The code; as if it had been issued so long ago."""
    words = ('--json', 'backup-code', user, *options)
    done = admin_at(f'-{ago}', *words) if ago else host.admin(*words)
    code, = json.loads(done.stdout)['backup_codes']
    host.secrets.append(code)
    return code


def logged(host):
    return [match.groups() for match in map(LINE.search, host.log.lines())
            if match]


def test_code_lets_in_once_and_brings_an_own_one(host, alice):
    code = issue(host, 'alice')
    talk = host.drive('alice', code, '@new')
    assert talk.let_in and talk.method == 'backup'
    new = talk.new_code()
    status = host.status('alice')
    assert status['events'][0]['event'] == 'helpdesk-code-used'
    assert status['backup'] == {**status['backup'], 'by': 'alice',
                                'expires': None, 'left': 1}
    assert status['helpdesk'] is None
    assert not host.drive('alice', code, '@new').let_in
    # The commit that retired it retired the older own one as well.
    assert not host.drive('alice', alice.backup, '@new').let_in
    assert host.drive('alice', new, '@new').let_in
    assert host.drive('alice', alice.code()).let_in


def test_code_unconfirmed_stays(host, alice):
    code = issue(host, 'alice')
    assert not host.drive('alice', code, '0').let_in
    assert host.drive('alice', code, '@new').let_in


@pytest.mark.parametrize('other', ['app', 'backup'])
def test_own_ways_in_work_beside_it(host, alice, other):
    issue(host, 'alice')
    answers = (alice.code(),) if other == 'app' else (alice.backup, '@new')
    talk = host.drive('alice', *answers)
    assert talk.let_in and talk.prompts[0] == APP
    assert talk.method == other


def test_code_beside_a_set_retires_the_set(stacked):
    host = stacked
    host.config('backup_codes = 3\n')
    alice = host.enrol('alice')
    code = issue(host, 'alice')
    assert host.drive('alice', alice.backup_codes[1]).let_in
    talk = host.drive('alice', code, '@new')
    assert talk.let_in
    assert host.status('alice')['backup']['left'] == 3
    for old in (*alice.backup_codes, code):
        host.admin('unlock', 'alice')
        assert not host.drive('alice', old, '@new').let_in


def test_code_of_another_form_than_the_own_one(host, alice):
    host.config('backup_format = base32:13\n')
    code = issue(host, 'alice')
    assert re.fullmatch(r'(\w{4} ){3}\w', code)
    assert host.drive('alice', '', alice.wrong_backup(), code.lower(),
                      '@new').let_in


def test_new_code_replaces_the_former(host, alice):
    former = issue(host, 'alice')
    code = issue(host, 'alice')
    assert not host.drive('alice', former, '@new').let_in
    assert host.drive('alice', code, '@new').let_in


def test_code_of_one_user_is_not_that_of_another(host, alice):
    host.enrol('bob')
    code = issue(host, 'alice')
    assert not host.drive('bob', code, '@new').let_in


def test_code_whose_time_is_over_is_refused(host, alice):
    code = issue(host, 'alice', '--valid', '1h', ago='2h')
    talk = host.drive('alice', code, alice.code())
    assert talk.prompts[1].startswith('That backup code has expired.\n')
    assert talk.let_in
    assert host.log.wait('^refused .*reason=expired')
    # The own one is untouched by it.
    assert host.drive('alice', alice.backup, '@new').let_in


def test_code_within_its_time_lets_in(host, alice):
    code = issue(host, 'alice', '--valid', '3h', ago='2h')
    assert host.drive('alice', code, '@new').let_in


def test_clock_that_once_ran_ahead_does_not_end_the_code(host, alice):
    admin_at('+30d', 'unlock', 'alice')
    code = issue(host, 'alice')
    assert host.drive('alice', code, '@new').let_in


def test_code_replaced_while_its_successor_is_shown(host, alice):
    """What is typed back then confirms nothing."""
    code = issue(host, 'alice')
    host.stack('sudo', password_line=False)
    code = issue(host, 'alice')
    t = host.sudo('alice', 'id')
    t.asked(APP)
    t.type(code)
    new = shown_code(t.asked(SUCCESSOR))
    issue(host, 'alice')
    t.type(new)
    t.asked(USED_ELSEWHERE)


# Invitations.


def test_invitation_lets_in_once_and_leaves_an_own_code(stacked):
    host = stacked
    code = issue(host, 'alice')
    assert host.status('alice')['events'][0]['event'] == 'invitation'
    talk = host.drive('alice', code, '@new')
    assert talk.let_in and talk.prompts[0] == 'Backup code: '
    assert not host.drive('alice', code).let_in
    assert host.drive('alice', talk.new_code(), '@new').let_in


def test_invitation_asks_whom_the_policy_let_pass(stacked):
    host = stacked
    host.config('not_enrolled = pass\n')
    assert host.drive('alice').let_in
    issue(host, 'alice')
    assert not host.drive('alice', '00000000').let_in


def test_invitation_that_ran_out_refuses_until_a_new_one(stacked):
    host = stacked
    code = issue(host, 'alice', '--valid', '1h', ago='2h')
    talk = host.drive('alice', code, '@new')
    assert not talk.let_in and not talk.prompts
    assert host.log.wait('^refused .*reason=no-method')
    code = issue(host, 'alice')
    assert host.drive('alice', code, '@new').let_in


def test_invitation_that_ran_out_refuses_until_removed(stacked):
    host = stacked
    issue(host, 'alice', '--valid', '1h', ago='2h')
    assert not host.drive('alice').let_in
    host.admin('remove', 'alice')
    assert host.drive('alice').let_in


def test_enrolment_replaces_an_invitation(stacked):
    host = stacked
    code = issue(host, 'alice')
    alice = host.enrol('alice', '--replace')
    assert not host.drive('alice', code, '@new').let_in
    assert host.drive('alice', alice.code()).let_in


# Who did it.


def test_issuing_is_logged_with_its_end_and_without_the_code(host, alice):
    code = issue(host, 'alice', '--valid', '2h')
    (word, rest), = logged(host)
    assert word == 'helpdesk-code'
    assert re.fullmatch(r'user=alice by=\S+ valid-until=\d{4}-\d\d-\d\dT'
                        r'\d\d:\d\d:\d\dZ', rest)
    assert code.replace(' ', '') not in rest
    host.log.clear()
    issue(host, 'bob')
    (word, rest), = logged(host)
    assert word == 'invitation' and rest.startswith('user=bob by=')


def test_issuing_through_sudo_names_the_caller(host, alice):
    host.stack('sudo')
    host.add_to_sudoers(f'bob ALL=(root) NOPASSWD: {ADMIN}')
    t = host.sudo('bob', ADMIN, 'backup-code', 'alice')
    text, status = t.ended()
    assert status == 0, text
    host.secrets.append(re.search(r': (\d{4} \d{4})\s', text)[1])
    assert 'by=bob' in logged(host)[0][1]
    assert host.status('alice')['events'][0]['by'] == 'bob'
