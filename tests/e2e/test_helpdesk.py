# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-helpdesk through the real sudo, by the shipped snippet: a member of
the helpdesk helps, and wants to be more than that."""

import contextlib
import os
import pathlib
import re
import subprocess

import pytest

from host import BUILD, CONFIG, ENVIRONMENT, ROOT, STATE, digest

HELPDESK = BUILD / 'xsuite-helpdesk'
SNIPPET = ROOT / 'conf/sudoers.d/xsuite-helpdesk'
LINE = re.compile(r' xsuite-helpdesk\[\d+\]: (.*)$')
COMMANDS = ('backup-code', 'unlock', 'status')
USAGE = 'xsuite-helpdesk: usage: xsuite-helpdesk backup-code|unlock|status USER'


@pytest.fixture
def desk(host):
    """bob is the helpdesk; carol is a colleague of his."""
    host.stack('test', password_line=False, account=False)
    host.stack('sudo', 'exempt_users=bob')
    host.config('helpdesk_not_for = carol\n')
    text = SNIPPET.read_text().replace(
        '/usr/sbin/xsuite-helpdesk', str(HELPDESK)).replace(
        '%helpdesk ALL = (root)', 'bob ALL = (root) NOPASSWD:')
    assert text.count('NOPASSWD') == 1
    host.add_to_sudoers(text)
    return host


@pytest.fixture
def alice(desk):
    return desk.enrol('alice')


def by_sudo(desk, *words, user='bob', sudo=(), **environment):
    done = subprocess.run(
        desk.as_user(user, 'sudo', '-n', *sudo, str(HELPDESK), *words),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd='/',
        env={**ENVIRONMENT, **environment}, timeout=60, check=False)
    desk.secrets += re.findall(r'^Backup code for .*: ([\d ]+)$', done.stdout,
                               re.M)
    return done


def as_root(desk, *words, sudo_uid=None, program=HELPDESK, **environment):
    """The program itself, as sudo starts it for bob."""
    sudo_uid = desk.uids['bob'] if sudo_uid is None else sudo_uid
    return subprocess.run(
        [program, *words], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60, check=False,
        env={**ENVIRONMENT, 'SUDO_UID': str(sudo_uid), **environment})


def logged(desk):
    return [match[1] for match in map(LINE.search, desk.log.lines()) if match]


def refused(desk, done, reason=None, code=77):
    """Nothing is shown, nothing is changed: the caller's digest tells."""
    assert (done.returncode, done.stdout) == (code, ''), done
    if reason:
        assert logged(desk)[-1].endswith(f'reason={reason}'), logged(desk)


@contextlib.contextmanager
def untouched():
    before = digest(STATE)
    yield
    assert digest(STATE) == before


@contextlib.contextmanager
def added_to(path, line):
    path = pathlib.Path('/etc', path)
    before = path.read_text(encoding='utf-8')
    path.write_text(before + line + '\n', encoding='utf-8')
    try:
        yield
    finally:
        path.write_text(before, encoding='utf-8')


# What it is for.


def test_snippet_is_valid():
    done = subprocess.run(['visudo', '-c', '-f', SNIPPET], check=False,
                          capture_output=True, text=True)
    assert done.returncode == 0, done


def test_code_of_the_helpdesk_lets_in(desk, alice):
    done = by_sudo(desk, 'backup-code', 'alice')
    assert done.returncode == 0, done
    code = re.match(r'Backup code for alice: (\d{4} \d{4})\n', done.stdout)[1]
    assert desk.status('alice')['helpdesk']['by'] == 'bob'
    assert re.fullmatch(r'helpdesk-code user=alice by=bob valid-until=\S+',
                        logged(desk)[-1])
    assert desk.drive('alice', code, '@new').let_in


def test_unlock_clears_a_stop(desk, alice):
    desk.config('throttle_stop = 10\nthrottle_free = 9\n',
                defaults=pathlib.Path(CONFIG).read_text())
    desk.drive_many([('alice', [alice.wrong()] * 3)] * 4)
    assert not desk.drive('alice', alice.code()).let_in
    done = by_sudo(desk, 'unlock', 'alice')
    assert (done.returncode, done.stdout) == (0, 'alice: all methods unlocked\n')
    assert logged(desk)[-1] == 'unlocked user=alice by=bob method=all'
    assert desk.drive('alice', alice.code()).let_in


def test_unlock_leaves_what_was_disabled(desk, alice):
    desk.admin('disable', 'alice', 'app')
    done = by_sudo(desk, 'unlock', 'alice')
    assert done.returncode == 0 and 'stays off' in done.stderr
    assert not desk.drive('alice', alice.code()).let_in
    desk.admin('unlock', 'alice')
    assert desk.drive('alice', alice.code(1)).let_in


