# SPDX-License-Identifier: BSD-3-Clause
"""What each application makes of the second step: whose code it asks, and
where it asks none. doc/applications.md is this table for administrators."""

import os
import re
import shlex
from typing import NamedTuple

import pytest

import totp
from host import password
from terminal import shown_code
from words import APP, BACKUP, NOT_RIGHT, PASSWORD, SUCCESSOR, left

PEOPLE = ('alice', 'bob', 'carol', 'root')
REFUSED = '(?i)denied|incorrect|failure|try again|password is required'
SHELL = 'a shell'
FILE = 'read by its owner alone'
MAY_RUN = r'may run the following|\(ALL : ALL\) ALL'
KEY_TOO = {'AuthenticationMethods': 'publickey,keyboard-interactive:pam'}
WITH_KEY = {'PubkeyAuthentication': 'yes'}


def ids_of(user):
    """What id(1) shows of who has become this user."""
    return rf'uid=\d+\({user}\)'


class Case(NamedTuple):
    name: str
    service: str        # whose stack has the module
    caller: str         # who types
    line: str           # what is typed; {ssh} and so on stand for much
    account: str        # whose code is asked
    inside: str         # what only who is in sees
    sudoers: str = ''   # a line more
    sshd: dict = {}     # the server's settings; with any, the key is shown
    password: bool = True


ASKED = [
    Case('login', 'login', 'root', 'exec login alice', 'alice', SHELL),
    Case('su', 'su', 'bob', 'su alice -c id', 'alice', ids_of('alice')),
    Case('su-to-root', 'su', 'bob', 'su -c id', 'root', ids_of('root')),
    Case('su-dash', 'su-l', 'bob', 'su - alice -c id', 'alice',
         ids_of('alice')),
    Case('ssh', 'sshd', 'root', '{ssh} {to}', 'alice', SHELL),
    Case('ssh-command', 'sshd', 'root', '{ssh} {to} id', 'alice',
         ids_of('alice')),
    Case('scp', 'sshd', 'root', '{scp} {to}:file {copy}; cat {copy}',
         'alice', FILE),
    Case('sftp', 'sshd', 'root', '{sftp} {to}:file {copy}; cat {copy}',
         'alice', FILE),
    Case('ssh-key-and-code', 'sshd', 'root', '{ssh} {to} id', 'alice',
         ids_of('alice'), sshd=KEY_TOO, password=False),
    Case('ssh-key-password-and-code', 'sshd', 'root', '{ssh} {to} id',
         'alice', ids_of('alice'), sshd=KEY_TOO),
    Case('sudo', 'sudo', 'alice', 'sudo id', 'alice', ids_of('root')),
    Case('sudo-u', 'sudo', 'alice', 'sudo -u bob id', 'alice',
         ids_of('bob')),
    Case('sudo-s', 'sudo', 'alice', 'sudo -s id', 'alice', ids_of('root')),
    Case('sudo-i', 'sudo-i', 'alice', 'sudo -i id', 'alice', ids_of('root')),
    Case('sudo-l', 'sudo', 'alice', 'sudo -l', 'alice', MAY_RUN),
    Case('sudo-rootpw', 'sudo', 'alice', 'sudo id', 'root', ids_of('root'),
         'Defaults rootpw'),
    Case('sudo-targetpw', 'sudo', 'alice', 'sudo -u bob id', 'bob',
         ids_of('bob'), 'Defaults targetpw'),
    Case('sudo-runaspw', 'sudo', 'alice', 'sudo id', 'bob', ids_of('bob'),
         'Defaults runaspw, runas_default=bob'),
]


