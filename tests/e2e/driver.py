# SPDX-License-Identifier: BSD-3-Clause
"""Runs pam_driver and reads what it tells."""

import json
import subprocess

import terminal


class Talk:
    """One conversation: what was said, and how the stack's calls ended."""

    def __init__(self):
        self.said = []
        self.results = {}
        self.method = None
        self.changed = None
        self.stray = None
        self.children = None
        self.signal = 0

    def add(self, line):
        if 'say' in line:
            self.said.append((line['say'], line['text']))
            assert line['of'] == 1, 'more than one message in a call'
        elif 'result' in line:
            self.results[line['result']] = line['name']
        elif 'method' in line:
            self.method = line['method']
        elif 'changed' in line:
            self.changed, self.stray = line['changed'], line['stray']
            self.children = line['children']
        elif 'exit' in line:
            self.signal = line['signal']

    @property
    def prompts(self):
        return [text for say, text in self.said if say.startswith('prompt')]

    @property
    def texts(self):
        return [text for _, text in self.said]

    @property
    def result(self):
        return self.results.get('authenticate', self.results.get('start'))

    @property
    def let_in(self):
        return self.result == 'PAM_SUCCESS'

    def new_code(self):
        """The successor that was shown last."""
        return terminal.shown_code(
            [text for text in self.texts if 'new backup code' in text and
             terminal.SHOWN_CODE.search(text)][-1])

    def __repr__(self):
        return f'{self.results} {self.said}'


def parse(output):
    talks = [Talk()]
    children = False
    for text in output.decode(errors='surrogateescape').splitlines():
        line = json.loads(text)
        if 'child' in line:
            if children:
                talks.append(Talk())
            children = True
        talks[-1].add(line)
    return talks


def person(user, answers, times=1, host=None):
    argv = ['--as', user]
    if host:
        argv += ['--host', str(host)]
    if times != 1:
        argv += ['--times', str(times)]
    for answer in answers:
        argv += ['--answer=' + answer]
    return argv


def run(program, confdir, options, persons, wrap=(), timeout=120):
    argv = [*wrap, str(program), '--confdir', confdir, *options]
    for each in persons:
        argv += each
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=timeout)
    return done, parse(done.stdout)
