# SPDX-License-Identifier: BSD-3-Clause
"""A directory that is Debian's /etc/pam.d to the real pam-auth-update, whose
questions debconf answers from a database in the same place."""

import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEBIAN = ROOT / 'debian'
UPDATE = pathlib.Path('/usr/sbin/pam-auth-update')
PROFILES = pathlib.Path('/usr/share/pam-configs')
DEBCONF = '''Config: answers
Templates: questions

Name: answers
Driver: File
Mode: 600
Filename: {path}/answers

Name: questions
Driver: File
Mode: 600
Filename: {path}/questions
'''
# It takes its root as an option; debconf would look for its files below it.
WRAPPER = f'''#!/bin/sh
echo "$@" >>"$DPKG_ROOT/called"
root=$DPKG_ROOT
unset DPKG_ROOT
exec {UPDATE} --root "$root" "$@"
'''


def missing():
    """What keeps the tests from running, if anything."""
    for path in (UPDATE, PROFILES / 'unix', '/usr/bin/perl',
                 '/usr/share/debconf/confmodule'):
        if not pathlib.Path(path).exists():
            return f'there is no {path}'
    return None


class PamTree:
    def __init__(self, path):
        self.root = path / 'root'
        self.pam = self.root / 'etc/pam.d'
        self.profiles = self.root / 'usr/share/pam-configs'
        self.state = self.root / 'var/lib/pam'
        for directory in (self.pam, self.profiles, self.state, path / 'bin'):
            directory.mkdir(parents=True)
        (path / 'debconf.conf').write_text(DEBCONF.format(path=path))
        (path / 'bin/pam-auth-update').write_text(WRAPPER)
        (path / 'bin/pam-auth-update').chmod(0o755)
        self.environment = {
            'PATH': f'{path}/bin:/usr/sbin:/usr/bin:/sbin:/bin',
            'DPKG_ROOT': str(self.root), 'LC_ALL': 'C.UTF-8',
            'DEBCONF_SYSTEMRC': str(path / 'debconf.conf'),
            'DEBIAN_FRONTEND': 'noninteractive',
            'DEBCONF_NONINTERACTIVE_SEEN': 'true', 'HOME': str(path)}
        shutil.copy(PROFILES / 'unix', self.profiles)
        self.update('--force')
        shutil.copy(DEBIAN / 'pam-configs/xsuite', self.profiles)

    def run(self, *command):
        return subprocess.run(command, env=self.environment, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, cwd='/')

    def update(self, *words):
        done = self.run('pam-auth-update', '--package', *words)
        assert done.returncode == 0, done
        return done

    def enable(self):
        self.update('--enable', 'xsuite')
        assert self.lines('common-auth', 'pam_xsuite')

    def leave(self):
        """What prerm does at remove."""
        return self.run(DEBIAN / 'leave-stacks')

    def calls(self):
        path = self.root / 'called'
        return path.read_text().splitlines() if path.exists() else []

    def write(self, name, text):
        (self.pam / name).write_text(text)

    def edit(self, name, former, present):
        text = (self.pam / name).read_text()
        assert former in text, (name, former)
        self.write(name, text.replace(former, present, 1))

    def lines(self, name, word=''):
        """Those that have the word, and it is not in a comment."""
        return [line for line in (self.pam / name).read_text().splitlines()
                if line.split('#')[0].strip() and word in line.split('#')[0]]

    def all(self):
        return {path.relative_to(self.root): path.read_text()
                for path in self.root.rglob('*') if path.is_file()
                and path.name != 'called'}
