# SPDX-License-Identifier: BSD-3-Clause
"""A host of the tests' own: accounts by nss_wrapper, so that any user can run
them, and options, key and state below one directory."""

import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
ADMIN = BUILD / 'xsuite-admin'
FULL = {'own': {'left': 20, 'of': 20}, 'other': {'left': 50, 'of': 50}}
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')


def preload():
    """The wrapper must come after the sanitizers' own libraries."""
    linked = subprocess.run(['ldd', ADMIN], capture_output=True, text=True)
    libraries = re.findall(r'lib[au]b?san\.so\S* => (\S+)', linked.stdout)
    return ' '.join([*libraries, 'libnss_wrapper.so'])


class World:
    """A host: accounts, options, key and state below one directory."""

    def __init__(self, path):
        self.path = path
        self.state = path / 'state'
        self.key = path / 'etc' / 'host.key'
        self.conf = path / 'xsuite.conf'
        self.accounts(alice=61001, bob=61002, carol=61003)
        self.options()

    def accounts(self, **uids):
        lines = [f'{name}:x:{uid}:{uid}::/nonexistent:/bin/sh\n'
                 for name, uid in uids.items()]
        (self.path / 'passwd').write_text(''.join(lines))
        (self.path / 'group').write_text('')

    def options(self, *lines):
        text = [f'state_dir = {self.state}', f'key_file = {self.key}',
                'issuer = Example', 'argon2_memory = 19M', 'argon2_time = 2',
                *lines]
        self.conf.write_text('\n'.join(text) + '\n')
        self.conf.chmod(0o600)

    def environment(self, **more):
        return {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8',
                'LD_PRELOAD': preload(),
                'ASAN_OPTIONS': 'detect_leaks=0',
                'NSS_WRAPPER_PASSWD': str(self.path / 'passwd'),
                'NSS_WRAPPER_GROUP': str(self.path / 'group'), **more}

    def run(self, *words, config=True, **options):
        command = [ADMIN, *(['--config', self.conf] if config else []), *words]
        options = {'capture_output': True, 'text': True, 'timeout': 60,
                   'env': self.environment(), **options}
        return subprocess.run(command, **options)

    def ok(self, *words):
        done = self.run(*words)
        assert done.returncode == 0, done
        assert done.stderr == ''
        return done.stdout

    def json(self, *words):
        return json.loads(self.ok('--json', *words))

    def record(self, uid):
        return self.state / 'users' / str(uid)

    def files(self):
        return {path.relative_to(self.path): path.is_file()
                and path.read_bytes() for path in self.path.rglob('*')}


def spoil(path):
    """A record that no key opens, in both slots."""
    data = bytearray(path.read_bytes())
    for at in range(100, len(data), 200):
        data[at] ^= 1
    path.write_bytes(data)