def test_unlock_leaves_what_was_disabled_after_a_stop(desk, alice):
    desk.config('throttle_stop = 10\nthrottle_free = 9\n',
                defaults=pathlib.Path(CONFIG).read_text())
    desk.drive_many([('alice', [alice.wrong()] * 3)] * 4)
    desk.admin('disable', 'alice', 'app')
    assert 'stays off' in by_sudo(desk, 'unlock', 'alice').stderr
    assert not desk.drive('alice', alice.code()).let_in


def test_status_is_shown_and_the_look_is_logged(desk, alice):
    with untouched():
        done = by_sudo(desk, 'status', 'alice')
    assert done.returncode == 0
    assert done.stdout == desk.admin('status', 'alice').stdout
    assert logged(desk)[-1] == 'viewed user=alice by=bob'


def test_invitation_by_the_helpdesk(desk):
    done = by_sudo(desk, 'backup-code', 'alice')
    assert done.returncode == 0 and 'invitation' in done.stderr
    code = re.search(r': (\d{4} \d{4})\n', done.stdout)[1]
    assert desk.drive('alice', code, '@new').let_in


def test_who_is_not_enrolled_is_1(desk):
    for command in ('unlock', 'status'):
        refused(desk, by_sudo(desk, command, 'alice'), code=1)


# Whom it is not for.


@pytest.mark.parametrize('command', COMMANDS)
def test_root_is_refused(desk, alice, command):
    desk.enrol('root')
    with untouched():
        refused(desk, by_sudo(desk, command, 'root'), 'root')


@pytest.mark.parametrize('command', COMMANDS)
def test_second_account_with_uid_0_is_refused(desk, alice, command):
    with added_to('passwd', 'toor:x:0:100::/root:/bin/sh'), untouched():
        refused(desk, by_sudo(desk, command, 'toor'), 'root')


@pytest.mark.parametrize('command', COMMANDS)
def test_oneself_is_refused(desk, command):
    desk.enrol('bob')
    with untouched():
        refused(desk, by_sudo(desk, command, 'bob'), 'oneself')


@pytest.mark.parametrize('command', COMMANDS)
def test_oneself_under_another_name_is_refused(desk, command):
    """The same uid: whoever is asked about, it is bob's record."""
    line = f'robert:x:{desk.uids["bob"]}:100::/nonexistent:/bin/sh'
    with added_to('passwd', line), untouched():
        refused(desk, by_sudo(desk, command, 'robert'), 'oneself')


@pytest.mark.parametrize('command', COMMANDS)
def test_second_name_of_an_account_is_refused(desk, alice, command):
    """alice may be in a group that her other name is not in."""
    line = f'alicia:x:{desk.uids["alice"]}:100::/nonexistent:/bin/sh'
    with added_to('passwd', line), untouched():
        refused(desk, by_sudo(desk, command, 'alicia'), 'alias')


@pytest.mark.parametrize('command', COMMANDS)
def test_member_by_primary_group_is_refused(desk, command):
    desk.enrol('carol')
    with untouched():
        refused(desk, by_sudo(desk, command, 'carol'), 'member')


@pytest.mark.parametrize('command', COMMANDS)
def test_member_by_list_is_refused(desk, alice, command):
    desk.config('helpdesk_not_for = staff,boss\n')
    with added_to('group', 'boss:x:60990:carol,alice'), untouched():
        refused(desk, by_sudo(desk, command, 'alice'), 'member')


def test_member_by_a_second_name_of_the_group_is_refused(desk, alice):
    desk.config('helpdesk_not_for = bosses\n')
    line = f'bosses:x:{desk.uids["alice"]}:'
    with added_to('group', line), untouched():
        refused(desk, by_sudo(desk, 'backup-code', 'alice'), 'member')


@pytest.mark.parametrize('groups', ['gone', 'staff,gone', 'gone,staff'])
def test_group_that_does_not_resolve_refuses(desk, alice, groups):
    desk.config(f'helpdesk_not_for = {groups}\n')
    with untouched():
        done = by_sudo(desk, 'backup-code', 'alice')
        refused(desk, done, 'groups')
    assert 'gone' in done.stderr


# What a caller can try.


@pytest.mark.parametrize('words', [
    (), ('backup-code',), ('unlock',), ('status',), ('backup-code', ''),
    ('status', ''), ('backup-code', 'alice', 'bob'),
    ('backup-code', 'alice', '--valid', '7d'),
    ('backup-code', '--valid=7d', 'alice'), ('unlock', 'alice', 'app'),
    ('status', '--config=/tmp/x'), ('status', '--json'), ('status', '-h'),
    ('status', '--', 'alice'), ('--config', '/tmp/x', 'status', 'alice'),
    ('--json', 'status', 'alice'), ('--help',), ('enrol', 'alice'),
    ('remove', 'alice'), ('disable', 'alice'), ('list', 'alice'),
    ('backup-code alice',), ('Status', 'alice'), ('status ', 'alice'),
    ('', 'alice')])
