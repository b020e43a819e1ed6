# SPDX-License-Identifier: BSD-3-Clause
"""The Debian package in clean trees of Debian 12 and 13: it is installed,
people log in, it is upgraded, removed and purged, and nobody is locked out."""

import hashlib
import re

import pytest
from installed import USER, Refused
from trees import CURRENT, PREVIOUS

HOW = ['ssh', 'sudo']
UNIX = r'^auth\t\[success=1 default=ignore\]\tpam_unix\.so.*$'


def both(login, *words):
    for how in HOW:
        login(how, *words)


def refused(login, *words):
    with pytest.raises(Refused):
        login(*words)


def switched_on(host, version=CURRENT):
    host.install(version)
    host.switch_on()
    host.start_sshd()
    host.enrol()


def contents(host):
    """Key, state and options."""
    found = {}
    for top in ('/etc/xsuite', '/var/lib/xsuite'):
        for path in sorted(host.path(top).rglob('*')):
            if path.is_file() and path.parent.name != 'host':
                found[str(path)] = (
                    path.stat().st_mode, path.stat().st_uid,
                    hashlib.sha256(path.read_bytes()).hexdigest())
    return found


def traces(host):
    """What is left of the package, but what the administrator copied."""
    named = host.run('find', '/', '-xdev', '-name', '*xsuite*', '-not',
                     '-path', '/etc/ssh/sshd_config.d/*', '-not', '-path',
                     '/root/*').stdout.split()
    naming = host.run('grep', '-rlsi', 'xsuite', '/etc', '--exclude-dir=ssh',
                      '--exclude=passwd*', '--exclude=shadow*',
                      '--exclude=group*', '--exclude=gshadow*', '--exclude='
                      'ld.so.cache', check=False).stdout.split()
    return named + naming


def change(host, name, pattern, text):
    """An administrator edits a file by hand."""
    path = host.path(name)
    former = path.read_text()
    present = re.sub(pattern, text, former, flags=re.M)
    assert former != present
    path.write_text(present)


def not_removed(host, where, *words):
    done = host.tree.apt(*(words or ('remove',)), 'libpam-xsuite',
                         check=False)
    assert done.returncode != 0
    lines = [line for line in done.stdout.splitlines()
             if line.startswith('libpam-xsuite: not removed: ')]
    assert len(lines) == 1 and re.search(where, lines[0]), done.stdout
    assert host.state() == f'ii {CURRENT}'


def test_installed_it_is_ready_and_asks_nobody(host):
    done = host.install()
    assert 'made /etc/xsuite/host.key' in done.stdout
    key = host.path('/etc/xsuite/host.key')
    assert (key.stat().st_mode & 0o7777, key.stat().st_uid) == (0o400, 0)
    for name in ('', '/users', '/names', '/host'):
        info = host.path(f'/var/lib/xsuite{name}').stat()
        assert (info.st_mode & 0o7777, info.st_uid) == (0o700, 0)
    assert host.path('/var/lib/xsuite/users/.store').exists()
    sender = host.run('getent', 'passwd', 'xsuite-sms').stdout.split(':')
    assert sender[2] != '0' and sender[6].strip().endswith('nologin')
    assert not host.run('grep', '-l', 'xsuite', '/etc/pam.d/common-auth',
                        '/etc/pam.d/sshd', '/etc/pam.d/sudo',
                        check=False).stdout
    host.enrol()
    host.start_sshd()
    both(host.by_password)


def test_set_user_id_is_xsuite_alone(host):
    host.install()
    listed = host.read('dpkg', '-L', 'libpam-xsuite').split()
    found = {name for name in listed if host.path(name).is_file()
             and host.path(name).stat().st_mode & 0o6000}
    assert found <= {'/usr/bin/xsuite'}
    if '/usr/bin/xsuite' in listed:
        info = host.path('/usr/bin/xsuite').stat()
        assert (info.st_mode & 0o7777, info.st_uid, info.st_gid) == \
            (0o4755, 0, 0)


def test_who_is_not_enrolled_logs_in_with_the_password(host):
    host.install()
    host.switch_on()
    host.start_sshd()
    both(host.by_password)


@pytest.mark.parametrize('how', HOW)
def test_app_and_backup_code_let_in(host, how):
    switched_on(host)
    host.by_app(how)
    host.by_backup(how)
    host.by_backup(how)
    refused(host.by_app, how, host.wrong())
    refused(host.by_password, how)


def test_upgrade_keeps_key_state_and_options(host):
    host.install(PREVIOUS)
    assert host.state() == f'ii {PREVIOUS}'
    with open(host.path('/etc/xsuite/xsuite.conf'), 'a',
              encoding='ascii') as file:
        file.write('issuer = Ours\n')
    host.switch_on()
    host.enrol()
    before = contents(host)
    stacks = {path.name: path.read_text()
              for path in host.path('/etc/pam.d').iterdir()}
    host.install()
    assert host.state() == f'ii {CURRENT}'
    assert contents(host) == before
    assert {path.name: path.read_text()
            for path in host.path('/etc/pam.d').iterdir()} == stacks
    host.start_sshd()
    host.by_app('ssh')
    both(host.by_backup)


