# SPDX-License-Identifier: BSD-3-Clause
"""Real SMS daemons without a phone network, each below a directory of its
own: what a login sends is read back from them.

    with Gammu(directory) as gateway:
        program = gateway.sender(directory / 'sender')   # for sms_command
        ...
        gateway.wait(1)     # [Message(number='+31612345678', text='...')]
"""

import collections
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SENDERS = ROOT / 'conf/sms'
PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
SECONDS = 60  # for what a daemon does at once, on a slow host

Message = collections.namedtuple('Message', 'number text')


def wait_for(what, wanted, seconds=SECONDS):
    """The first true answer of wanted()."""
    end = time.monotonic() + seconds
    while True:
        answer = wanted()
        if answer:
            return answer
        assert time.monotonic() < end, f'{what}: not within {seconds} seconds'
        time.sleep(0.05)


def send(program, number, text, user=None, timeout=60):
    """Runs a sender as the library does: number, standard input, PATH."""
    command = [str(program), number]
    if user is not None:
        command = ['setpriv', f'--reuid={user}', f'--regid={user}',
                   '--clear-groups', *command]
    return subprocess.run(
        command, input=text if isinstance(text, bytes) else text.encode(),
        capture_output=True, env={'PATH': PATH}, timeout=timeout, cwd='/',
        check=False)


class Gateway:
    """One or more daemons that end with the block."""

    script = None

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        self._running = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def run(self, *command, **options):
        log = self.path / f'{pathlib.Path(command[0]).name}.out'
        with open(log, 'wb') as out:
            process = subprocess.Popen(
                [str(word) for word in command], stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True, cwd='/',
                **{'stdin': subprocess.DEVNULL, **options})
        self._running.append(process)
        return process

    def stop(self):
        for process in reversed(self._running):
            for number in (signal.SIGTERM, signal.SIGKILL):
                if process.poll() is None:
                    os.killpg(process.pid, number)
                    try:
                        process.wait(10)
                    except subprocess.TimeoutExpired:
                        pass
        self._running.clear()

    def settings(self):
        """What the script is told in its environment."""
        return {}

    def sender(self, path):
        """A program for sms_command that hands over to this gateway."""
        path = pathlib.Path(path)
        # The tree may stand where sms_user cannot look.
        place = self.path / 'libexec'
        place.mkdir(exist_ok=True)
        for name in (self.script, 'message.sh'):
            shutil.copy(SENDERS / name, place)
        words = ' '.join(f'{name}={shlex.quote(str(value))}'
                         for name, value in self.settings().items())
        path.write_text(f'#!/bin/sh\n{words} exec '
                        f'{shlex.quote(str(place / self.script))} "$@"\n')
        path.chmod(0o755)
        return path

    def messages(self):
        raise NotImplementedError

    def wait(self, count):
        """All messages that went out, once there are so many."""
        wait_for(f'{count} messages', lambda: len(self.messages()) >= count)
        return self.messages()


class Gammu(Gateway):
    """gammu-smsd with its dummy phone; what it sent lies in sent/."""

    script = 'sms-gammu'

    def start(self):
        for name in ('in', 'out', 'sent', 'err', 'dev'):
            (self.path / name).mkdir()
        for name in ('out', 'sent', 'err'):
            (self.path / name).chmod(0o770)
        self.config = self.path / 'smsdrc'
        self.config.write_text(
            f'[gammu]\nport = {self.path}/dev\nmodel = dummy\n'
            'connection = none\ngammuloc = /dev/null\n'
            f'[smsd]\nservice = files\nlogfile = {self.path}/log\n'
            f'inboxpath = {self.path}/in/\noutboxpath = {self.path}/out/\n'
            f'sentsmspath = {self.path}/sent/\n'
            f'errorsmspath = {self.path}/err/\n'
            'checksecurity = 0\ncheckbattery = 0\nchecksignal = 0\n'
            'hangupcalls = 0\ncommtimeout = 1\nsendtimeout = 5\n'
            'loopsleep = 1\nstatusfrequency = 0\n')
        self.run('gammu-smsd', '-c', self.config)
        log = self.path / 'log'
        wait_for('gammu-smsd', lambda: log.exists() and 'Starting phone' in
                 log.read_text(errors='replace'))

    def open_to(self, gid):
        """Lets this group queue messages; Debian's group is gammu."""
        os.chown(self.path / 'out', -1, gid)

    def settings(self):
        return {'GAMMU_CONFIG': self.config}

    def messages(self):
        found = []
        for file in sorted((self.path / 'sent').glob('OUT*.smsbackup')):
            # Behind what it wrote stands a part of what it was given.
            backup = file.read_text(encoding='utf-8').split('[SMSBackup')
            number = re.search(r'^Number = "(.*)"$', backup[1], re.M)
            parts = re.findall(r'^Text\d+ = ([0-9A-F]*)$', backup[1], re.M)
            found.append(Message(number.group(1), bytes.fromhex(
                ''.join(parts)).decode('utf-16-be')))
        return found
