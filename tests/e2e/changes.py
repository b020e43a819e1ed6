# SPDX-License-Identifier: BSD-3-Clause
"""The changes that a person makes himself, and what must be true of one that
was struck on its way: the old or the new works, never neither and never
both."""

import os
import signal

import driver
import totp
from host import DRIVER, SMS_USER, STATE
from phone import Phone

NUMBER, OTHER = '+31612345678', '+31687654321'
ADDRESS = 'alice@example.org'

# An SMS, by its number, begins with the code; a notice has it in its text.
SENDER = '''#!/bin/sh
exec head -c 6 >{box}/"$1"
'''
NOTIFIER = '''#!/bin/sh
text=$(cat)
event=$(echo "$text" | sed -n 's/^event=//p')
echo "$text" | sed -n 's/^text=.*: \\([0-9]\\{{6\\}}\\)$/\\1/p' >{box}/"$event"
'''

# The word, and what is answered after the login's code.
CHANGES = {
    'app': ('app', ('@scan',)),
    'backup': ('backup', ('@new',)),
    'default': ('default', ('1',)),
    'language': ('language', ('2',)),
    'phone': ('phone', (OTHER, '@file:{box}/' + OTHER)),
    'no-phone': ('phone', ('-',)),
    'address': ('address', (ADDRESS, '@file:{box}/address-confirm')),
}
FIRST = ('@scan', '@new')


def programs(host):
    """Options by which texts and notices end in host.work/box."""
    box = host.work / 'box'
    box.mkdir(exist_ok=True)
    os.chown(box, host.uids[SMS_USER], -1)
    lines = ['sms_allow = +31', 'sms_cooldown = 1']
    for option, script in ('sms_command', SENDER), ('notify_command',
                                                    NOTIFIER):
        path = host.work / f'box-{option}'
        path.write_text(script.format(box=box))
        path.chmod(0o755)
        lines.append(f'{option} = {path}')
    return '\n'.join(lines) + '\n'


class Bench:
    """One person, and his state as it was before."""

    def __init__(self, host, setting, answers):
        self.host = host
        self.options = ('--setting', setting) if setting else ()
        self.answers = answers
        self.box = host.work / 'box'
        self.record = host.record('alice')
        self.before = self.record.read_bytes() if self.record.exists() \
            else None

    def put(self, contents):
        """The state of a moment; a login that is tried changes it."""
        if contents is None:
            for path in (self.record, STATE / 'names/alice'):
                path.unlink(missing_ok=True)
        else:
            self.record.write_bytes(contents)

    def run(self, wrap=()):
        """The change from the beginning, so wrapped; killed or not."""
        self.put(self.before)
        for each in self.box.glob('*'):
            each.unlink()
        self.host.log.clear()
        answers = self.answers()
        done, talks = driver.run(
            DRIVER, '/etc/pam.d', ['--service', 'test', *self.options],
            [driver.person('alice', answers)], wrap)
        assert done.returncode in (0, -signal.SIGKILL), done
        self.host.secrets += [a for a in answers if a[0] != '@']
        return talks[0]

    def finished(self, talk):
        """It ended well, and nothing was said to the contrary."""
        last = 'chauthtok' if self.options else 'acct_mgmt'
        return talk.results.get(last) == 'PAM_SUCCESS' and not any(
            'Nothing has changed.' in text for text in talk.texts)

    def lets_in(self, *answers):
        """Would this login, without changing anything?"""
        names = STATE / 'names/alice'
        was = self.record.read_bytes() if self.record.exists() else None
        talk = self.host.drive('alice', *answers, service='try')
        if was is not None:
            self.put(was)
        assert names.exists() or was is None
        return talk.let_in


def prepare(host):
    """The stacks, and alice with app and backup code."""
    host.stack('test', password_line=False)
    with open('/etc/pam.d/test', 'a', encoding='ascii') as file:
        file.write(next(
            line for line in open('/etc/pam.d/test', encoding='ascii')
            if line.startswith('auth') and 'xsuite' in line).replace(
                'auth', 'password', 1).rstrip() + ' settings\n')
    host.stack('try', password_line=False, account=False)
    return host.enrol('alice')


