# SPDX-License-Identifier: BSD-3-Clause
"""An administrator's command that is struck at any of its system calls: the
record is what it was or what it was to become, and the command can be run
again."""

import json
import pathlib
import signal

import pytest

from host import ADMIN
from sweep import Command, Flow
from tally import tally

NUMBER, OTHER = '+31612345678', '+31687654321'

# What is run, and what has to have been run before.
COMMANDS = {
    'enrol': (('--json', 'enrol', 'bob'), ()),
    'replace': (('--json', 'enrol', 'alice', '--replace'), ()),
    'code': (('--json', 'backup-code', 'alice'), ()),
    'phone': (('phone', 'alice', OTHER), ()),
    'no-phone': (('phone', 'alice', '--remove'), ()),
    'default': (('default', 'alice', 'sms'), ()),
    'no-app': (('app', 'alice', '--remove'), ()),
    'disable': (('disable', 'alice', 'app'), ()),
    'unlock': (('unlock', 'alice'), (('disable', 'alice', 'app'),)),
    'remove': (('remove', 'alice'), ()),
    'import': (('import', 'google', '{google}', '--user', 'bob', '--write'),
               ()),
    'rekey': (('rekey',), ()),
    'restored': (('restored',), ()),
}

# Of a status: moments, and what a login of this test changes.
VOLATILE = ('enrolled', 'issued', 'expires', 'time', 'events', 'since',
            'last_success', 'failures', 'latest_time_seen')


def settled(value):
    """A status without what differs from one run to the next. Who did it has
    a number for a name where his name could not be looked up."""
    if isinstance(value, dict):
        return {key: settled(each) for key, each in value.items()
                if key not in VOLATILE}
    return 'root' if value == 'uid 0' else value


class Scene:
    def __init__(self, host, user):
        host.config('sms_allow = +31\n')
        host.stack('test', password_line=False, account=False)
        self.host = host
        self.user = user
        self.alice = host.enrol('alice', '--phone', NUMBER)

    def works(self, *answers):
        """Would it let in? Nothing is changed by it."""
        record = self.host.record(self.user)
        was = record.read_bytes() if record.exists() else None
        talk = self.host.drive(self.user, *answers, options=(
            '--at-end', 'error'))
        if was is not None:
            record.write_bytes(was)
        return talk.let_in

    def view(self):
        """What a person, an administrator and the next command see."""
        done = self.host.admin('--json', 'status', self.user, check=False)
        assert done.returncode in (0, 1), done
        record = self.host.record(self.user).exists()
        name = (self.host.record(self.user).parents[1] / 'names' /
                self.user).exists()
        assert record == name
        return (settled(json.loads(done.stdout)) if record else None,
                self.user == 'alice' and record and
                self.works(self.alice.code(1)),
                self.user == 'alice' and record and
                self.works(self.alice.backup, '@new'))


def is_half_made(host, user):
    """The name alone refuses, and it is said what to do."""
    name = host.record(user).parents[1] / 'names' / user
    if host.record(user).exists() or not name.exists():
        return False
    done = host.admin('--json', 'status', user, check=False)
    assert done.returncode not in (0, 1) and 'remove' in done.stderr, done
    return True


def given_codes(done):
    """The codes that it showed, if it did."""
    try:
        answer = json.loads(done.out)
    except ValueError:
        return ()
    return answer.get('backup_codes', ())


def crypto_crashed(done, what):
    """libcrypto 3.0 follows a null pointer when its first fetch of an
    algorithm finds no memory: not ours to mend, and no worse than a kill."""
    return done.status == -signal.SIGSEGV and 'ENOMEM' in what


def flow_of(host, name):
    argv, before = COMMANDS[name]
    google = host.work / 'google'
    argv = [word.format(google=google) for word in argv]
    user = 'bob' if name in ('enrol', 'import') else 'alice'
    scene = Scene(host, user)
    google.write_text('JBSWY3DPEHPK3PXP\n" TOTP_AUTH\n', encoding='ascii')
    google.chmod(0o600)
    for each in before:
        host.admin(*each)

    def run(wrap):
        done = Command([ADMIN, *argv], wrap)
        for code in given_codes(done):
            host.secrets.append(code)
        return done

    flow = Flow(host, run, None)
    was = scene.view()
    assert run(()).status == 0
    wanted = scene.view()

    def judge(done, what):
        if is_half_made(host, user):
            assert done.killed or name == 'remove' and done.error, what
            host.admin('remove', user)
        now = scene.view()
        assert now in (was, wanted), f'{what}\n{was}\n{wanted}\n{now}'
        if done.status == 0:
            assert now == wanted, what
            for code in given_codes(done):
                assert scene.works(code, '@new'), what
        elif not done.killed and not crypto_crashed(done, what):
            assert done.error.count('\n') >= 1, what
        # It can be done again, or is done already.
        again = run(())
        assert again.status in (0, 1), f'{what}, then: {again}'
        assert scene.view() == wanted, what

    flow.judge = judge
    return flow


@pytest.mark.parametrize('name', COMMANDS)
def test_killed_command_is_done_or_not(host, name):
    tally('kill sweep', flow_of(host, name).kill(), f'xsuite-admin, {name}')


@pytest.mark.parametrize('name', COMMANDS)
def test_failing_call_is_told_and_loses_nothing(host, name):
    tally('error sweep', flow_of(host, name).fail(), f'xsuite-admin, {name}')


@pytest.mark.parametrize('name', COMMANDS)
def test_failing_allocation_is_told_and_loses_nothing(host, name):
    tally('memory sweep', flow_of(host, name).starve(),
          f'xsuite-admin, {name}')


NEW_UID = 66001


@pytest.fixture
def renumbered(host):
    """alice has a record, and another uid since."""
    scene = Scene(host, 'alice')
    passwd = pathlib.Path('/etc/passwd')
    before, uid = passwd.read_text(encoding='utf-8'), host.uids['alice']
    former = host.record('alice')
    passwd.write_text(before.replace(f'alice:x:{uid}:', f'alice:x:{NEW_UID}:'),
                      encoding='utf-8')
    host.uids['alice'] = NEW_UID
    yield scene, former
    host.uids['alice'] = uid
    passwd.write_text(before, encoding='utf-8')


def adoption(renumbered):
    scene, former = renumbered
    assert former.exists() and not scene.host.record('alice').exists()

    def run(wrap):
        return Command([ADMIN, 'adopt', 'alice'], wrap)

    def judge(done, what):
        if done.status != 0 and not done.killed and \
                not crypto_crashed(done, what):
            assert done.error.count('\n') >= 1, what
        elif done.status == 0:
            assert scene.works(scene.alice.code(1)), what
        again = run(())
        assert again.status in (0, 1), f'{what}, then: {again}'
        assert not former.exists(), what
        assert scene.works(scene.alice.code(1)), what
        assert scene.works(scene.alice.backup, '@new'), what

    return Flow(scene.host, run, judge)


def test_killed_adoption_is_ended_by_the_next(renumbered):
    tally('kill sweep', adoption(renumbered).kill(), 'xsuite-admin, adopt')


def test_failing_call_loses_nothing_that_is_adopted(renumbered):
    tally('error sweep', adoption(renumbered).fail(), 'xsuite-admin, adopt')


def test_failing_allocation_loses_nothing_that_is_adopted(renumbered):
    tally('memory sweep', adoption(renumbered).starve(),
          'xsuite-admin, adopt')
