# SPDX-License-Identifier: BSD-3-Clause
"""The real sshd on a loopback port."""

import os
import pathlib
import signal
import socket
import subprocess
import time

CONFIG = {
    'ListenAddress': '127.0.0.1',
    'PidFile': 'none',
    'UsePAM': 'yes',
    'UseDNS': 'no',
    'PasswordAuthentication': 'no',
    'KbdInteractiveAuthentication': 'yes',
    'StrictModes': 'no',
    'LogLevel': 'VERBOSE',
    'PrintMotd': 'no',
    'PrintLastLog': 'no',
    'MaxStartups': '100',
}
CLIENT = {
    'HostKeyAlias': 'xs',
    'StrictHostKeyChecking': 'yes',
    'PubkeyAuthentication': 'no',
    'NumberOfPasswordPrompts': '1',
}
DEADLINE = 30


def _free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def parents():
    """The parent of each process."""
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open(f'/proc/{name}/stat', encoding='utf-8',
                          errors='replace') as file:
                    rest = file.read().rsplit(')', 1)[1].split()
            except OSError:
                continue
            if rest[0] != 'Z':
                yield int(name), int(rest[1])


class Sshd:
    def __init__(self, work, options, wrap=()):
        self._wrap = [*wrap]
        self.work = pathlib.Path(work)
        self.log = self.work / 'sshd.log'
        for _ in range(5):
            self.port = _free_port()
            if self._start({**CONFIG, **options}):
                return
        raise AssertionError('sshd does not start:\n' + self.log.read_text())

    def _start(self, options):
        config = self.work / 'sshd.conf'
        lines = [f'Port {self.port}', f'HostKey {self.work}/host',
                 f'AuthorizedKeysFile {self.work}/keys/%u']
        lines += [f'{key} {value}' for key, value in options.items()]
        config.write_text('\n'.join(lines) + '\n')
        self.log.write_text('')
        self._process = subprocess.Popen(
            [*self._wrap, '/usr/sbin/sshd', '-D', '-f', config, '-E', self.log],
            stdin=subprocess.DEVNULL)
        return self._until(
            lambda: 'Server listening' in self.log.read_text(),
            lambda: self._process.poll() is not None)

    @staticmethod
    def _until(done, over=lambda: False):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if done():
                return True
            if over():
                return False
            time.sleep(0.01)
        return False

    def program(self, name, options):
        """ssh, scp or sftp, as far as its own arguments."""
        argv = [*self._wrap, name, '-F', '/dev/null']
        for key, value in {
                'Port': self.port, 'IdentityFile': self.work / 'user',
                'UserKnownHostsFile': self.work / 'known_hosts',
                **CLIENT, **options}.items():
            argv += ['-o', f'{key}={value}']
        return argv

    def client(self, user, command, options):
        return [*self.program('ssh', options), f'{user}@127.0.0.1', *command]

    @property
    def pid(self):
        return self._process.pid

    def sessions(self):
        return [pid for pid, parent in parents()
                if parent == self._process.pid]

    def wait_idle(self):
        """Until no connection is left, and nothing of it can write."""
        assert self._until(lambda: not self.sessions()), 'sessions stay'

    def close(self):
        for pid in self.sessions():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._process.terminate()
        self._process.wait(DEADLINE)
