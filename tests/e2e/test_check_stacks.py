# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin check on PAM stacks: right ones, and each way to break them
that somebody has thought of, named with file and line."""

import json
import re

import pytest

import pam_tree
from host import MODULE
from pam_tree import ALL, COMMON

BYPASS = 'lets in without the second step'
CHOSEN = 'lets some in without the second step'
WRONG_CODE = 'lets in with a wrong code'
EARLY = 'although the password was wrong'
LATE = 'asks for the password only behind the second step'
NO_PERMIT = 'refuses everybody whom pam_xsuite does not ask'
NOTHING = 'lets in with nothing'
ALONE = 'lets in with the code alone'
REMEMBERED = 'lets in with nothing from an address that is remembered'
NOBODY = 'refuses everybody, also with the right code'
TWICE = 'asks for the second step twice'
GONE = 'is not there: the line refuses every login'
NOISE = 'does nothing but fill the log'
WAY_AROUND = 'it is a way around it'
NO_SERVICE = 'no service asks for a second step'

PASSWORD = ('auth [success=1 default=ignore] pam_unix.so\n'
            'auth requisite pam_deny.so\n')
STEP = 'auth required pam_xsuite.so\n'
PERMIT = 'auth required pam_permit.so\n'
REST = 'account required pam_unix.so\nsession required pam_permit.so\n'


def check(host, *words):
    done = host.admin('--json', 'check', *words, check=False)
    assert done.stderr == ''
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for each in found:
        assert sorted(each) == ['level', 'mend', 'what', 'where']
        assert all(each.values())
    levels = {each['level'] for each in found}
    assert done.returncode == (2 if 'error' in levels else
                               1 if 'warning' in levels else 0)
    return found


def of_stacks(host):
    return [each for each in check(host)
            if each['where'].startswith(('/etc/pam.d', '/usr/lib/pam.d'))]


def test_shipped_snippets_are_clean(host):
    pam_tree.plant()
    assert of_stacks(host) == []


def test_profile_of_the_package_is_clean(host):
    pam_tree.plant_profile()
    assert of_stacks(host) == []


E = 'error'
W = 'warning'
BROKEN = {
    'sufficient_before': (
        {'sshd': 'auth sufficient pam_unix.so\n' + STEP + PERMIT + REST},
        [(E, 'sshd:1', BYPASS), (E, 'sshd:1', EARLY),
         (E, 'sshd:2', NOTHING)]),
    'jump_over': (
        {'sshd': 'auth [success=2 default=ignore] pam_unix.so\n'
                 'auth requisite pam_deny.so\n' + STEP + PERMIT + REST},
        [(E, 'sshd:1', BYPASS), (E, 'sshd:3', NOBODY)]),
    'jump_by_another_module': (
        {'sudo': PASSWORD + 'auth [success=1 default=ignore] pam_mine.so\n'
                 + STEP + PERMIT + REST,
         'sudo-i': None},
        [(W, 'sudo:3', NOISE)]),
    'sufficient_permit_before': (
        {'login': PASSWORD + 'auth sufficient pam_permit.so\n' + STEP + REST},
        [(E, 'login:3', BYPASS), (E, 'login:4', NOBODY)]),
    'done_in_bracket': (
        {'sshd': 'auth [success=done new_authtok_reqd=done default=die] '
                 'pam_unix.so\n' + STEP + PERMIT + REST},
        [(E, 'sshd:1', BYPASS), (E, 'sshd:2', NOBODY)]),
    'include_ends_the_stack': (
        {'common-mine': 'auth sufficient pam_unix.so\n'
                                        'auth requisite pam_deny.so\n',
         'sshd': 'auth include common-mine\n' + STEP + PERMIT + REST},
        [(E, 'common-mine:1', BYPASS), (E, 'sshd:2', NOBODY)]),
    'condition_jumps_over': (
        {'sshd': PASSWORD + 'auth [success=1 default=ignore] '
                 'pam_succeed_if.so quiet user ingroup staff\n'
                 + STEP + PERMIT + REST},
        [(W, 'sshd:3', CHOSEN)]),
    'required_password': (
        {'sshd': 'auth required pam_unix.so\n' + STEP + PERMIT + REST},
        [(E, 'sshd:1', EARLY)]),
    'required_in_common_auth': (
        {'common-auth': 'auth required pam_unix.so\n'},
        [(E, 'common-auth:1', EARLY)]),
    'deny_required': (
        {'common-auth': COMMON['common-auth'].replace('requisite',
                                                      'required')},
        [(E, 'common-auth:1', EARLY)]),
    'optional_password': (
        {'sshd': 'auth optional pam_unix.so\n' + STEP + PERMIT + REST},
        [(E, 'sshd:1', EARLY), (E, 'sshd:2', NOTHING)]),
    'step_before_password': (
        {'sshd': STEP + '@include common-auth\n' + REST},
        [(E, 'sshd:1', LATE)]),
    'step_optional': (
        {'sshd': PASSWORD + 'auth optional pam_xsuite.so\n' + PERMIT + REST},
        [(E, 'sshd:3', WRONG_CODE)]),
    'step_sufficient': (
        {'sshd': PASSWORD + 'auth sufficient pam_xsuite.so\n' + PERMIT
                 + REST},
        [(E, 'sshd:3', WRONG_CODE)]),
    'step_default_ignore': (
        {'sshd': PASSWORD + 'auth [success=ok default=ignore] pam_xsuite.so\n'
                 + PERMIT + REST},
        [(E, 'sshd:3', WRONG_CODE)]),
    'only_ignores_unavailable_state': (
        {'sshd': PASSWORD + 'auth [success=ok ignore=ignore '
                 'authinfo_unavail=ignore default=die] pam_xsuite.so\n'
                 + PERMIT + REST},
        [(E, 'sshd:3', WRONG_CODE)]),
    'reset_behind': (
        {'sshd': PASSWORD + STEP + 'auth [default=reset] pam_permit.so\n'
                 + PERMIT + REST},
        [(E, 'sshd:3', WRONG_CODE)]),
    'no_permit': (
        {'sshd': PASSWORD + STEP + REST},
        [(E, 'sshd:3', NO_PERMIT)]),
    'key_only_without_a_key': (
        {'sshd': STEP + PERMIT + REST},
        [(E, 'sshd:1', NOTHING)]),
    'key_only_without_permit': (
        {'sshd': STEP + REST},
        [(E, 'sshd:1', NO_PERMIT), (W, 'sshd:1', ALONE)]),
    'remembers_without_a_password': (
        {'sshd': STEP.replace('\n', ' not_enrolled=refuse remember=1d\n')
                 + REST},
        [(E, 'sshd:1', REMEMBERED)]),
    'step_twice': (
        {'sshd': PASSWORD + STEP + STEP.replace('\n', ' methods=app\n')
                 + PERMIT + REST},
        [(E, 'sshd:4', TWICE)]),
    'step_twice_of_other_records': (
        {'sshd': PASSWORD + STEP + STEP.replace('\n', ' state_dir=/srv/x\n')
                 + PERMIT + REST},
        [(E, 'sshd:4', TWICE)]),
    # As pam-auth-update puts it, and then again: the second asks nothing.
    'step_in_common_auth_and_once_more': (
        {'common-auth': COMMON['common-auth'] + STEP,
         'su': None, 'su-l': None, 'login': None, 'sudo': None,
         'sudo-i': None},
        []),
    'module_missing': (
        {'sshd': PASSWORD + 'auth required /nowhere/pam_xsuite.so\n' + PERMIT
                 + REST},
        [(E, 'sshd:3', GONE)]),
    'other_module_missing': (
        {'sshd': PASSWORD + 'auth required pam_gone.so\n' + STEP + PERMIT
                 + REST},
        [(E, 'sshd:3', GONE), (E, 'sshd:4', NOBODY)]),
    'silently_missing': (
        {'sshd': PASSWORD + STEP + PERMIT + '-auth optional pam_gone.so\n'
                 '-session required pam_gone.so\n' + REST},
        [(E, 'sshd:6', 'opens no session')]),
    'account_module_missing': (
        {'sshd': PASSWORD + STEP + PERMIT + 'account required pam_gone.so\n'},
        [(E, 'sshd:5', GONE)]),
    'missing_and_logged': (
        {'sshd': PASSWORD + STEP + PERMIT + 'session optional pam_gone.so\n'
                 + REST},
        [(W, 'sshd:5', NOISE)]),
    'misspelt_type': (
        {'sshd': PASSWORD + 'atuh required pam_xsuite.so\n' + PERMIT + REST},
        [(E, 'sshd:3', '"atuh" is no type')]),
    'misspelt_control': (
        {'sshd': PASSWORD + 'auth requird pam_xsuite.so\n' + PERMIT + REST},
        [(E, 'sshd:3', '"requird" is no control'), (E, 'sshd:3', NOBODY),
         (E, 'sshd:3', NO_PERMIT)]),
    'misspelt_result': (
        {'sshd': 'auth [succes=1 default=ignore] pam_unix.so\n'
                 'auth requisite pam_deny.so\n' + STEP + PERMIT + REST},
        [(E, 'sshd:1', 'is no control'), (E, 'sshd:3', NOBODY)]),
    'no_control': (
        {'sshd': PASSWORD + STEP + PERMIT + 'auth\n' + REST},
        [(E, 'sshd:5', 'is no control'), (E, 'sshd:3', NOBODY)]),
    'no_module': (
        {'sshd': PASSWORD + STEP + PERMIT + 'auth required\n' + REST},
        [(E, 'sshd:5', 'names no module'), (E, 'sshd:3', NOBODY)]),
    'include_missing': (
        {'sshd': '@include common-gone\n' + STEP + PERMIT + REST},
        [(E, 'sshd:1', '"common-gone" cannot be included')]),
    'include_of_a_type_missing': (
        {'sshd': PASSWORD + STEP + PERMIT + 'account include gone\n'},
        [(E, 'sshd:5', '"gone" cannot be included')]),
    'include_of_nothing': (
        {'sshd': PASSWORD + STEP + PERMIT + '@include\n'},
        [(E, 'sshd:5', 'libpam crashes here')]),
    'include_of_itself': (
        {'sshd': PASSWORD + STEP + PERMIT + 'session include sshd\n'},
        [(E, 'sshd:5', 'include each other')]),
    'unfinished_line': (
        {'sshd': PASSWORD + STEP + PERMIT + REST + 'session optional \\\n'},
        [(E, 'sshd:7', 'the file ends where the line should go on')]),
    'comment_in_a_line': (
        {'sshd': PASSWORD + 'auth required \\\n# here:\npam_xsuite.so\n'
                 + PERMIT + REST},
        [(E, 'sshd:3', 'versions of libpam differ')]),
    'line_too_long': (
        {'sshd': PASSWORD + STEP + PERMIT + REST + '#' * 1100 + '\n'},
        [(E, 'sshd:7', 'longer than the 1,022 bytes')]),
    'windows_line_ends': (
        {'sshd': (PASSWORD + STEP + PERMIT).replace('\n', '\r\n') + REST},
        [(W, 'sshd:1', 'pam_unix.so?'), (E, 'sshd:2', 'pam_deny.so?'),
         (E, 'sshd:3', 'pam_xsuite.so?'), (E, 'sshd:4', 'pam_permit.so?')]),
    'unknown_argument': (
        {'sshd': PASSWORD + 'auth required pam_xsuite.so tires=2\n' + PERMIT
                 + REST},
        [(E, 'sshd:3', "pam_xsuite refuses this line's options")]),
    'jump_too_far': (
        {'sshd': 'auth [success=9 default=die] pam_unix.so\n' + STEP + PERMIT
                 + REST},
        [(E, 'sshd:2', NOBODY)]),
    'substack_ends_early': (
        {'common-mine': 'auth sufficient pam_unix.so\n'
                        'auth required pam_xsuite.so\n',
         'sshd': 'auth substack common-mine\n' + PERMIT + REST},
        [(E, 'common-mine:1', BYPASS), (E, 'common-mine:1', EARLY),
         (E, 'common-mine:2', NOTHING)]),
    'sudo_i_forgotten': (
        {'sudo-i': ALL}, [(W, 'sudo-i', WAY_AROUND)]),
    'su_l_forgotten': (
        {'su-l': ALL}, [(W, 'su-l', WAY_AROUND)]),
    'nowhere': (
        {name: ALL for name in ('sshd', 'login', 'su', 'sudo', 'sudo-i')},
        [(W, '', NO_SERVICE)]),
    'other_is_broken': (
        {'other': '@include gone\n'},
        [(E, 'other:1', '"gone" cannot be included')]),
}


@pytest.mark.parametrize('name', BROKEN)
def test_broken_stack_is_named(host, name):
    files, expected = BROKEN[name]
    pam_tree.plant(files)
    found = of_stacks(host)
    told = [(each['level'], each['where'].removeprefix('/etc/pam.d')
             .removeprefix('/')) for each in found]
    assert sorted(told) == sorted(each[:2] for each in expected), found
    for level, where, phrase in expected:
        assert any(phrase in each['what'] and each['level'] == level and
                   each['where'].endswith(where) for each in found), found


def test_missing_account_line_with_enrol_is_named(host):
    pam_tree.plant({'sshd': PASSWORD + STEP + PERMIT + REST,
                    'login': PASSWORD + STEP + PERMIT + REST})
    assert of_stacks(host) == []
    host.config('not_enrolled = enrol\nenrol_services = sshd\n')
    found = of_stacks(host)
    assert [(each['level'], each['where']) for each in found] == \
        [('error', '/etc/pam.d/sshd:3')]
    assert 'pam_xsuite has no account line' in found[0]['what']
    with open(pam_tree.PAM / 'sshd', 'a', encoding='ascii') as file:
        file.write(f'account required {MODULE}\n')
    assert of_stacks(host) == []


def test_enrol_named_on_the_line_wants_an_account_line(host):
    pam_tree.plant({'sshd': PASSWORD + STEP.rstrip() +
                    ' not_enrolled=enrol\n' + PERMIT + REST})
    assert [each['where'] for each in of_stacks(host)] == \
        ['/etc/pam.d/sshd:3']


def test_nobody_passes_where_pam_permit_is_not_needed(host):
    pam_tree.plant({'sshd': PASSWORD + STEP + REST})
    assert [each['where'] for each in of_stacks(host)] == \
        ['/etc/pam.d/sshd:3']
    host.config('not_enrolled = refuse\n')
    assert of_stacks(host) == []


def test_at_least_thirty_ways_to_break_are_known():
    assert len(BROKEN) >= 30


def test_explain_shows_the_way_through_the_stack(host):
    pam_tree.plant({'sshd': 'auth sufficient pam_unix.so\n' + STEP + PERMIT})
    done = host.admin('check', '--explain', check=False)
    assert done.returncode == 2
    assert ('    /etc/pam.d/sshd:1  pam_unix.so says success: ends with yes, '
            'if nothing said no before\n    sshd lets in\n') in done.stdout


def test_services_without_a_second_step_are_told(host):
    pam_tree.plant()
    done = host.admin('check', check=False)
    told = re.search('^A password and no second step: (.*)$', done.stdout, re.M)
    # The host may have more, in /usr/lib/pam.d.
    assert {'chfn', 'cron', 'other'} <= set(told[1].split())
    assert not {'sshd', 'su', 'su-l', 'passwd', 'runuser'} & set(
        told[1].split())


def test_services_that_remember_are_told(host):
    pam_tree.plant()
    pattern = '^With remember, whoever .* is not asked: (.*)$'
    done = host.admin('check', check=False)
    assert not re.search(pattern, done.stdout, re.M)
    host.config('remember = 7d\n')
    done = host.admin('check', check=False)
    told = re.search(pattern, done.stdout, re.M)[1].split()
    assert 'sshd' in told
    # The settings ask always; nor is it a fault.
    assert not {'xsuite', 'xsuite-nopassword', 'other'} & set(told)
    assert of_stacks(host) == []


def test_nothing_is_changed(host):
    pam_tree.plant(BROKEN['jump_over'][0])
    before = {path: path.read_bytes() for path in pam_tree.PAM.iterdir()}
    host.admin('check', check=False)
    assert before == {path: path.read_bytes()
                      for path in pam_tree.PAM.iterdir()}
