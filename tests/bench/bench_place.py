# SPDX-License-Identifier: BSD-3-Clause
"""Where it is measured: users, stacks, stores, and the peers beside them.

/etc, /dev/log and the like are a mount namespace's own (tests/e2e); what the
modules write lies below build/, on the disk that is measured.
"""

import base64
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from figures import ROOT

BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
BENCH = BUILD / 'tests/bench'
MODULE = BUILD / 'pam_xsuite.so'

sys.path.append(str(ROOT / 'tests/e2e'))
import namespace  # noqa: E402

CROWD = 32
FIRST_UID = 61000
# What people run: the second step's defaults, and their own limits.
OATH_LINE = 'HOTP/T30/6 {user} - {hex}\n'
GOOGLE_FILE = '{secret}\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n" TOTP_AUTH\n'


def user(number):
    return f'bench{number:02}'


class Place:
    def __init__(self):
        BUILD.joinpath('bench').mkdir(exist_ok=True)
        self.disk = pathlib.Path(tempfile.mkdtemp(dir=BUILD / 'bench'))
        self.disk.chmod(0o755)  # google-authenticator reads as the user
        self.etc = pathlib.Path(tempfile.mkdtemp())
        namespace.enter(str(self.etc), [str(ROOT), str(self.disk)])
        self.services = self.disk / 'pam.d'
        self.services.mkdir()
        self._stores = 0
        self._add_users()
        self._sink = self._start_sink()
        self._write('other', 'auth required pam_deny.so\n')
        self.stack('permit')

    def close(self):
        os.kill(self._sink, signal.SIGKILL)
        os.waitpid(self._sink, 0)
        namespace.detach(str(self.etc))
        with contextlib.suppress(OSError):
            self.etc.rmdir()
        shutil.rmtree(self.disk)

    def _add_users(self):
        with open('/etc/passwd', 'a', encoding='ascii') as passwd, \
                open('/etc/group', 'a', encoding='ascii') as group:
            for number in range(CROWD):
                uid = FIRST_UID + number
                home = self.disk / 'home' / user(number)
                passwd.write(f'{user(number)}:x:{uid}:{uid}::{home}:'
                             '/bin/sh\n')
                group.write(f'{user(number)}:x:{uid}:\n')
                home.mkdir(parents=True)
                os.chown(home, uid, uid)

    def _start_sink(self):
        """Somebody listens to the log, as on every host."""
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.bind('/dev/log')
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            while True:
                log.recv(8192)
        log.close()
        return pid

    # Stacks: all of them end alike.

    def _write(self, service, text):
        (self.services / service).write_text(text, encoding='utf-8')

    def stack(self, service, *lines):
        self._write(service, ''.join(
            f'auth required {line}\n' for line in (*lines, 'pam_permit.so')))
        return service

    # The peers.

    def google(self, service, number, *options, wanted=GOOGLE_FILE):
        """google-authenticator, its file where it belongs; the secret."""
        secret = base64.b32encode(os.urandom(20)).decode()
        path = self.disk / 'home' / user(number) / '.google_authenticator'
        path.write_text(wanted.format(secret=secret), encoding='ascii')
        path.chmod(0o400)
        os.chown(path, FIRST_UID + number, FIRST_UID + number)
        self.stack(service, ' '.join(
            ('pam_google_authenticator.so', *options)))
        return secret

    def oath(self, service, number, users):
        """pam_oath, with the one who logs in last in the file."""
        secret = os.urandom(20)
        path = self.disk / f'{service}.oath'
        with open(path, 'w', encoding='ascii') as file:
            for other in range(users - 1):
                file.write(OATH_LINE.format(user=f'm{other}',
                                            hex=secret.hex()))
            file.write(OATH_LINE.format(user=user(number),
                                        hex=secret.hex()))
        path.chmod(0o600)
        self.stack(service, f'pam_oath.so usersfile={path} window=1 digits=6')
        return base64.b32encode(secret).decode()

    # pam_xsuite.

    def store(self, options='', disk=True):
        """A store of its own, or one in memory; the path of its options."""
        self._stores += 1
        top = (self.disk if disk else self.etc) / f'store{self._stores}'
        top.mkdir()
        config = top / 'xsuite.conf'
        # As it is installed, and what is set behind it.
        shipped = (ROOT / 'conf/xsuite.conf').read_text(encoding='utf-8')
        config.write_text(f'{shipped}state_dir = {top}/state\n'
                          f'key_file = {top}/host.key\n{options}',
                          encoding='utf-8')
        self.admin(config, 'init')
        return config

    @staticmethod
    def admin(config, *words):
        return subprocess.run(
            [BUILD / 'xsuite-admin', '--config', config, *words], check=True,
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True).stdout

    def enrol(self, config, number):
        return json.loads(self.admin(config, '--json', 'enrol', user(number)))

    def xsuite(self, service, config, *arguments):
        return self.stack(
            service, ' '.join((str(MODULE), f'config={config}', *arguments)))

    def fill(self, config, count):
        """Records of others; written without syncs, then all at once."""
        top = config.parent
        subprocess.run([BENCH / 'bench_fill', top / 'state',
                        top / 'host.key', str(count)], check=True)

    def case(self, service, number, secret, **options):
        """What a driver of that stack and that person is told."""
        return {'confdir': self.services, 'service': service,
                'user': user(number), 'secret': secret.rstrip('='),
                'answer': 'app', **options}
