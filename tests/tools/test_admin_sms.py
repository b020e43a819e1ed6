# SPDX-License-Identifier: BSD-3-Clause
"""sms-test, and what is said where SMS is set up."""

import os
import pathlib
import re
import socket
import tempfile

import pytest

NUMBER = '+31612345678'
SHOWN = '+31 ******78'
WEAK = re.compile(r'^xsuite-admin: SMS is the weakest method \("restricted" '
                  r'in NIST SP 800-63B\): .*; the authenticator app stays '
                  r'offered beside it\n', re.M)
SENDER = '''#!/bin/sh
echo "$@" >>{place}/inbox/numbers
cat >>{place}/inbox/texts
echo noise; echo noise >&2
'''


class Inbox:
    def __init__(self, host, place):
        self.host = host
        self.place = place
        (place / 'inbox').mkdir()
        (place / 'inbox').chmod(0o777)
        # Where root runs it, sms_user must be somebody.
        host.accounts(alice=61001, bob=61002, **{'xsuite-sms': 61009})
        self.sender(SENDER.format(place=place))

    def sender(self, text, *options):
        path = self.place / 'sender'
        path.write_text(text)
        path.chmod(0o755)
        self.host.options('country_code = 31', f'sms_command = {path}',
                          'sms_timeout = 2', *options)

    def read(self, name):
        path = self.place / 'inbox' / name
        return path.read_text() if path.exists() else ''


@pytest.fixture
def inbox(host):
    """pytest's own directories are closed to sms_user."""
    with tempfile.TemporaryDirectory(prefix='xs-sms-') as place:
        os.chmod(place, 0o711)
        yield Inbox(host, pathlib.Path(place))


@pytest.mark.parametrize('typed', [NUMBER, '06 1234-5678', '0031612345678'])
def test_text_is_sent_as_a_login_sends_it(host, inbox, typed):
    before = {path: data for path, data in host.files().items()
              if path.parts[:2] != ('state', 'host')}
    done = host.run('sms-test', typed)
    assert (done.returncode, done.stdout) == (
        0, f'{SHOWN}: taken for delivery\n')
    assert WEAK.fullmatch(done.stderr)
    assert inbox.read('numbers') == NUMBER + '\n'
    assert inbox.read('texts') == (
        f'This is a test of the login codes of {socket.gethostname()}. '
        'There is nothing to do.')
    assert {path: data for path, data in host.files().items()
            if path.parts[:2] != ('state', 'host')} == before


def test_json_is_the_answer_alone(host, inbox):
    done = host.run('--json', 'sms-test', NUMBER)
    assert done.returncode == 0
    assert done.stdout == (f'{{"phone":"{SHOWN}",'
                           '"result":"taken for delivery"}\n')


@pytest.mark.parametrize('script, why', [
    ('#!/bin/sh\nexit 75\n', 'status 75'),
    ('#!/bin/sh\nsleep 60\n', 'killed|not .*within|2 s'),
    ('#!/bin/sh\nkill -TERM $$\n', 'signal'),
    ('#!/nonexistent\n', 'is missing, or what its first line names is'),
], ids=['fails', 'hangs', 'dies', 'no interpreter'])
def test_sender_that_does_not_take_it_is_69(host, inbox, script, why):
    inbox.sender(script)
    done = host.run('sms-test', NUMBER)
    assert (done.returncode, done.stdout) == (69, '')
    assert re.search(why, WEAK.sub('', done.stderr))
    assert '612345678' not in done.stderr


def test_sender_that_is_gone_is_69(host, inbox):
    (inbox.place / 'sender').unlink()
    done = host.run('sms-test', NUMBER)
    assert (done.returncode, done.stdout) == (69, '')
    assert f'{inbox.place}/sender' in done.stderr


@pytest.mark.parametrize('typed', ['', '06', '+4915112345678', '+1;rm',
                                   '612345678', '+31(0)612345678'])
