# SPDX-License-Identifier: BSD-3-Clause
"""The private /dev/log: collects what the programs under test log."""

import os
import re
import socket
import threading
import time

PATH = '/dev/log'


class Logbook:
    def __init__(self, path=PATH):
        self._path = path
        self._lines = []
        self._news = threading.Condition()
        self._marks = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        os.chmod(path, 0o666)
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self):
        while True:
            line = self._socket.recv(65536).decode(errors='replace')
            with self._news:
                self._lines.append(line.rstrip('\0\n'))
                self._news.notify_all()

    def lines(self):
        """All that was sent before this call: a mark goes the same way."""
        self._marks += 1
        mark = f'mark {self._marks}'
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark.encode(), self._path)
        with self._news:
            assert self._news.wait_for(lambda: mark in self._lines, 30)
            return [line for line in self._lines
                    if not line.startswith('mark ')]

    def module(self):
        """What the module said, without tag and pid."""
        return [line.split('): ', 1)[1] for line in self.lines()
                if 'pam_xsuite(' in line]

    def wait(self, pattern, timeout=30):
        """The first line of the module that matches, within the timeout."""
        end = time.monotonic() + timeout
        while True:
            for line in self.module():
                if re.search(pattern, line):
                    return line
            with self._news:
                left = end - time.monotonic()
                assert left > 0, f'nothing like {pattern!r} was logged'
                self._news.wait(min(left, 1))

    def clear(self):
        self.lines()
        with self._news:
            self._lines.clear()


def leaked(lines, secrets):
    """The lines in which a secret stands, blanks and hyphens aside."""
    found = []
    secrets = set(secrets)
    for line in lines:
        text = re.sub(r'^<\d+>[\w :]{16}[^ :\[]+\[\d+\]:', '', line)
        text = re.sub(r'\bpid=\d+', '', text)
        for secret in secrets:
            plain = re.sub(r'[ -]', '', secret)
            if len(plain) >= 6 and (secret in text or plain in text):
                found.append(line)
                break
    return found
