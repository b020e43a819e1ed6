# SPDX-License-Identifier: BSD-3-Clause
"""A person at a terminal: what arrives there, and what is typed."""

import re
import signal

import pexpect

TIMEOUT = 30
PRESSES = 10
EOF = '\x04'  # Ctrl-D

UNKNOWN = {'@CODE@': '[0-9 ]+',
           '@TIME@': r'\d{4}-\d\d-\d\d \d\d:\d\d UTC'}

# ssh puts this in front of every block that a server's PAM sends.
SSH_PREFIX = re.compile(r'^\([^)@\n]+@[^)\n]+\) ', re.MULTILINE)
# In front of a line that is indented by four, alone: a code to write down.
SHOWN_CODE = re.compile(r'^    (\S.*)$', re.MULTILINE)


def shown_code(text):
    return SHOWN_CODE.search(text).group(1).strip()


class Terminal:
    def __init__(self, argv, secrets, env=None, timeout=TIMEOUT):
        self.secrets = secrets
        self.transcript = ''
        self._typed = ''
        self._child = pexpect.spawn(
            argv[0], argv[1:], timeout=timeout, encoding='utf-8', env=env,
            cwd='/', dimensions=(60, 200), codec_errors='replace')
        self._child.delaybeforesend = None

    def _seen(self):
        after = self._child.after
        text = self._child.before + (after if isinstance(after, str) else '')
        self.transcript += text
        return text

    def _clean(self, text):
        text = text.replace('\r', '')
        if self._typed and text.startswith(self._typed):
            text = text[len(self._typed):]
        return SSH_PREFIX.sub('', text.lstrip('\n'))

    def asked(self, text):
        """Exactly this, and nothing else, has come since the last answer.

        What a test cannot know stands in text as '@CODE@' (a shown code) or
        '@TIME@'. Returns what came.
        """
        last = text.rsplit('\n', 1)[-1]
        wanted = re.escape(text)
        for name, form in UNKNOWN.items():
            wanted = wanted.replace(name, form)
        seen = ''
        patience = TIMEOUT
        while True:
            try:
                self._child.expect_exact(last, timeout=patience)
            except (pexpect.TIMEOUT, pexpect.EOF):
                seen += self._seen()
                raise AssertionError(
                    f'wanted:\n{text}\ncame:\n{self._clean(seen)}') from None
            seen += self._seen()
            if re.fullmatch(wanted, self._clean(seen)):
                return self._clean(seen)
            patience = 3

    def sees(self, pattern):
        """Waits for a pattern; returns what came up to it and its groups."""
        try:
            self._child.expect(pattern)
        except (pexpect.TIMEOUT, pexpect.EOF):
            self._seen()
            raise AssertionError(f'wanted {pattern!r}, '
                                 f'came:\n{self.transcript}') from None
        text = self._seen()
        return self._clean(text), self._child.match

    def type(self, text):
        self.secrets.append(text)
        self._typed = text
        self._child.send(text + '\r')

    def press(self, key):
        """A single key without Enter, as Ctrl-D."""
        self._typed = ''
        self._child.send(key)

    def ended(self):
        """Waits for the end; returns what came, and the exit status."""
        self._child.expect(pexpect.EOF)
        text = self._clean(self._seen())
        self._child.close()
        return text, self._child.exitstatus

    def press_until_ended(self, key):
        """As a person does. sudo does not see the Ctrl-C that comes after
        its prompt and before its read, whatever the stack."""
        for _ in range(PRESSES):
            self.press(key)
            if self._child.expect([pexpect.EOF, pexpect.TIMEOUT],
                                  timeout=TIMEOUT / PRESSES) == 0:
                break
        self._seen()
        self._child.close()
        return self._child.exitstatus

    @property
    def signal(self):
        return self._child.signalstatus

    @property
    def pid(self):
        return self._child.pid

    def kill(self):
        """The line drops: the program is gone without a word."""
        self._child.kill(signal.SIGKILL)
        self._child.expect(pexpect.EOF)
        self._seen()
        self._child.close(force=True)

    def close(self):
        if self._child.isalive():
            self._child.close(force=True)