def test_number_that_may_not_be_texted_is_64(host, inbox, typed):
    done = host.run('sms-test', typed)
    assert (done.returncode, done.stdout) == (64, '')
    assert inbox.read('numbers') == ''


def test_limit_of_the_host_is_75_and_says_until_when(host, inbox):
    inbox.sender(SENDER.format(place=inbox.place), 'sms_host_per_hour = 2')
    for _ in range(2):
        assert host.run('sms-test', NUMBER).returncode == 0
    done = host.run('sms-test', NUMBER)
    assert (done.returncode, done.stdout) == (75, '')
    assert re.search(r'sms_host_per_hour .* until \d{4}-\d\d-\d\d \d\d:\d\d '
                     'UTC\n', done.stderr)
    assert inbox.read('numbers') == 2 * f'{NUMBER}\n'


def test_sending_that_failed_counts_too(host, inbox):
    inbox.sender('#!/bin/sh\nexit 1\n', 'sms_host_per_hour = 1')
    assert host.run('sms-test', NUMBER).returncode == 69
    assert host.run('sms-test', NUMBER).returncode == 75


def test_nothing_is_sent_where_it_cannot_be_counted(host, inbox):
    (host.state / 'host').rmdir()
    host.state.chmod(0o700)
    (host.state / 'host').write_text('')
    done = host.run('sms-test', NUMBER)
    assert (done.returncode, done.stdout) == (74, '')
    assert inbox.read('numbers') == ''


def test_without_a_sender_it_is_69(host):
    done = host.run('sms-test', NUMBER)
    assert (done.returncode, done.stdout) == (69, '')
    assert 'sms_command' in done.stderr and 'weakest' not in done.stderr


def test_host_whose_logins_offer_no_sms_is_told_so(host, inbox):
    inbox.sender(SENDER.format(place=inbox.place), 'methods = app,backup')
    done = host.run('sms-test', NUMBER)
    assert done.returncode == 0
    assert 'sms is not among methods' in done.stderr


@pytest.mark.parametrize('words', [[], [NUMBER, 'x'], ['--user', NUMBER]])
def test_wrong_words_are_64(host, inbox, words):
    done = host.run('sms-test', *words)
    assert (done.returncode, done.stdout) == (64, '')
    assert done.stderr.endswith('; try xsuite-admin --help\n')
    assert inbox.read('numbers') == ''


@pytest.mark.parametrize('words', [
    ['phone', 'alice', NUMBER],
    ['enrol', 'alice', '--replace', '--phone', NUMBER]])
def test_setting_a_number_says_what_sms_is_worth(host, inbox, words):
    host.ok('enrol', 'alice')
    done = host.run(*words)
    assert done.returncode == 0
    assert WEAK.fullmatch(done.stderr)
    assert inbox.read('numbers') == ''


def test_app_that_is_not_offered_is_not_promised(host, inbox):
    inbox.sender(SENDER.format(place=inbox.place), 'methods = sms,backup')
    done = host.run('sms-test', NUMBER)
    assert 'weakest' in done.stderr and 'app stays' not in done.stderr


def test_number_is_in_no_process_but_the_senders(host, inbox):
    """xsuite-admin's own line has it as it was typed: that is its user's to
    know. The library passes it to the sender alone."""
    inbox.sender('#!/bin/sh\ntr "\\0" " " </proc/$$/environ '
                 f'>{inbox.place}/inbox/environ\n')
    assert host.run('sms-test', NUMBER).returncode == 0
    environ = inbox.read('environ')
    assert environ.startswith('PATH=') and environ.count('=') == 1


@pytest.mark.skipif(os.geteuid() != 0, reason='not root: sms_user is it')
def test_sender_runs_as_sms_user(host, inbox):
    inbox.sender(f'#!/bin/sh\nid -u >{inbox.place}/inbox/uid\n')
    assert host.run('sms-test', NUMBER).returncode == 0
    assert inbox.read('uid') == '61009\n'
    host.accounts(alice=61001)
    done = host.run('sms-test', NUMBER)
    assert done.returncode == 69 and 'xsuite-sms' in done.stderr