def test_other_words_do_nothing(desk, alice, words):
    """Behind sudo's back too: the program itself keeps to three commands."""
    with untouched():
        done = as_root(desk, *words)
        refused(desk, done, code=64)
        assert done.stderr == USAGE + '\n'
        done = by_sudo(desk, *words)
        assert done.returncode in (1, 64) and not done.stdout


@pytest.mark.parametrize('name', [
    '../alice', './alice', 'alice/', '/etc/passwd', 'ROOT', ' root', 'root ',
    'root\n', '0', '+0', '#0', '\\#0', '%helpdesk', 'alice\x1b[2J', '*',
    'x' * 5000])
def test_name_of_no_account_does_nothing(desk, alice, name):
    desk.enrol('root')
    desk.log.clear()
    with untouched():
        refused(desk, as_root(desk, 'backup-code', name), code=67)
        done = by_sudo(desk, 'backup-code', name)
        assert done.returncode != 0 and not done.stdout
    assert not logged(desk)  # it may be a password in the wrong place


def test_name_with_a_path_in_it_is_that_account_alone(desk, alice):
    """'../bob' is an account of its own here, and has nothing of bob's."""
    desk.enrol('bob')
    before = desk.record('bob').read_bytes()
    done = as_root(desk, 'backup-code', '../bob',
                   sudo_uid=desk.uids['carol'])
    desk.secrets += re.findall(r': (\d{4} \d{4})\n', done.stdout)
    assert done.returncode == 0
    assert desk.record('bob').read_bytes() == before
    assert desk.record('../bob').exists()


def forged(desk, path):
    """A host of bob's own, where he would be anything."""
    path.mkdir(mode=0o755)
    config = path / 'xsuite.conf'
    config.write_text(f'state_dir = {path}/state\nkey_file = {path}/key\n')
    return config


@pytest.mark.parametrize('name', [
    'LD_PRELOAD', 'LD_LIBRARY_PATH', 'LD_AUDIT', 'XSUITE_CONFIG', 'XS_CONFIG',
    'CONFIG', 'NSS_WRAPPER_PASSWD', 'POSIXLY_CORRECT', 'GCONV_PATH',
    'TMPDIR', 'MALLOC_CHECK_', 'SUDO_UID', 'SUDO_USER', 'HOSTALIASES'])
def test_environment_changes_nothing(desk, alice, name, tmp_path):
    config = forged(desk, tmp_path / 'own')
    value = str(desk.uids['carol']) if name == 'SUDO_UID' else str(config)
    for done in (by_sudo(desk, 'status', 'alice', **{name: value}),
                 by_sudo(desk, 'status', 'alice', sudo=(f'--preserve-env'
                                                        f'={name}',),
                         **{name: value}),
                 by_sudo(desk, 'status', 'alice', sudo=(f'{name}={value}',))):
        # sudo drops it, or will not run the program at all.
        assert done.returncode == 1 and not done.stdout or \
            done.stdout.startswith('alice (uid')
    assert {line for line in logged(desk)} == {'viewed user=alice by=bob'}


def test_environment_does_not_reach_the_program_itself(desk, tmp_path):
    """Even where sudo were told to keep it all: here a library that would
    show accounts and groups of the caller's own."""
    desk.enrol('carol')
    passwd, group = tmp_path / 'passwd', tmp_path / 'group'
    passwd.write_text(f'carol:x:{desk.uids["carol"]}:60999::/:/bin/sh\n')
    group.write_text('carol:x:60998:\n')
    with untouched():
        refused(desk, as_root(
            desk, 'backup-code', 'carol', LD_PRELOAD='libnss_wrapper.so',
            NSS_WRAPPER_PASSWD=str(passwd), NSS_WRAPPER_GROUP=str(group)),
            'member')


def test_oneself_behind_a_borrowed_account_is_refused(desk, alice):
    """alice logged in, became bob, and asks for a code for herself."""
    def log_in():
        path = pathlib.Path('/proc/self/loginuid')
        path.write_text(str(desk.uids['alice']), encoding='ascii')
    try:
        done = subprocess.run(
            [HELPDESK, 'backup-code', 'alice'], preexec_fn=log_in, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
            env={**ENVIRONMENT, 'SUDO_UID': str(desk.uids['bob'])},
            timeout=60)
    except subprocess.SubprocessError:
        pytest.skip('the kernel keeps no uid of a login here')
    refused(desk, done, 'oneself')


