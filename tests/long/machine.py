# SPDX-License-Identifier: BSD-3-Clause
"""A tree that is booted: its own systemd, journal and getty, and the person
who sits at its console."""

import os
import re
import shutil
import signal
import subprocess
import time

import totp
from installed import COMMAND, ENVIRONMENT, SECRET, SUDO_PASSWORD, USER
from terminal import Terminal, shown_code
from words import APP, BACKUP, PASSWORD

# What a booted machine has besides; libpam-systemd comes with logind.
PACKAGES = ['systemd', 'systemd-sysv', 'dbus', 'libpam-systemd',
            'openssh-client']
REBOOT = 133  # nspawn's exit status when it is to be started again
PATIENCE = 120  # seconds to boot or to end, on a busy machine
PROMPT = 'xs-ready> '


def unavailable():
    """Why nothing can be booted here; None if it can."""
    if shutil.which('systemd-nspawn') is None:
        return 'systemd-nspawn is not installed'
    probe = subprocess.run(
        ['systemd-nspawn', '-q', '-D', '/', '--volatile=yes', '--register=no',
         '--keep-unit', '--private-network', '--', '/usr/bin/true'],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=PATIENCE)
    if probe.returncode != 0:
        return 'systemd-nspawn cannot run here: ' + probe.stderr.strip()[:200]
    return None


class Machine:
    """The console of a tree; codes by the clock, each of them once."""

    def __init__(self, host, name):
        self.host = host
        self.name = name
        self.console = None
        self.transcript = ''
        self._step = 0

    def boot(self):
        """Returns at the login prompt of the real getty."""
        self.console = Terminal(
            ['systemd-nspawn', '-q', '-D', str(self.host.root),
             '-M', self.name, '--register=no', '--keep-unit',
             '--private-network', '-b'], [], ENVIRONMENT, PATIENCE)
        self.console.sees(r' login: ')

    def ends(self):
        """Waits for the machine to go down; nspawn's exit status."""
        _, status = self.console.ended()
        self.console = None
        return status

    def destroy(self):
        """After a test that failed; a SIGKILL takes all of it along."""
        if self.console is None:
            return
        os.kill(self.console.pid, signal.SIGKILL)
        self.console.close()
        self.console = None

    # Codes. Each app code opens one login, and only a later one the next.

    def code(self):
        """The next that is right: now, or as soon as there is one."""
        wanted = max(self._step + 1, totp.step() - 1)
        while wanted > totp.step() + 1:
            time.sleep(0.5)
        self._step = wanted
        return totp.code(self.host.secret, wanted)

    def used_code(self):
        return totp.code(self.host.secret, self._step)

    # What the person does.

    def login(self):
        """Name and password at the getty; returns at the code's prompt."""
        self.console.type(USER)
        self.password(PASSWORD)

    def password(self, prompt):
        self.console.sees(re.escape(prompt))
        self.console.type(SECRET)
        self.asked(APP)

    def asked(self, prompt):
        return self.console.sees(re.escape(prompt))[0]

    def answer(self, text):
        self.console.type(text)

    def by_backup(self):
        """Types the successor back, and keeps it."""
        self.answer('')
        self.asked(BACKUP)
        self.answer(self.host.backup)
        text = self.asked('Type the new code to confirm that you have saved '
                          'it: ')
        self.host.backup = shown_code(text)
        self.answer(self.host.backup)

    def in_shell(self):
        """The login shell of the person, with a prompt that we know."""
        self.console.sees(r'\$ ')
        self.console.type(f"PS1='xs-''ready> '; stty cols 200; {COMMAND}")
        self.console.sees(f'IN:42:{USER}\r?\n')
        self.asked(PROMPT)

    def run(self, command):
        """What a command of the person's prints."""
        self.console.type(f'{command}; echo "END:"$?:')
        text, match = self.console.sees(r'END:(\d+):\r?\n')
        self.asked(PROMPT)
        return text, int(match.group(1))

    def ssh(self):
        self.console.type(
            'ssh -F /dev/null -o UserKnownHostsFile=/dev/null '
            '-o StrictHostKeyChecking=no -o LogLevel=ERROR '
            f"-o PubkeyAuthentication=no {USER}@127.0.0.1 '{COMMAND}'")
        self.password(PASSWORD)

    def sudo(self, command):
        self.console.type(f"sudo sh -c '{command}'")
        self.password(SUDO_PASSWORD)

    def let_in(self, who=USER):
        self.console.sees(f'IN:42:{who}\r?\n')
        self.asked(PROMPT)
