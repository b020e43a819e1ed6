# SPDX-License-Identifier: BSD-3-Clause
"""Who did what: a line in the system's log for every change."""

import re

import pytest

from host import ADMIN

LINE = re.compile(r'^<(\d+)>.* xsuite-admin\[\d+\]: (.*)$')
AUTHPRIV_NOTICE = 10 * 8 + 5


@pytest.fixture
def alice(host):
    host.stack('test', password_line=False, account=False)
    return host.enrol('alice')


def logged(host):
    """The programs' lines since the last look."""
    found = [match.groups() for match in map(LINE.search, host.log.lines())
             if match]
    host.log.clear()
    assert {int(number) for number, _ in found} <= {AUTHPRIV_NOTICE}
    return [text for _, text in found]


@pytest.mark.parametrize('words, line', [
    ('unlock alice', 'unlocked user=alice by=root method=all'),
    ('unlock alice sms', 'unlocked user=alice by=root method=sms'),
    ('disable alice app', 'disabled user=alice by=root method=app'),
    ('app alice --remove', 'removed user=alice by=root method=app'),
    ('default alice app', 'default user=alice by=root method=app'),
    ('remove alice', 'removed user=alice by=root method=all'),
    ('enrol bob', 'enrolled user=bob by=root'),
    ('enrol alice --replace', 'enrolled user=alice by=root replaced=yes'),
])
def test_change_is_logged(host, alice, words, line):
    logged(host)
    done = host.admin('--json', *words.split())
    host.secrets += re.findall(r'"((?:\d{4} ?)+|[A-Z2-7]{32})"', done.stdout)
    assert logged(host) == [re.sub('by=root', f'by={actor()}', line)]


def actor():
    """Who the tests are, to the kernel."""
    with open('/proc/self/loginuid', encoding='ascii') as file:
        uid = int(file.read())
    with open('/etc/passwd', encoding='utf-8') as file:
        names = {int(line.split(':')[2]): line.split(':')[0]
                 for line in reversed(file.readlines())}
    return 'root' if uid == 2**32 - 1 else names[uid]


def test_adoption_is_logged_with_both_uids(host, alice):
    logged(host)
    record = host.record('alice')
    assert record.exists()
    with open('/etc/passwd', encoding='utf-8') as file:
        before = file.read()
    uid = host.uids['alice']
    try:
        with open('/etc/passwd', 'w', encoding='utf-8') as file:
            file.write(before.replace(f'alice:x:{uid}:', 'alice:x:66001:'))
        host.admin('adopt', 'alice')
    finally:
        with open('/etc/passwd', 'w', encoding='utf-8') as file:
            file.write(before)
    assert logged(host) == [f'adopted user=alice by={actor()} uid=66001 '
                            f'former=alice former-uid={uid}']


@pytest.mark.parametrize('words', [
    'status alice', 'list', 'config', 'enrol alice', 'unlock bob',
    'disable bob app', 'default alice sms', 'app bob --remove', 'remove bob'])
def test_what_changes_nothing_is_not_logged(host, alice, words):
    logged(host)
    host.admin(*words.split(), check=False)
    assert logged(host) == []


def test_caller_through_sudo_is_named(host, alice):
    host.stack('sudo')
    host.add_to_sudoers(f'bob ALL=(root) NOPASSWD: {ADMIN}')
    t = host.sudo('bob', ADMIN, 'disable', 'alice', 'app')
    assert t.ended()[1] == 0
    _, *lines = logged(host)  # the first is that of the enrolment
    assert lines == ['disabled user=alice by=bob method=app']


def test_odd_names_cannot_forge_a_line(host):
    host.enrol('jürgen')
    logged(host)
    host.admin('unlock', 'jürgen')
    assert logged(host) == [r'unlocked user=j\xc3\xbcrgen '
                            f'by={actor()} method=all']


def test_disabled_method_is_refused_and_the_other_is_not(host, alice):
    host.admin('disable', 'alice', 'app')
    talk = host.drive('alice', alice.code(), alice.backup, '@new')
    assert talk.let_in and talk.method == 'backup'
    assert talk.prompts[0].startswith('The app code is switched off')


def test_removed_app_lets_nobody_in(host, alice):
    host.admin('app', 'alice', '--remove')
    talk = host.drive('alice', alice.code(), alice.backup, '@new')
    assert talk.let_in and talk.method == 'backup'
    assert talk.prompts[0] == 'Backup code: '
