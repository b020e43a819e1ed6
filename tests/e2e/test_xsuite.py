# SPDX-License-Identifier: BSD-3-Clause
"""The program xsuite, set-user-id root: all of it but the settings, in whose
place a module writes down what it sees."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from host import BUILD, ENVIRONMENT, password
from settings_seen import SettingsSeen
from words import APP, PASSWORD

NOBODY = 64999


@pytest.fixture
def settings(host):
    return SettingsSeen(host)


@pytest.fixture
def alice(host):
    return host.enrol('alice')


def edit_shadow(user, **changes):
    """By number of field, as in _5='1'; drop=True takes the line away."""
    path = pathlib.Path('/etc/shadow')
    lines = []
    for line in path.read_text(encoding='utf-8').splitlines():
        fields = line.split(':')
        if fields[0] == user:
            if changes.get('drop'):
                continue
            for number, value in changes.items():
                fields[int(number[1:])] = value
        lines.append(':'.join(fields) + '\n')
    path.write_text(''.join(lines), encoding='utf-8')


# Words.


@pytest.mark.parametrize('words, wrong', [
    (('nonsense',), 'nonsense'), (('--settings',), '--settings'),
    (('',), ''), (('App',), 'App'), (('app', 'now'), 'now'),
    (('--', 'app'), 'app'), (('app=1',), 'app=1')])
def test_wrong_words_ask_for_nothing(host, settings, words, wrong):
    t = host.xsuite('alice', *words)
    assert t.ended() == (
        f'xsuite: {wrong}: no such setting; try xsuite --help\n', 64)
    assert host.log.lines() == [] and not settings.reached


def test_help_and_version_ask_for_nothing(host, settings):
    text, status = host.xsuite('alice', '--help').ended()
    assert status == 0 and text.startswith('usage: xsuite [SETTING]\n')
    text, status = host.xsuite('alice', '--version').ended()
    assert status == 0 and re.fullmatch(r'xsuite \d+\.\d+\.\d+\n', text)
    assert host.log.lines() == []


@pytest.mark.parametrize('word', ['status', 'app', 'phone', 'address',
                                  'default', 'backup', 'language', 'explain'])
def test_each_word_reaches_the_settings(host, settings, alice, word):
    seen = settings.let_in(host.xsuite('alice', word), alice.code())
    assert seen['setting'] == [word]


def test_no_word_is_the_menu(host, settings, alice):
    seen = settings.let_in(
        host.xsuite('alice', XSUITE_SETTING='app'), alice.code())
    assert 'setting' not in seen


# Who is there.


def test_the_real_uid_decides(host, settings, alice):
    t = host.xsuite('alice', LOGNAME='bob', USER='bob', SUDO_USER='bob')
    seen = settings.let_in(t, alice.code())
    assert seen['user'] == seen['ruser'] == ['alice']
    assert seen['uids'] == [f'{host.uids["alice"]},0']
    assert seen['service'] == ['xsuite'] and 'rhost' not in seen
    assert re.fullmatch(r'pts/\d+', seen['tty'][0])


def test_root_has_settings_of_root(host, settings):
    host.set_password('root')
    t = host.terminal([host.xsuite_program])
    t.asked(PASSWORD)
    t.type(password('root'))
    assert t.ended() == ('', 0)
    assert settings.seen()['user'] == ['root']


def test_uid_without_an_account_ends_it(host, settings):
    assert NOBODY not in host.uids.values()
    t = host.terminal(['setpriv', '--reuid', NOBODY, '--clear-groups',
                       host.xsuite_program])
    assert t.ended() == (
        f'xsuite: user id {NOBODY}: there is no such account\n', 67)


def test_without_the_set_user_id_bit_it_says_so(host, settings):
    plain = host.work / 'bin' / 'plain'
    shutil.copy(host.xsuite_program, plain)
    plain.chmod(0o755)
    t = host.terminal(host.as_user('alice', plain))
    assert t.ended() == (
        'xsuite: this program must be installed set-user-id root\n', 78)


@pytest.mark.parametrize('service', ['xsuite', 'xsuite-nopassword'])
def test_without_its_stack_no_other_is_taken(host, settings, service):
    """Debian's "other" would ask for the password, and change it."""
    pathlib.Path('/etc/pam.d', service).unlink()
    if service != 'xsuite':
        host.set_password('alice', '*')
    t = host.xsuite('alice')
    assert t.ended() == (f'xsuite: /etc/pam.d/{service} is missing: '
                         'ask your administrator\n', 78)