def test_upgrade_without_state_proves_nothing(host):
    """As on a host where a disk is missing: nobody gets in, before and
    after, and the state that comes back is the one that it was."""
    switched_on(host, PREVIOUS)
    host.path('/var/lib/xsuite').rename(host.path('/var/lib/elsewhere'))
    done = host.install()
    assert 'nothing was changed' in done.stdout
    assert not host.path('/var/lib/xsuite').exists()
    refused(host.by_password, 'ssh')
    refused(host.by_password, 'sudo')
    host.path('/var/lib/elsewhere').rename(host.path('/var/lib/xsuite'))
    both(host.by_backup)


def test_removed_the_password_logs_in(host):
    switched_on(host)
    host.by_app('ssh')
    host.tree.apt('remove', 'libpam-xsuite')
    assert host.state().startswith('rc ')
    both(host.by_password)


def test_hand_edited_common_auth_is_left_and_nobody_locked_out(host):
    """pam-auth-update says that all is well and does nothing."""
    switched_on(host)
    change(host, '/etc/pam.d/common-auth', UNIX,
           'auth\t[success=1 authinfo_unavail=ignore default=ignore]\t'
           'pam_unix.so')
    both(host.by_backup)
    before = host.path('/etc/pam.d/common-auth').read_text().splitlines()
    done = host.tree.apt('remove', 'libpam-xsuite')
    assert 'took its lines out of /etc/pam.d/common-auth' in done.stdout
    after = host.path('/etc/pam.d/common-auth').read_text().splitlines()
    assert after == [line for line in before if 'xsuite' not in line]
    both(host.by_password)


def test_hand_edited_jump_refuses_and_nobody_is_locked_out(host):
    switched_on(host)
    change(host, '/etc/pam.d/common-auth', UNIX,
           'auth\t[success=3 authinfo_unavail=ignore default=ignore]\t'
           'pam_unix.so')
    both(host.by_password)
    not_removed(host, r'/etc/pam\.d/common-auth:\d+')
    both(host.by_password)


@pytest.mark.parametrize('word', ['remove', 'purge'])
def test_line_of_the_administrator_refuses(host, word):
    host.install()
    host.run('cp', '/usr/share/doc/libpam-xsuite/examples/sshd_config.d/'
             'xsuite.conf', '/etc/ssh/sshd_config.d/')
    change(host, '/etc/pam.d/sshd', '^@include common-auth$',
           '@include common-auth\nauth required pam_xsuite.so\n'
           'auth required pam_permit.so')
    host.start_sshd()
    host.enrol()
    host.by_app('ssh')
    not_removed(host, r'/etc/pam\.d/sshd:\d+: ', word)
    host.by_backup('ssh')
    change(host, '/etc/pam.d/sshd', '^auth required pam_xsuite.so\n', '')
    host.tree.apt(word, 'libpam-xsuite')
    both(host.by_password)


def test_purged_the_password_logs_in_and_key_and_state_are_kept(host):
    switched_on(host)
    before = contents(host)
    host.tree.apt('purge', 'libpam-xsuite')
    both(host.by_password)
    after = contents(host)
    assert after == {name: what for name, what in before.items()
                     if not name.endswith('/xsuite.conf')}
    # And they are used again.
    host.install()
    host.switch_on()
    both(host.by_backup)


def test_purge_deletes_key_and_state_when_told(host):
    switched_on(host)
    host.run('debconf-set-selections', text='libpam-xsuite '
             'libpam-xsuite/purge-state boolean true\n')
    host.tree.apt('purge', 'libpam-xsuite')
    assert traces(host) == []
    both(host.by_password)
    # The answer does not outlive the package.
    host.install()
    host.tree.apt('purge', 'libpam-xsuite')
    assert host.path('/etc/xsuite/host.key').exists()


def test_purge_after_remove_asks_as_well(host):
    host.install()
    host.tree.apt('remove', 'libpam-xsuite')
    host.run('debconf-set-selections', text='libpam-xsuite '
             'libpam-xsuite/purge-state boolean true\n')
    host.tree.apt('purge', 'libpam-xsuite')
    assert traces(host) == []


def test_installed_again_it_is_not_switched_on(host):
    switched_on(host)
    host.tree.apt('remove', 'libpam-xsuite')
    host.install()
    both(host.by_password)
    assert USER in host.read('xsuite-admin', 'list')


def test_autopkgtest_of_the_package_passes(host):
    """debian/tests, by the runner that Debian uses."""
    host.remove_person()
    host.tree.apt('install', 'autopkgtest', 'xz-utils')
    host.run('tar', '-C', '/root', '-xJf', f'/root/pam-xsuite_{CURRENT}.tar.xz')
    done = host.tree.run('autopkgtest', '-B',
                         '--ignore-restrictions=isolation-container',
                         '/root/pam-xsuite/',
                         host.packages[CURRENT], '--', 'null', check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert re.search(r'^logins +PASS$', done.stdout, re.M), done.stdout