# Nobody is asked: the module's log stays empty, and so do all budgets. Who
# is let in here is let in by another rule than ours.
IN, OUT = True, False
NOT_ASKED = [
    (IN, Case('su-by-root', 'su', 'root', 'su alice -c id', '',
              ids_of('alice'))),
    (IN, Case('su-by-root-without-terminal', 'su', 'root',
              'setsid -w su alice -c id </dev/null 2>&1 | cat', '',
              ids_of('alice'))),
    (IN, Case('ssh-key-alone', 'sshd', 'root', '{ssh} {to} id', '',
              ids_of('alice'), sshd={'PubkeyAuthentication': 'yes'})),
    (IN, Case('ssh-batch-key-alone', 'sshd', 'root',
              '{ssh} -o BatchMode=yes {to} id', '', ids_of('alice'),
              sshd={'AuthenticationMethods': 'publickey'})),
    (OUT, Case('ssh-batch', 'sshd', 'root', '{ssh} -o BatchMode=yes {to} id',
               '', ids_of('alice'))),
    (OUT, Case('ssh-batch-key-and-code', 'sshd', 'root',
               '{ssh} -o BatchMode=yes {to} id', '', ids_of('alice'),
               sshd=KEY_TOO, password=False)),
    (OUT, Case('ssh-wrong-key', 'sshd', 'root', '{ssh_wrong_key} {to} id',
               '', ids_of('alice'), sshd=KEY_TOO, password=False)),
    (OUT, Case('ssh-no-key', 'sshd', 'root', '{ssh_no_key} {to} id',
               '', ids_of('alice'), sshd=KEY_TOO, password=False)),
    (IN, Case('sudo-nopasswd', 'sudo', 'alice', 'sudo id', '',
              ids_of('root'), 'alice ALL=(ALL:ALL) NOPASSWD: ALL')),
    (IN, Case('sudo-by-root', 'sudo', 'root', 'sudo -u alice id', '',
              ids_of('alice'))),
    (OUT, Case('sudo-n', 'sudo', 'alice', 'sudo -n id', '', ids_of('root'))),
    (OUT, Case('sudo-without-terminal', 'sudo', 'alice',
               'setsid -w sudo id </dev/null 2>&1 | cat', '',
               ids_of('root'))),
]


class Place:
    """The host: all are enrolled, and one stack has the module."""

    def __init__(self, host, case):
        self.host = host
        self.case = case
        self.people = {user: host.enrol(user) for user in PEOPLE}
        host.secrets.append(password('root'))
        host.set_password('root')
        host.stack(case.service, password_line=case.password,
                   rootok=case.service == 'su')
        host.add_to_sudoers(case.sudoers)
        self.words = self.start_sshd() if case.service == 'sshd' else {}

    def start_sshd(self):
        uid = self.host.uids['alice']
        file = self.host.work / 'home' / str(uid) / 'file'
        file.write_text(FILE + '\n', encoding='ascii')
        file.chmod(0o600)
        os.chown(file, uid, uid)
        copy = self.host.work / 'copy'
        copy.unlink(missing_ok=True)
        daemon = self.host.sshd(Subsystem='sftp internal-sftp',
                                **self.case.sshd)
        options = WITH_KEY if self.case.sshd else {}
        wrong = {**options, 'IdentityFile': self.host.work / 'host'}
        programs = {'ssh': ('ssh', options), 'scp': ('scp', options),
                    'sftp': ('sftp', options), 'ssh_no_key': ('ssh', {}),
                    'ssh_wrong_key': ('ssh', wrong)}
        words = {name: shlex.join(daemon.program(*program))
                 for name, program in programs.items()}
        return {**words, 'to': 'alice@127.0.0.1', 'copy': copy}

    def run(self):
        argv = ['sh', '-c', self.case.line.format(**self.words)]
        if self.case.caller != 'root':
            argv = self.host.as_user(self.case.caller, *argv)
        return self.host.terminal(argv)

    def begin(self):
        """As far as the question for the code."""
        t = self.run()
        if self.case.password:
            t.asked(self.password_prompt())
            t.type(password(self.case.account))
        return t

    def password_prompt(self):
        if self.case.service.startswith('sudo'):
            return f'[sudo] password for {self.case.account}: '
        return PASSWORD

    def failures(self):
        return {user: self.host.status(user)['app']['failures']
                for user in PEOPLE}


def table(cases, *names):
    return pytest.mark.parametrize(
        ','.join(names), cases,
        ids=[(case if isinstance(case, Case) else case[-1]).name
             for case in cases])


def see_inside(t, case):
    if case.inside == SHELL:
        t.sees(r'\$ ')
        t.type('id')
        t.sees(ids_of(case.account))
        t.type('exit')
    else:
        t.sees(case.inside)
    t.ended()


@table(ASKED, 'case')
def test_right_code_of_that_account_lets_in(host, case):
    place = Place(host, case)
    t = place.begin()
    t.asked(APP)
    t.type(place.people[case.account].code())
    see_inside(t, case)
    lines = host.log.module()
    assert len(lines) == 1, lines
    assert lines[0].startswith(f'accepted user={case.account} method=app')


