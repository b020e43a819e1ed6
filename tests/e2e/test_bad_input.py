# SPDX-License-Identifier: BSD-3-Clause
"""Typed text, conversations, names and options that nobody should send."""

import os

import pytest

from host import CONFIG, ODD, STATE, digest
from words import APP, NOT_DIGITS, left, NOT_RIGHT

QUESTIONS_MAX = 20


@pytest.fixture
def alice(host):
    host.stack('test', 'not_enrolled=pass', password_line=False,
               account=False)
    return host.enrol('alice')


# Typed text.

@pytest.mark.parametrize('typed', [
    'x' * 300, '1' * 300, '9' * 10000, '123456\x01', '\x1b[2J12345',
    'ü' * 6, '１２３４５６', '\udcff\udcfe\udc80\udc81\udc82\udc83', '12345a',
    '+12345', '-', ' ', '0x1234', '1e5', '%s%s%n'],
    ids=lambda text: ascii(text)[1:16])
def test_text_that_is_no_code(host, alice, typed):
    before = host.status('alice')
    talk = host.drive('alice', typed, alice.code())
    assert talk.let_in, talk
    if typed.strip(' -'):
        assert talk.prompts[1] == f'{NOT_DIGITS}\n{APP}'
    assert host.status('alice')['app']['failures'] == 0
    assert before['app']['failures'] == 0


def test_a_login_asks_at_most_twenty_questions(host, alice):
    before = digest(STATE)
    talk = host.drive('alice', *['hello'] * 40)
    assert talk.result == 'PAM_AUTH_ERR'
    assert len(talk.prompts) == QUESTIONS_MAX
    talk = host.drive('alice', *[''] * 40)
    assert talk.result == 'PAM_AUTH_ERR'
    assert len(talk.prompts) == QUESTIONS_MAX
    assert digest(STATE) == before


# Conversations.

@pytest.mark.parametrize('at_end', ['no-array', 'no-text', 'error'])
@pytest.mark.parametrize('answers', [0, 1, 2, 3])
def test_conversation_that_fails(host, alice, at_end, answers):
    """At the first prompt, the next, the backup prompt, the confirmation."""
    steps = ('hello', '', alice.backup)[:answers]
    talk = host.drive('alice', *steps, options=('--at-end', at_end))
    assert talk.result == 'PAM_CONV_ERR', talk
    assert len(host.log.module()) >= 1
    assert host.drive('alice', alice.backup, '@new').let_in


@pytest.mark.parametrize('answers', [0, 1])
def test_conversation_that_answers_ten_megabytes(host, alice, answers):
    before = digest(STATE)
    talk = host.drive('alice', *[''][:answers],
                      options=('--at-end', 'huge'))
    assert not talk.let_in
    assert len(talk.prompts) <= QUESTIONS_MAX
    assert digest(STATE) == before


def test_silent_application_still_shows_prompts_only(host, alice):
    talk = host.drive('alice', *[alice.wrong()] * 3, options=('--silent',))
    assert talk.result == 'PAM_AUTH_ERR'
    assert [say for say, _ in talk.said] == ['prompt'] * 3
    bob = host.enrol('bob')
    talk = host.drive('bob', *[bob.wrong()] * 3)
    assert talk.said[-1] == ('error', NOT_RIGHT)


# Names.

@pytest.mark.parametrize('policy', ['pass', 'refuse'])
@pytest.mark.parametrize('name', [
    '../alice', 'alice/', '/', '.', './alice', 'ALICE', 'alice ', ' alice',
    'alice\n', 'alice\x1b[0m', '%61lice', 'n' * 300, 'n' * 5000, 'é', '日本',
    '61000', '-v', '\udcff', '.store'], ids=lambda text: ascii(text)[1:16])
def test_names_of_nobody(host, alice, name, policy):
    host.stack('test', f'not_enrolled={policy}', password_line=False,
               account=False)
    before = digest(STATE)
    talk = host.drive(name, alice.code(), alice.backup, '@new')
    assert not talk.let_in, talk
    assert digest(STATE) == before
    assert not [line for line in host.log.module()
                if '\n' in line or '\x1b' in line]


@pytest.mark.parametrize('name', ODD, ids=lambda text: ascii(text)[1:16])
def test_names_that_are_odd_but_true(host, alice, name):
    before = digest(STATE)
    enrolment = host.enrol(name)
    new = set(digest(STATE)) - set(before)
    assert len(new) == 2, new
    assert {path.rsplit('/', 1)[0] for path in new} == {
        f'{STATE}/users', f'{STATE}/names'}
    talk = host.drive(name, alice.code())
    assert talk.prompts[1] == left(NOT_RIGHT, 2) + APP
    assert host.drive(name, enrolment.code()).let_in
    assert host.drive('alice', alice.code()).let_in


# Options.