class Change:
    """One of CHANGES, on a bench of its own."""

    def __init__(self, host, alice, name):
        word, answers = CHANGES[name]
        self.host, self.alice, self.name = host, alice, name
        if name == 'default':
            host.config('sms_allow = +31\n')
            host.admin('phone', 'alice', NUMBER)
            host.admin('default', 'alice', 'sms')
        elif name in ('phone', 'no-phone', 'address'):
            host.config(programs(host))
            host.admin('phone', 'alice', NUMBER)
        box = host.work / 'box'
        self.bench = Bench(host, word, lambda: (
            alice.code(), *(each.format(box=box) for each in answers)))
        self.was = host.status('alice')

    def is_old(self, name, now):
        """Of the factor or the setting: does what was there before work?"""
        if name == 'app':
            return self.bench.lets_in(self.alice.code(1))
        if name == 'backup':
            return self.bench.lets_in(self.alice.backup, '@new')
        key = {'no-phone': 'phone', 'address': 'addresses'}.get(name, name)
        return now[key] == self.was[key]

    def is_new(self, talk, now):
        asked = any('Key:' in text or 'new backup code' in text
                    for text in talk.texts)
        return {'app': lambda: asked and self.bench.lets_in(Phone(
                    self.host, '\n'.join(talk.texts)).code(1)),
                'backup': lambda: asked and self.bench.lets_in(
                    talk.new_code(), '@new'),
                'default': lambda: now['default'] == 'app',
                'language': lambda: now['language'] == 'nl',
                'phone': lambda: now['phone'].endswith(OTHER[-2:]),
                'no-phone': lambda: now['phone'] is None,
                'address': lambda: len(now['addresses']) == 1,
                }[self.name]()

    def is_told(self, what):
        """Who would hear nothing of it afterwards has heard of it."""
        told = {'phone': NUMBER, 'no-phone': NUMBER,
                'address': 'address-changing'}.get(self.name)
        # What keeps a sender from being started keeps nobody from it.
        return not told or 'KILL' not in what or \
            (self.bench.box / told).exists()

    def judge(self, talk, what):
        now = self.host.status('alice')
        is_new = self.is_new(talk, now)
        assert self.is_old(self.name, now) != is_new, what
        # Said to be done is done, whatever comes after.
        assert is_new or not self.bench.finished(talk), what
        assert not is_new or self.is_told(what), what
        # What was not changed works as before.
        for other in {'app', 'backup'} - {self.name}:
            assert self.is_old(other, now), what


class FirstSetUp:
    """Who has no second step yet sets one up in his login."""

    def __init__(self, host):
        host.config('not_enrolled = enrol\nenrol_services = test\n')
        host.stack('test', password_line=False)
        host.stack('try', 'not_enrolled=refuse', password_line=False,
                   account=False)
        self.host = host
        self.bench = Bench(host, None, lambda: FIRST)

    def mend_half_made(self):
        """Killed after its name was made and before the record was: nothing
        says any more that there was none, so he is refused until somebody
        looks."""
        talk = self.host.drive('alice')
        assert not talk.let_in and not talk.prompts
        self.host.log.wait(
            'reason=mismatch what="[^"]*/names/alice has no record')
        self.host.admin('remove', 'alice')

    def judge(self, talk, what):
        bench = self.bench
        if bench.record.exists():
            phone = Phone(self.host, '\n'.join(talk.texts))
            assert bench.lets_in(
                totp.code(phone.secret, totp.step() + 1)), what
            assert bench.lets_in(talk.new_code(), '@new'), what
            return
        # Nothing of it is left in the way of the next one.
        assert not bench.finished(talk), what
        if (STATE / 'names/alice').exists():
            assert 'KILL' in what, what
            self.mend_half_made()
        again = self.host.drive('alice', *FIRST)
        assert bench.finished(again), f'{what}, then: {again}'
        assert self.host.drive('alice', Phone(
            self.host, '\n'.join(again.texts)).code(1)).let_in, what