@table(ASKED, 'case')
def test_other_codes_refuse(host, case):
    """Among them the one that somebody else's phone shows: of the caller
    where he is not the one who is asked."""
    place = Place(host, case)
    owner = place.people[case.account]
    other = place.people['bob' if case.account == 'alice' else 'alice'].code()
    if other in totp.near(owner.secret):
        other = owner.wrong()
    t = place.begin()
    for prompt, code in ((APP, other),
                         (left(NOT_RIGHT, 2) + APP, owner.wrong()),
                         (left(NOT_RIGHT, 1) + APP, owner.wrong())):
        t.asked(prompt)
        t.type(code)
    t.sees(REFUSED)
    t.close()
    assert not re.search(case.inside, t.transcript)
    host.log.wait(f'^refused user={case.account} method=app reason=wrong '
                  'failures=3')
    wanted = {**dict.fromkeys(PEOPLE, 0), case.account: 3}
    assert place.failures() == wanted


@table(NOT_ASKED, 'result', 'case')
def test_nobody_is_asked(host, result, case):
    place = Place(host, case)
    text, _ = place.run().ended()
    assert bool(re.search(case.inside, text)) == result, text
    assert bool(re.search(REFUSED, text)) != result, text
    assert APP not in text
    assert not host.log.module()
    assert not any(place.failures().values())


def test_sudo_i_has_a_stack_of_its_own(host):
    """With sudo's stack alone changed, "sudo -i" asks for no code."""
    place = Place(host, Case('', 'sudo', 'alice', 'sudo -i id', 'alice', ''))
    t = place.begin()
    assert re.search(ids_of('root'), t.ended()[0])
    assert not host.log.module()


# Who has no password: not with a password line; with a key and a code.

@pytest.mark.parametrize('field', ['!', '*'])
@pytest.mark.parametrize('name', ['ssh', 'su', 'login', 'sudo'])
def test_no_password_passes_no_password_line(host, name, field):
    case = next(case for case in ASKED if case.name == name)
    place = Place(host, case)
    host.set_password('alice', field)
    t = place.begin()
    t.sees(REFUSED)
    t.close()
    assert APP not in t.transcript
    assert not host.log.module()


@pytest.mark.parametrize('field', ['!', '*'])
def test_no_password_with_key_and_code(host, field):
    case = next(case for case in ASKED if case.name == 'ssh-key-and-code')
    place = Place(host, case)
    host.set_password('alice', field)
    t = place.begin()
    t.asked(APP)
    t.type(place.people['alice'].code())
    see_inside(t, case)


# sudo puts a text of its own in place of our questions.

OVERRIDES = pytest.mark.parametrize(
    'line,sudoers,prompt', [
        ('sudo -p What? id', '', 'What?'),
        ('sudo id', 'Defaults passprompt_override',
         '[sudo] password for alice: ')],
    ids=['sudo-p', 'passprompt_override'])


def begin_blind(host, line, sudoers, prompt):
    place = Place(host, Case('', 'sudo', 'alice', line, 'alice', '', sudoers))
    t = place.run()
    t.asked(prompt)
    t.type(password('alice'))
    t.asked(prompt)
    return place.people['alice'], t


@OVERRIDES
def test_replaced_prompt_takes_an_app_code(host, line, sudoers, prompt):
    alice, t = begin_blind(host, line, sudoers, prompt)
    t.type(alice.code())
    assert re.search(ids_of('root'), t.ended()[0])


@OVERRIDES
def test_replaced_prompt_refuses_a_wrong_code(host, line, sudoers, prompt):
    alice, t = begin_blind(host, line, sudoers, prompt)
    t.type(alice.wrong())
    t.asked(prompt)
    t.type('0')
    t.sees(REFUSED)
    t.close()
    host.log.wait('^refused user=alice method=app reason=wrong')


@OVERRIDES
def test_replaced_prompt_uses_up_no_backup_code(host, line, sudoers, prompt):
    """Its successor is not seen, so that nobody can type it."""
    alice, t = begin_blind(host, line, sudoers, prompt)
    for code in (alice.backup, alice.backup, '00000000', ''):
        t.type(code)
        t.asked(prompt)
    assert 'new backup code' not in t.transcript
    t.type('0')
    t.sees(REFUSED)
    t.close()
    assert not [line for line in host.log.module()
                if line.startswith('accepted')]

    host.stack('su')
    t = host.terminal(host.as_user('bob', 'su', 'alice', '-c', 'id'))
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.sees(re.escape(APP))
    t.type('')
    t.asked(BACKUP)
    t.type(alice.backup)
    t.type(shown_code(t.asked(SUCCESSOR)))
    assert re.search(ids_of('alice'), t.ended()[0])
