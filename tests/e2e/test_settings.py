# SPDX-License-Identifier: BSD-3-Clause
"""People change their own second step, with the set-user-id program in a
terminal of theirs."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

from host import KEY, STATE, password
from phone import BACK, CONFIRM, Phone
from terminal import shown_code
from words import APP, PASSWORD

MENU = r'Choose 0-6: '
CHOICE = r'Choose 0-\d: '
DUTCH = 'Authenticatie-app code (Enter voor een andere inlogmethode): '
COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'

STALE = 'These settings were changed elsewhere in the meantime.'


@pytest.fixture
def alice(host):
    host.settings_stacks()
    host.stack('sshd')
    host.stack('test', password_line=False, account=False)
    return host.enrol('alice')


def log_in(t, code=None):
    """As far as the settings."""
    t.asked(PASSWORD)
    t.type(password('alice'))
    if code:
        t.asked(APP)
        t.type(code)


def enter(host, code=None, *words):
    t = host.xsuite('alice', *words)
    log_in(t, code)
    return t


def leave(t):
    t.type('0')
    assert t.ended() == ('', 0)


def ssh(host, *answers, lets_in):
    """A login by the real ssh that answers so after the password."""
    t = host.ssh(host.sshd(), 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    for answer in answers:
        text, _ = t.sees(r': $')
        t.type(shown_code(text) if answer == '@new' else answer)
    text, _ = t.ended()
    assert ('IN:42' in text) == lets_in, t.transcript


# What is changed.


def test_first_set_up(host):
    host.settings_stacks()
    host.stack('sshd')
    t = enter(host)
    text, _ = t.sees(MENU)
    assert 'Authenticator app   not set up\n' in text
    t.type('1')
    phone = Phone(host, t.sees(BACK)[0])
    assert not host.record('alice').exists()
    t.type(phone.code())
    backup = shown_code(t.sees(CONFIRM)[0])
    assert not host.record('alice').exists()
    t.type(backup)
    text, _ = t.sees(MENU)
    assert text.startswith('The authenticator app is set up.\n')
    leave(t)
    host.log.wait('^enrolled user=alice')
    # What confirmed it is used up; the next one lets in, and the paper too.
    ssh(host, phone.code(), '0', lets_in=False)
    ssh(host, phone.code(1), lets_in=True)
    ssh(host, backup, '@new', lets_in=True)


def test_app_is_replaced(host, alice):
    t = enter(host, alice.code(), 'app')
    new = Phone(host, t.sees(BACK)[0])
    assert new.secret != alice.secret
    t.type(new.code())
    assert t.ended() == ('The authenticator app is replaced: codes of the '
                         'old entry are refused now.\n', 0)
    host.log.wait('^changed user=alice setting=app')
    ssh(host, alice.code(1), '0', lets_in=False)
    ssh(host, new.code(1), lets_in=True)
    ssh(host, alice.backup, '@new', lets_in=True)


def test_three_wrong_codes_change_nothing(host, alice):
    t = enter(host, alice.code(), 'app')
    new = Phone(host, t.sees(BACK)[0])
    for _ in range(3):
        t.type(new.wrong())
        t.sees(r'not right\.')
    text, status = t.ended()
    assert text.endswith('Nothing has changed.\n') and status == 0
    ssh(host, new.code(), '0', lets_in=False)
    ssh(host, alice.code(1), lets_in=True)


def test_new_backup_code(host, alice):
    t = enter(host, alice.code(), 'backup')
    new = shown_code(t.sees(CONFIRM)[0])
    t.type(new)
    assert t.ended() == ('The new backup code is valid now, and no older one '
                         'any more.\n', 0)
    ssh(host, alice.backup, '0', lets_in=False)
    ssh(host, new, '@new', lets_in=True)
    ssh(host, alice.code(1), lets_in=True)


def test_default_method(host, alice):
    t = enter(host, alice.code(), 'default')
    t.sees(CHOICE)
    t.type('1')
    assert t.ended() == ('The default method is changed.\n', 0)
    assert host.status('alice')['default'] == 'app'
    host.log.wait('^changed user=alice setting=default')
    ssh(host, alice.code(1), lets_in=True)


def test_dutch(host, alice):
    t = enter(host, alice.code(), 'language')
    text, _ = t.sees(CHOICE)
    assert 'Nederlands' in text
    t.type('2')
    assert t.ended() == ('De taal is nu Nederlands.\n', 0)
    t = host.xsuite('alice', 'status')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(DUTCH)
    t.type(alice.code(1))
    text, status = t.ended()
    assert 'Beveiligingsinstellingen van alice\n' in text and status == 0
    t = host.ssh(host.sshd(), 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(DUTCH)


def test_status_tells_what_was_done(host, alice):
    host.admin('backup-code', 'alice', '--valid', '1h')
    t = enter(host, alice.code(), 'status')
    text, status = t.ended()
    assert status == 0
    when = r'  \d{4}-\d\d-\d\d \d\d:\d\d UTC  '
    assert re.search(rf'^Last events:\n{when}helpdesk code issued by root\n'
                     rf'{when}two-step login set up by root\n\Z', text, re.M)
    # The programs tell administrators the words.
    events = host.status('alice')['events']
    assert [event['event'] for event in events] == [
        'helpdesk-code', 'enrolled']
    assert all(set(event) == {'time', 'event', 'from', 'by'}
               and re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ',
                                event['time']) for event in events)


def test_phone_is_not_offered(host, alice):
    t = enter(host, alice.code(), 'phone')
    assert t.ended() == ('SMS codes are not offered here.\n', 0)


def test_user_cannot_read_the_state(host, alice):
    for path in (host.record('alice'), STATE / 'users', STATE / 'names', KEY):
        done = subprocess.run(
            host.as_user('alice', 'ls' if path.is_dir() else 'cat', path),
            capture_output=True, text=True, check=False)
        assert done.returncode != 0 and 'Permission denied' in done.stderr
        assert not done.stdout


# Ended at a question.


def ask_nothing(_):
    """The first question itself."""


def draw(t):
    t.type('a')
    t.sees(BACK)


def mistype_app(t):
    t.type('nonsense')
    t.sees(BACK)


def wrong_app(t):
    t.type('000000')
    t.sees(BACK)


def mistype_backup(t):
    t.type('00000000')
    t.sees(CONFIRM)


def no_choice(t):
    t.type('9')
    t.sees(CHOICE)


QUESTIONS = [
    ('app', BACK, ask_nothing), ('app', BACK, draw), ('app', BACK, wrong_app),
    ('app', BACK, mistype_app), ('backup', CONFIRM, ask_nothing),
    ('backup', CONFIRM, mistype_backup), ('default', CHOICE, ask_nothing),
    ('default', CHOICE, no_choice), ('language', CHOICE, ask_nothing),
    ('language', CHOICE, no_choice), (None, MENU, ask_nothing),
    (None, MENU, no_choice)]

SHELL = '''trap : HUP INT TERM
"$@"
echo "status $?"
stty -a
read -r left
echo "left:$left."
'''


def in_shell(host, *words):
    return host.terminal(['bash', '-c', SHELL, '-', *host.as_user(
        'alice', host.xsuite_program, *words)])


def child_of(pid):
    path = pathlib.Path(f'/proc/{pid}/task/{pid}/children')
    return int(path.read_text(encoding='ascii').split()[0])


def end(t, how):
    if how == 'ctrl-c':
        t.press('\x03')
        number = signal.SIGINT
    else:
        number = signal.SIGHUP if how == 'line dropped' else signal.SIGKILL
        os.kill(child_of(t.pid), number)
    text, _ = t.sees(r'(?s)status \d+.* echo .*\n')
    assert f'status {128 + number}\r' in t.transcript
    assert ' -echo ' not in text and ' icanon ' in text
    t.type('')
    t.sees(r'left:\.')


def what_lets_in(host):
    status = host.status('alice')
    return {key: status[key] for key in ('app', 'backup', 'default',
                                         'language', 'phone')}


@pytest.mark.parametrize('how', ['line dropped', 'ctrl-c', 'killed'])
@pytest.mark.parametrize('word, question, before', QUESTIONS)
def test_ended_at_a_question_changes_nothing(
        host, alice, word, question, before, how):
    was = what_lets_in(host)
    t = in_shell(host, *([word] if word else []))
    log_in(t, alice.code())
    t.sees(question)
    before(t)
    end(t, how)
    now = what_lets_in(host)
    assert now == was
    assert host.drive('alice', alice.code(1)).let_in
    assert host.drive('alice', alice.backup, '@new').let_in


@pytest.mark.parametrize('how', ['line dropped', 'ctrl-c', 'killed'])
@pytest.mark.parametrize('at_backup', [False, True])
def test_first_set_up_ended_makes_no_record(host, how, at_backup):
    host.settings_stacks()
    t = in_shell(host, 'app')
    log_in(t)
    phone = Phone(host, t.sees(BACK)[0])
    if at_backup:
        t.type(phone.code())
        t.sees(CONFIRM)
    end(t, how)
    assert not host.record('alice').exists()
    assert not list((STATE / 'names').iterdir())
    assert host.admin('status', 'alice', check=False).returncode == 1
    # And the next one is as the first.
    t = enter(host, None, 'app')
    phone = Phone(host, t.sees(BACK)[0])
    t.type(phone.code())
    t.type(shown_code(t.sees(CONFIRM)[0]))
    assert t.ended() == ('The authenticator app is set up.\n', 0)


# Two at once.


def test_two_sessions_the_second_is_told(host, alice):
    first = enter(host, alice.code())
    first.sees(MENU)
    second = enter(host, alice.code(1))
    second.sees(MENU)
    for t in (first, second):
        t.type('1')
    one, two = (Phone(host, t.sees(BACK)[0]) for t in (first, second))
    first.type(one.code())
    assert 'is replaced' in first.sees(MENU)[0]
    second.type(two.code())
    # What let the second in is void: it has to come in anew.
    assert second.sees('Press Enter to end: ')[0].startswith(STALE)
    second.type('')
    assert second.ended()[1] != 0
    host.log.wait('^unchanged user=alice setting=app reason=stale')
    leave(first)
    ssh(host, two.code(1), '0', lets_in=False)
    ssh(host, one.code(1), lets_in=True)


def test_other_choices_elsewhere_only_send_back_to_the_menu(host, alice):
    first = enter(host, alice.code())
    first.sees(MENU)
    second = enter(host, alice.code(1))
    second.sees(MENU)
    for t in (first, second):
        t.type('5')
        t.sees(CHOICE)
    first.type('1')
    first.sees(MENU)
    second.type('2')
    assert second.sees(MENU)[0].startswith(STALE)
    leave(first)
    leave(second)


def test_two_first_set_ups_one_of_them_is_made(host):
    host.settings_stacks()
    host.stack('test', password_line=False, account=False)
    first, second = (enter(host, None, 'app') for _ in range(2))
    one, two = (Phone(host, t.sees(BACK)[0]) for t in (first, second))
    first.type(one.code())
    second.type(two.code())
    first.type(shown_code(first.sees(CONFIRM)[0]))
    assert first.ended() == ('The authenticator app is set up.\n', 0)
    second.type(shown_code(second.sees(CONFIRM)[0]))
    text, _ = second.sees('Press Enter to end: ')
    assert text.startswith('Two-step login was set up elsewhere')
    second.type('')
    assert second.ended()[1] != 0
    assert not host.drive('alice', two.code(1)).let_in
    assert host.drive('alice', one.code(1)).let_in