# The two steps.


def test_wrong_password_ends_it(host, settings, alice):
    before = host.status('alice')
    t = host.xsuite('alice', 'app')
    t.asked(PASSWORD)
    t.type('not-' + password('alice'))
    assert t.ended() == (
        'xsuite: you were not let in: Authentication failure\n', 1)
    assert not settings.reached and host.status('alice') == before


def test_wrong_codes_end_it(host, settings, alice):
    t = host.xsuite('alice', 'app')
    t.asked(PASSWORD)
    t.type(password('alice'))
    for _ in range(3):
        t.sees(r'another method\): ')
        t.type(alice.wrong())
    text, status = t.ended()
    assert status == 1 and text.endswith(
        'xsuite: you were not let in: Authentication failure\n')
    assert not settings.reached


def test_who_is_not_enrolled_needs_the_password_alone(host, settings):
    t = host.xsuite('alice', 'app')
    t.asked(PASSWORD)
    t.type(password('alice'))
    assert t.ended() == ('', 0)
    assert settings.reached


@pytest.mark.parametrize('option', ['exempt_users = alice',
                                    'exempt_groups = alice',
                                    'enforce = log'])
def test_nobody_is_exempt_from_the_second_step(host, settings, alice, option):
    host.config(option + '\n')
    settings.let_in(host.xsuite('alice', 'app'), alice.code())


@pytest.mark.parametrize('field', ['!', '*', '!!', '!$6$salt$hash', ''])
def test_without_a_password_the_second_step_alone(
        host, settings, alice, field):
    edit_shadow('alice', _1=field)
    t = host.xsuite('alice', 'app')
    t.asked(APP)
    t.type(alice.code())
    assert t.ended() == ('', 0)
    assert settings.seen()['service'] == ['xsuite-nopassword']


@pytest.mark.parametrize('option', [
    '', 'exempt_users = bob', 'exempt_groups = bob', 'enforce = log',
    'not_enrolled = refuse\nrequired_groups = alice'])
def test_without_a_password_and_not_enrolled_there_is_no_way_in(
        host, settings, option):
    """Whoever sits at his terminal would get a second step of his own."""
    host.config(option + '\n')
    host.set_password('bob', '*')
    t = host.xsuite('bob', 'app')
    for _ in range(3):
        t.sees(r'another method\): ')
        t.type('123456')
    _, status = t.ended()
    assert status == 1 and not settings.reached


def test_password_elsewhere_is_asked(host, settings):
    """A directory's account: this host has no shadow entry for it."""
    edit_shadow('alice', drop=True)
    t = host.xsuite('alice', 'app')
    t.asked(PASSWORD)


def test_empty_password_elsewhere_lets_nobody_in(host, settings, alice):
    """Whatever "nullok" says in common-auth."""
    path = pathlib.Path('/etc/passwd')
    before = path.read_text(encoding='utf-8')
    path.write_text(before.replace('\nalice:x:', '\nalice::'),
                    encoding='utf-8')
    try:
        t = host.xsuite('alice', 'app')
        t.asked(PASSWORD)
        t.type('')
        text, status = t.ended()
    finally:
        path.write_text(before, encoding='utf-8')
    assert status == 1 and text.startswith('xsuite: you were not let in: ')
    assert not settings.reached


def test_expired_account_ends_it(host, settings, alice):
    edit_shadow('alice', _7='1')
    t = host.xsuite('alice', 'app')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.code())
    text, status = t.ended()
    assert status == 1 and not settings.reached
    assert re.search(r'(?m)^xsuite: this account cannot be used: \S', text)


def test_expired_password_is_a_hint(host, settings, alice):
    edit_shadow('alice', _2='0')
    t = host.xsuite('alice', 'app')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.code())
    text, status = t.ended()
    assert status == 0 and settings.reached
    assert text.endswith(
        'xsuite: your password has expired: change it with passwd\n')