def test_sudo_uid_is_not_believed_of_who_is_not_root(desk, alice):
    """Not through sudo: bob himself, as root, as a colleague."""
    for claimed in (0, desk.uids['carol']):
        with untouched():
            done = subprocess.run(
                desk.as_user('bob', str(HELPDESK), 'backup-code', 'bob'),
                env={**ENVIRONMENT, 'SUDO_UID': str(claimed)}, check=False,
                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                timeout=60)
            refused(desk, done)


def test_program_that_is_set_user_id_by_mistake_refuses(desk, alice):
    copy = pathlib.Path('/run/xsuite-helpdesk')
    copy.write_bytes(HELPDESK.read_bytes())
    copy.chmod(0o4755)
    try:
        with untouched():
            done = subprocess.run(
                desk.as_user('bob', str(copy), 'backup-code', 'alice'),
                env={**ENVIRONMENT, 'SUDO_UID': str(desk.uids['carol'])},
                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                timeout=60, check=False)
            refused(desk, done)
            assert done.stderr == 'xsuite-helpdesk: run it by sudo\n'
    finally:
        copy.unlink()


@pytest.mark.parametrize('claimed', ['', '-1', '4294967295', '0x0', 'bob',
                                     '61000 ', '99999999999999999999'])
def test_caller_who_cannot_be_told_is_refused(desk, alice, claimed):
    with untouched():
        refused(desk, as_root(desk, 'backup-code', 'alice', sudo_uid=claimed),
                'caller')


def test_other_rights_of_sudo_are_not_among_it(desk, alice):
    """Neither another program, nor another user's, nor an editor."""
    for argv in (['sudo', '-n', 'id'], ['sudo', '-n', '-u', 'alice', 'id'],
                 ['sudo', '-n', '-s'], ['sudo', '-n', '-e', str(CONFIG)],
                 ['sudo', '-n', '-u', 'carol', str(HELPDESK), 'status',
                  'alice'],
                 ['sudo', '-n', str(BUILD / 'xsuite-admin'), 'remove',
                  'alice']):
        with untouched():
            done = subprocess.run(
                desk.as_user('bob', *argv), cwd='/', env=ENVIRONMENT,
                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                timeout=60, check=False)
        assert done.returncode == 1 and not done.stdout, (argv, done)


def swap_after_first_look(tmp_path, other, argv, **options):
    """Runs a program; once it has opened /etc/passwd, and before it opens it
    again, the file is another one."""
    trace = tmp_path / 'trace'
    trace.touch()
    os.rename('/etc/passwd', '/etc/passwd.kept')
    pathlib.Path('/etc/passwd.other').write_text(other, encoding='utf-8')
    os.link('/etc/passwd.kept', '/etc/passwd')
    program = subprocess.Popen(
        ['strace', '-o', trace, '-e', 'trace=openat', '-P', '/etc/passwd',
         '-e', 'inject=openat:delay_enter=400000:when=2+', *argv], **options)
    try:
        while program.poll() is None and not trace.read_text():
            pass
        os.rename('/etc/passwd.other', '/etc/passwd')
        out, err = program.communicate(timeout=60)
    finally:
        program.kill()
        os.rename('/etc/passwd.kept', '/etc/passwd')
    assert 'passwd' in trace.read_text()
    return out, err, program.returncode


@pytest.mark.parametrize('uid', ['0', 'carol'])
def test_name_is_judged_and_acted_on_as_it_was_found(desk, alice, uid,
                                                     tmp_path):
    """Who changes the directory between the look and the act gains nothing:
    a second look would find root, or one of another uid, under that name."""
    desk.enrol('root')
    desk.enrol('carol')
    lines = pathlib.Path('/etc/passwd').read_text(encoding='utf-8')
    other = re.sub(r'^alice:x:\d+:', f'alice:x:{desk.uids.get(uid, uid)}:',
                   lines, flags=re.M)
    before = {name: (STATE / 'users' / str(number)).read_bytes()
              for name, number in (('root', 0), ('carol', desk.uids['carol']))}
    out, err, status = swap_after_first_look(
        tmp_path, other, [HELPDESK, 'backup-code', 'alice'], text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**ENVIRONMENT, 'SUDO_UID': str(desk.uids['bob'])})
    assert (status, out) == (77, ''), err
    assert before == {
        name: (STATE / 'users' / str(number)).read_bytes()
        for name, number in (('root', 0), ('carol', desk.uids['carol']))}


def test_options_of_the_system_that_others_can_write_refuse(desk, alice):
    CONFIG.chmod(0o666)
    with untouched():
        refused(desk, by_sudo(desk, 'backup-code', 'alice'), code=78)


def test_missing_options_refuse(desk, alice):
    """Or helpdesk_not_for would be gone with them."""
    CONFIG.unlink()
    with untouched():
        refused(desk, by_sudo(desk, 'backup-code', 'root'), code=78)
