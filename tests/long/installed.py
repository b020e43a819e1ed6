# SPDX-License-Identifier: BSD-3-Clause
"""A host on which the package is installed, this one or one in a tree: its
people, and how they log in by the sshd and the sudo of Debian."""

import json
import pathlib
import re
import socket
import subprocess
import time

import totp
from terminal import Terminal, shown_code
from words import APP, BACKUP, PASSWORD, SUCCESSOR

USER = 'xsperson'
SECRET = 'right-Horse-7'
COMMAND = 'echo IN:$((40+2)):$(id -un)'
SUDO_PASSWORD = f'[sudo] password for {USER}: '
EXAMPLES = '/usr/share/doc/libpam-xsuite/examples'
DEADLINE = 60
ENVIRONMENT = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:'
                       '/sbin:/bin', 'TERM': 'dumb', 'LANG': 'C.UTF-8',
               'DEBIAN_FRONTEND': 'noninteractive'}


class Refused(Exception):
    pass


def _free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Installed:
    def __init__(self, root=None):
        self.root = pathlib.Path(root or '/')
        self._prefix = ['chroot', str(root)] if root else []
        self._daemon = None
        self._terminals = []
        self.secret = self.backup = None

    def run(self, *words, check=True, text=None):
        done = subprocess.run(
            [*self._prefix, *(str(word) for word in words)], input=text or '',
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=600, env=ENVIRONMENT, check=False, cwd='/')
        assert not check or done.returncode == 0, (words, done)
        return done

    def read(self, *words):
        """Standard output alone."""
        return subprocess.run(
            [*self._prefix, *words], stdin=subprocess.DEVNULL, text=True,
            capture_output=True, timeout=600, env=ENVIRONMENT, check=True,
            cwd='/').stdout

    def path(self, name):
        return self.root / name.lstrip('/')

    # Setting up, as README.Debian says.

    def add_person(self):
        self.run('useradd', '-m', '-s', '/bin/sh', USER)
        self.run('chpasswd', text=f'{USER}:{SECRET}\n')
        self.path(f'/home/{USER}/.hushlogin').touch()
        rule = self.path('/etc/sudoers.d/xsperson')
        rule.write_text(f'Defaults:{USER} !lecture, timestamp_timeout=0, '
                        f'!fqdn\n{USER} ALL=(ALL) ALL\n')
        rule.chmod(0o440)

    def remove_person(self):
        self.run('userdel', '-r', '-f', USER, check=False)
        self.path('/etc/sudoers.d/xsperson').unlink(missing_ok=True)

    def switch_on(self):
        self.run('cp', f'{EXAMPLES}/sshd_config.d/xsuite.conf',
                 '/etc/ssh/sshd_config.d/')
        self.run('pam-auth-update', '--enable', 'xsuite')
        for name in ('auth', 'account'):
            assert 'pam_xsuite.so' in self.path(
                f'/etc/pam.d/common-{name}').read_text()

    def enrol(self):
        """Anew: no failure of before stands in front of the first prompt."""
        self.run('xsuite-admin', 'remove', USER, check=False)
        answer = json.loads(self.read('xsuite-admin', '--json', 'enrol',
                                      USER))
        self.secret = answer['secret']
        self.backup = answer['backup_codes'][0]

    def code(self):
        return totp.code(self.secret, totp.step())

    # sshd, as Debian configures it, on a port of its own.

    def start_sshd(self):
        self.stop_sshd()
        self.path('/run/sshd').mkdir(mode=0o755, exist_ok=True)
        port = _free_port()
        self._daemon = subprocess.Popen(
            [*self._prefix, '/usr/sbin/sshd', '-D', '-e', '-o', f'Port={port}',
             '-o', 'ListenAddress=127.0.0.1', '-o', 'PidFile=none', '-o',
             'PrintMotd=no', '-o', 'PrintLastLog=no'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd='/')
        self.port = port
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end and self._daemon.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError('sshd does not start')

    def stop_sshd(self):
        if self._daemon is not None:
            self._daemon.terminate()
            self._daemon.wait(DEADLINE)
            self._daemon = None

    def close(self):
        for terminal in self._terminals:
            terminal.close()
        self.stop_sshd()

    # Logging in. These return when the person is in, and raise Refused.

    def _terminal(self, argv):
        terminal = Terminal(argv, [], ENVIRONMENT)
        self._terminals.append(terminal)
        return terminal

    def _ssh(self):
        options = {'Port': self.port, 'UserKnownHostsFile': '/dev/null',
                   'StrictHostKeyChecking': 'no', 'LogLevel': 'ERROR',
                   'PubkeyAuthentication': 'no',
                   'NumberOfPasswordPrompts': '1'}
        argv = ['ssh', '-F', '/dev/null']
        for key, value in options.items():
            argv += ['-o', f'{key}={value}']
        return self._terminal([*argv, f'{USER}@127.0.0.1', COMMAND])

    def _sudo(self):
        return self._terminal([
            *self._prefix, 'setpriv', '--reuid', USER, '--regid', USER,
            '--init-groups', 'sudo', 'sh', '-c', COMMAND])

    def _begin(self, how):
        if how == 'ssh':
            terminal, prompt = self._ssh(), PASSWORD
        else:
            terminal, prompt = self._sudo(), SUDO_PASSWORD
        # sshd's method "password" has a prompt of the client's own.
        terminal.sees(rf"{re.escape(prompt)}|{USER}@127.0.0.1's password: ")
        terminal.type(SECRET)
        return terminal

    @staticmethod
    def _end(terminal, how):
        """In, or asked something else, or sent back."""
        _, match = terminal.sees(r'IN:42:(\w+)\r?\n|Authenticator app code|'
                                 'Sorry, try again|Permission denied')
        if match.group(1) != (USER if how == 'ssh' else 'root'):
            terminal.kill()
            raise Refused(terminal.transcript)
        assert terminal.ended() == ('', 0), terminal.transcript

    def by_password(self, how):
        self._end(self._begin(how), how)

    def by_app(self, how, code=None):
        terminal = self._begin(how)
        terminal.asked(APP)
        terminal.type(code or self.code())
        if code:
            terminal.sees('That code is not right')
            terminal.kill()
            raise Refused(terminal.transcript)
        self._end(terminal, how)

    def by_backup(self, how):
        """Types the successor back, and keeps it."""
        terminal = self._begin(how)
        terminal.asked(APP)
        terminal.type('')
        terminal.asked(BACKUP)
        terminal.type(self.backup)
        self.backup = shown_code(terminal.asked(SUCCESSOR))
        terminal.type(self.backup)
        self._end(terminal, how)

    def wrong(self):
        return totp.wrong(self.secret)