@pytest.mark.parametrize('result, status', [
    ('perm_denied', 1), ('maxtries', 1), ('conv_err', 1), ('ignore', 1),
    ('authinfo_unavail', 75), ('try_again', 75), ('buf_err', 71),
    ('service_err', 78)])
def test_exit_status_says_why(host, settings, alice, result, status):
    host.settings_stacks(f'password required pam_debug.so chauthtok={result}')
    t = host.xsuite('alice', 'app')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.code())
    text, code = t.ended()
    assert code == status
    assert re.search(r'^xsuite: the settings ended early: \S.*\n\Z', text,
                     re.M)


def test_missing_module_refuses(host, settings, alice):
    path = pathlib.Path('/etc/pam.d/xsuite')
    path.write_text(path.read_text().replace(
        str(BUILD / 'pam_xsuite.so'), 'pam_is_not_there.so'))
    t = host.xsuite('alice', 'app')
    t.asked(PASSWORD)
    t.type(password('alice'))
    text, status = t.ended()
    assert status not in (0, 64) and not settings.reached
    assert text.startswith('xsuite: you were not let in: ')


# The caller's process.

# Timers of what it starts may be so many years late, as prctl(2) has it.
SLACK = ('python3', '-c', 'import ctypes, os, sys\n'
         'ctypes.CDLL(None).prctl(29, ctypes.c_ulong(1 << 62))\n'
         'os.execvp(sys.argv[1], sys.argv[1:])')
SOFT = ('cpu=40:', 'fsize=0:', 'data=1000000000000:', 'stack=1000000:',
        'nofile=6:', 'as=1000000000000:')


def hostile(host, *words):
    """Alice starts it from a process that she has prepared."""
    home = host.work / 'home' / str(host.uids['alice'])
    return host.as_user(
        'alice', 'env', '--ignore-signal=CHLD', '--block-signal',
        'prlimit', '--core=unlimited', *SLACK, 'bash', '-c',
        f'cd {home}; umask 0; exec 7</etc/passwd; exec "$@"', '-',
        host.xsuite_program, *words)


def hostile_environment(host):
    home = host.work / 'home' / str(host.uids['alice'])
    names = ('TMPDIR', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR', 'LOCPATH',
             'NLSPATH', 'GCONV_PATH', 'HOSTALIASES', 'PAM_CONFDIR',
             'PAM_WRAPPER_SERVICE_DIR', 'XSUITE_CONFIG', 'XSUITE_STATE_DIR',
             'OPENSSL_CONF', 'OPENSSL_MODULES', 'LD_LIBRARY_PATH', 'PYTHONPATH')
    return {**dict.fromkeys(names, str(home)), 'HOME': str(home),
            'PATH': str(home), 'IFS': '/', 'TZ': f':{home}/zone',
            'LANG': 'nl_NL.UTF-8', 'LC_ALL': 'nl_NL.UTF-8', 'LANGUAGE': 'nl',
            'LD_PRELOAD': f'{home}/evil.so', 'MALLOC_CHECK_': '3',
            'GLIBC_TUNABLES': 'glibc.malloc.check=3', 'PS4': '$(id)',
            'SHELLOPTS': 'xtrace', 'XSUITE_SETTING': 'backup',
            'XSUITE_METHOD': 'app', 'POSIXLY_CORRECT': '1'}


def start_hostile(host, *words):
    """The environment is put on last: it is for nobody else."""
    argv = hostile(host, 'env', '-i')
    place = argv.index(host.xsuite_program)
    values = [f'{name}={value}'
              for name, value in hostile_environment(host).items()]
    return host.terminal([*argv[:place], *argv[place + 1:], *values,
                          host.xsuite_program, *words])


def test_a_hostile_environment_changes_nothing(host, settings, alice):
    home = host.work / 'home' / str(host.uids['alice'])
    t = start_hostile(host, 'app')
    seen = settings.let_in(t, alice.code())
    assert seen['environment'] == ['PATH=/usr/sbin:/usr/bin:/sbin:/bin']
    assert seen['setting'] == ['app'] and seen['user'] == ['alice']
    assert seen['umask'] == ['077'] and seen['place'] == [str(home)]
    assert not {'blocked', 'child'} & set(seen)
    assert seen['slack'] == ['50000']
    # Her descriptor 7; the log's socket may be open.
    assert not [name for name in seen.get('fd', []) if 'passwd' in name]


