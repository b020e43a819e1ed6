# SPDX-License-Identifier: BSD-3-Clause
"""A notify_command that keeps each notice, and can be held at one."""

import os
import pathlib
import re

from host import SMS_USER
from sms_gateways import wait_for

# What others can see of the process is kept beside what it read.
PROGRAM = '''#!/bin/sh
umask 077
cd {room} || exit 1
new=$(mktemp new.XXXXXX)
{{ cat; echo "process=$(tr '\\0' ' ' </proc/$$/cmdline)"; env |
	sed 's/^/environment=/'; }} >"$new"
event=$(sed -n 's/^event=//p' "$new")
mv "$new" "notice.$(date +%s%N).$$"
while [ -e "hold.$event" ]; do
	sleep 0.1
done
exit "$(cat status)"
'''


class Notice:
    def __init__(self, path):
        self.pid = int(path.suffix[1:])
        self.text = text = path.read_text(encoding='utf-8')
        self.lines = {}
        for line in text.splitlines():
            key, value = line.split('=', 1)
            self.lines.setdefault(key, []).append(value)

    def __getitem__(self, key):
        return self.lines[key][0]

    @property
    def about(self):
        return self['event'], self['address']

    @property
    def code(self):
        return re.search(r'^text=.*: (\d{6})$', self.text, re.M).group(1)


class Mailroom:
    def __init__(self, host, path, *options):
        self.path = pathlib.Path(path)
        self.path.mkdir()
        os.chown(self.path, host.uids[SMS_USER], host.uids[SMS_USER])
        self.exits(0)
        program = self.path.with_suffix('.program')
        program.write_text(PROGRAM.format(room=self.path))
        program.chmod(0o755)
        self.seen = 0
        host.config('\n'.join([f'notify_command = {program}',
                               'sms_cooldown = 1', 'sms_timeout = 30',
                               *options, '']))

    def exits(self, status):
        (self.path / 'status').write_text(f'{status}\n')
        (self.path / 'status').chmod(0o644)

    def hold(self, event):
        """The program is not done with such a notice until released."""
        (self.path / f'hold.{event}').touch()

    def release(self, event):
        (self.path / f'hold.{event}').unlink(missing_ok=True)

    def notices(self):
        return [Notice(path) for path in sorted(self.path.glob('notice.*'))]

    def new(self, *about):
        """The next ones; each is about (event, address)."""
        want = self.seen + len(about)
        wait_for(f'{want} notices', lambda: len(self.notices()) >= want)
        found = self.notices()[self.seen:]
        assert [notice.about for notice in found] == list(about)
        self.seen += len(about)
        return found