BAD_OPTIONS = [
    'colour=red', 'debugging', 'Tries=3', 'tries', 'tries=', 'tries=six',
    'tries=0', 'tries=6', 'tries=3x', 'tries=-1', 'tries=99999999999999999999',
    'tries=3 tries=4', 'tries=3 tries=3', 'fail_delay=11s', 'fail_delay=1y',
    'methods=', 'methods=app,fax', 'methods=app,app', 'not_enrolled=maybe',
    'enforce=no', 'debug=1', 'language=xx', 'enrol_by=2026-02-30',
    'enrol_by=tomorrow', 'exempt_networks=127.0.0.0/8',
    'exempt_networks=::1', 'exempt_networks=192.0.2.0/33',
    'argon2_memory=1M', 'argon2_memory=12M argon2_time=1', 'argon2_time=0',
    'app_digits=5', 'app_window=2', 'app_algorithm=md5', 'app_period=1',
    'backup_format=digits:6', 'backup_codes=17', 'throttle_free=0',
    'throttle_stop=9', 'throttle_wait=2h', 'throttle_budget=19', 'remember=31d',
    'remember=5parsecs', 'store=ldap', 'profile=strict',
    'profile=nist remember=1d', 'state_dir=relative', 'state_dir=',
    'key_file=host.key', 'sms_user=root', 'sms_command=relative',
    'country_code=0', 'config=/nowhere/xsuite.conf', 'settings',
    'issuer=' + 'x' * 1100]


@pytest.mark.parametrize('options', BAD_OPTIONS, ids=lambda text: text[:32])
def test_bad_module_options_refuse(host, alice, options):
    host.stack('test', options, password_line=False, account=False)
    before = digest(STATE)
    talk = host.drive('alice', alice.code())
    lines = host.log.module()
    assert talk.result == 'PAM_SERVICE_ERR', (talk, lines)
    assert not talk.said
    assert len(lines) == 1, lines
    assert options.split()[-1].split('=')[0] in lines[0]
    assert digest(STATE) == before


@pytest.mark.parametrize('text', [
    'colour = red\n', 'tries\n', '= 3\n', 'tries = 0\n',
    'tries = 3\ntries = 3\n', 'tries 3\n', 'tries = 3 # three\n',
    'tries = "3"\n', '[xsuite]\n', 'config = /etc/xsuite/xsuite.conf\n',
    'issuer = ' + 'x' * 1100 + '\n', 'issuer = a\0b\n'],
    ids=lambda text: ascii(text)[1:24])
def test_bad_lines_of_the_file_refuse(host, alice, text):
    host.config(text)
    number = len(CONFIG.read_text().splitlines())
    before = digest(STATE)
    talk = host.drive('alice', alice.code())
    lines = host.log.module()
    assert talk.result == 'PAM_SERVICE_ERR', (talk, lines)
    assert not talk.said
    assert len(lines) == 1 and f'{CONFIG}:{number}' in lines[0], lines
    assert digest(STATE) == before


@pytest.mark.parametrize('spoil', [
    lambda path: path.chmod(0o666), lambda path: path.chmod(0o664),
    lambda path: path.parent.chmod(0o777),
    lambda path: os.chown(path, 61000, -1),
    lambda path: os.chown(path.parent, 61000, -1)],
    ids=['all can write', 'group can write', 'directory', 'owner',
         "directory's owner"])
def test_file_that_others_can_write_refuses(host, alice, spoil):
    host.config('not_enrolled = pass\n')
    spoil(CONFIG)
    talk = host.drive('carol')
    lines = host.log.module()
    assert not talk.let_in, (talk, lines)
    assert talk.result in ('PAM_SERVICE_ERR', 'PAM_AUTHINFO_UNAVAIL')
    assert len(lines) == 1, lines


@pytest.mark.parametrize('lose', [
    lambda path: path.unlink(), lambda path: path.write_text('')],
    ids=['missing', 'empty'])
def test_lost_options_let_nobody_in(host, alice, lose):
    """not_enrolled = refuse must not become pass with the file."""
    host.config('not_enrolled = refuse\n')
    lose(CONFIG)
    for user in ('carol', 'alice'):  # carol is not enrolled
        talk = host.drive(user)
        assert talk.result == 'PAM_SERVICE_ERR', talk
    lines = host.log.module()
    assert len(lines) == 2 and str(CONFIG) in lines[0], lines


def test_init_makes_the_options_file(host, alice):
    CONFIG.unlink()
    host.admin('init')
    assert CONFIG.stat().st_mode & 0o7777 == 0o644
    assert '#not_enrolled = pass' in CONFIG.read_text()
    assert host.drive('alice', alice.code()).let_in
    CONFIG.write_text('tries = 2\n')
    host.admin('init')
    assert CONFIG.read_text() == 'tries = 2\n'


def test_arguments_win_over_the_file(host, alice):
    host.config('tries = 5\n')
    talk = host.drive('alice', alice.wrong())
    assert talk.prompts[1] == left(NOT_RIGHT, 4) + APP
    host.stack('test', 'tries=2', password_line=False, account=False)
    talk = host.drive('alice', alice.wrong())
    assert talk.prompts[1] == left(NOT_RIGHT, 1) + APP