def test_core_dumps_are_off(host, settings, alice):
    seen = settings.let_in(start_hostile(host), alice.code())
    assert (seen['core'], seen['dumpable']) == (['0,0'], ['0'])
    host.set_password('root')
    settings.path.unlink()
    t = host.terminal(['prlimit', '--core=unlimited', host.xsuite_program])
    t.asked(PASSWORD)
    t.type(password('root'))
    t.ended()
    seen = settings.seen()
    assert (seen['core'], seen['dumpable']) == (['0,0'], ['0'])


def test_no_file_of_the_caller_is_opened(host, settings, alice):
    home = host.work / 'home' / str(host.uids['alice'])
    trace = host.work / 'xsuite-trace'
    t = host.terminal(
        ['bash', '-c', f'cd {home}; exec "$@"', '-', 'strace', '-f', '-u',
         'alice', '-o', trace, '-e', 'trace=%file', host.xsuite_program,
         'app'],
        HOME=str(home), TMPDIR=str(home), XDG_CONFIG_HOME=str(home))
    settings.let_in(t, alice.code())
    lines = trace.read_text(errors='replace').splitlines()[1:]
    assert any('/etc/pam.d/xsuite"' in line for line in lines)
    assert any('host.key' in line for line in lines)
    assert not [line for line in lines if str(home) in line
                and 'getcwd' not in line]
    # A path that begins elsewhere than at the root begins at her place.
    assert not [line for line in lines
                if re.search(r'\d+ +\w+\((AT_FDCWD, )?"[^/"]', line)]


@pytest.mark.parametrize('fd', [0, 1, 2])
def test_closed_standard_file_ends_it(host, settings, alice, fd):
    """libc opens something in its place; the answers would be right."""
    answers = f'{password("alice")}\n{alice.code()}\n'
    with subprocess.Popen(
            [str(word) for word in
             host.as_user('alice', host.xsuite_program, 'app')],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=ENVIRONMENT, text=True,
            preexec_fn=lambda: os.close(fd)) as child:
        try:
            out, err = child.communicate(answers, timeout=60)
        except BrokenPipeError:
            out, err = child.stdout.read(), child.stderr.read()
    assert child.returncode == 74 and not settings.reached
    assert (out, err) == ('', '' if fd == 2 else
                          'xsuite: standard input, output or error is '
                          'closed\n')


def test_answers_can_come_through_a_pipe(host, settings, alice):
    done = subprocess.run(
        [str(word) for word in
         host.as_user('alice', host.xsuite_program, 'app')],
        input=f'{password("alice")}\n{alice.code()}\n', env=ENVIRONMENT,
        capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert 'tty' not in settings.seen()


def run_limited(host, alice, *limits, before=()):
    """With the right answers."""
    argv = [*before, *host.as_user(
        'alice', 'prlimit', *(f'--{limit}' for limit in limits),
        host.xsuite_program, 'app')]
    return subprocess.run(
        [str(word) for word in argv],
        input=f'{password("alice")}\n{alice.code()}\n', env=ENVIRONMENT,
        capture_output=True, text=True, check=False, timeout=60)


def test_limits_of_the_caller_end_with_it(host, settings, alice):
    done = run_limited(host, alice, *SOFT)
    assert done.returncode == 0, done.stderr
    assert settings.seen()['limit'] == [
        'cpu -1', 'fsize -1', 'data -1', f'stack {8 << 20}', 'nofile 1024',
        'as -1']


@pytest.mark.parametrize('limit', [
    'fsize=0', 'nofile=3', 'nofile=4', 'nofile=5', 'nofile=6', 'nofile=1023',
    'as=8000000', 'as=1000000000000', 'data=1000000000000', 'cpu=40',
    'stack=4000000'])
def test_who_starves_it_is_not_let_in(host, settings, alice, limit):
    """Where root cannot raise them, as in many containers."""
    done = run_limited(host, alice, limit, before=(
        'setpriv', '--bounding-set', '-sys_resource'))
    assert done.returncode > 0 and not settings.reached
