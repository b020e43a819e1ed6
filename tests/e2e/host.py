# SPDX-License-Identifier: BSD-3-Clause
"""One host to log in to: its users, its PAM stacks, its programs."""

import contextlib
import ctypes
import hashlib
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess

import driver
import namespace
import totp
from logbook import Logbook
from sshd import Sshd
from terminal import Terminal

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
MODULE = BUILD / 'pam_xsuite.so'
ADMIN = BUILD / 'xsuite-admin'
XSUITE = BUILD / 'xsuite'
DRIVER = BUILD / 'tests/e2e/pam_driver'

ETC = pathlib.Path('/etc/xsuite')
STATE = pathlib.Path('/var/lib/xsuite')
CONFIG = ETC / 'xsuite.conf'
KEY = ETC / 'host.key'

PEOPLE = ('alice', 'bob', 'carol')
CROWD = tuple(f'u{n:02}' for n in range(32))
# Accounts with names that have to stay names, wherever they are put.
ODD = ('Alice', 'jürgen', 'n' * 250, '..', 'a/b', '../bob')

SMS_USER = 'xsuite-sms'

# OWASP's least memory: what Argon2 costs is not the point of these tests.
DEFAULTS = 'argon2_memory = 12M\nargon2_time = 3\nfail_delay = 0\n'

ENVIRONMENT = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:'
                       '/sbin:/bin', 'TERM': 'dumb', 'LANG': 'C.UTF-8'}


def password(user):
    return f'{user}-secret-7'


def _crypt(text):
    library = ctypes.CDLL('libcrypt.so.1')
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(text.encode(), b'$6$rounds=1000$saltsalt').decode()


class Enrolment:
    """What `xsuite-admin --json enrol` gave: the phone and the paper."""

    def __init__(self, answer):
        self.user = answer['user']
        self.uri = answer['uri']
        self.secret = answer['secret']
        self.backup_codes = answer['backup_codes']

    @property
    def backup(self):
        return self.backup_codes[0]

    def code(self, ahead=0):
        """What the app shows now, or so many steps later."""
        return totp.code(self.secret, totp.step() + ahead)

    def wrong(self):
        return totp.wrong(self.secret)

    def wrong_backup(self):
        return '00000000' if self.backup != '0000 0000' else '11111111'


class Host:
    def __init__(self, work):
        self.work = pathlib.Path(work)
        namespace.enter(str(work), [str(ROOT), str(work)])
        self.log = Logbook()
        self.secrets = []
        self._open = []
        self.uids = {}
        self._make_directories()
        self._make_users()
        self._write_sudoers()
        self._make_ssh_keys()
        self.xsuite_program = self._install_xsuite()
        shutil.copytree('/etc/pam.d', self.work / 'pam.d')
        for name in ('shadow', 'sudoers'):
            shutil.copy2(f'/etc/{name}', self.work)

    def _make_directories(self):
        for path in ('/run/sshd', '/run/sudo', '/var/lib/sudo',
                     self.work / 'home', self.work / 'keys'):
            os.makedirs(path, exist_ok=True)
        for name in ('wtmp', 'btmp', 'lastlog', 'faillog'):
            pathlib.Path('/var/log', name).touch()
        pathlib.Path('/run/utmp').touch()

    def _make_users(self):
        taken = {line.split(':')[2]
                 for line in open('/etc/passwd', encoding='utf-8')}
        free = (n for n in range(61000, 65000) if str(n) not in taken)
        with contextlib.ExitStack() as files:
            passwd, group, shadow = (
                files.enter_context(open(f'/etc/{name}', 'a',
                                         encoding='utf-8'))
                for name in ('passwd', 'group', 'shadow'))
            for user in (*PEOPLE, *CROWD, *ODD, SMS_USER):
                uid = self.uids[user] = next(free)
                home = self.work / 'home' / str(uid)
                passwd.write(f'{user}:x:{uid}:{uid}::{home}:/bin/bash\n')
                shadow.write(f'{user}:{_crypt(password(user))}'
                             ':19000:0:99999:7:::\n')
                group.write(f'{user}:x:{uid}:\n')
                os.mkdir(home, 0o755)
                os.chown(home, uid, uid)
                (home / '.hushlogin').touch()

    def _write_sudoers(self):
        path = pathlib.Path('/etc/sudoers')
        path.chmod(0o640)
        path.write_text('Defaults timestamp_timeout=0, !lecture, !fqdn\n'
                        'Defaults badpass_message="Sorry, try again."\n'
                        'root ALL=(ALL:ALL) ALL\n'
                        'alice ALL=(ALL:ALL) ALL\n', encoding='ascii')
        path.chmod(0o440)

    def _make_ssh_keys(self):
        for name in ('host', 'user'):
            subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '',
                            '-f', self.work / name], check=True)
        public = (self.work / 'user.pub').read_text()
        for user in PEOPLE:
            (self.work / 'keys' / user).write_text(public)
        kind, key = (self.work / 'host.pub').read_text().split()[:2]
        (self.work / 'known_hosts').write_text(f'xs {kind} {key}\n')

    def _install_xsuite(self):
        """Set-user-id root, as `make install` does, on a file system of
        this namespace alone: outside nobody can start it."""
        path = self.work / 'bin' / 'xsuite'
        path.parent.mkdir(0o755)
        shutil.copy(XSUITE, path)
        os.chown(path, 0, 0)
        path.chmod(0o4755)
        return path

    # Between tests.

    def reset(self):
        self.secrets[:] = [password(user) for user in PEOPLE]
        shutil.rmtree(ETC, ignore_errors=True)
        shutil.rmtree(STATE, ignore_errors=True)
        shutil.rmtree('/etc/pam.d')
        shutil.copytree(self.work / 'pam.d', '/etc/pam.d')
        for name in ('shadow', 'sudoers'):
            shutil.copy2(self.work / name, '/etc')
        ETC.mkdir(0o755)
        self.config('')
        self.admin('init')
        self.log.clear()

    def end(self):
        """Closes what a test left open."""
        while self._open:
            self._open.pop().close()

    def transcripts(self):
        return [each.transcript for each in self._open
                if isinstance(each, Terminal)]

    # Setting up.

    def config(self, text, defaults=DEFAULTS):
        CONFIG.write_text(defaults + text, encoding='utf-8')

    def stack(self, service, *arguments, password_line=True, account=True,
              rootok=False):
        """A service's stack as the manual shows it: the password requisite,
        then the second step, and pam_permit for those it does not ask."""
        lines = ['auth sufficient pam_rootok.so'] if rootok else []
        if password_line:
            lines.append('auth requisite pam_unix.so nodelay')
        line = ' '.join((str(MODULE), *arguments))
        lines += [f'auth required {line}', 'auth required pam_permit.so']
        if account:
            lines.append('account required pam_unix.so')
        lines += [f'account required {line}', 'session required pam_permit.so']
        path = pathlib.Path('/etc/pam.d', service)
        path.write_text('\n'.join(lines) + '\n', encoding='utf-8')

    def settings_stacks(self, password=None):
        """The stacks of xsuite as they are shipped; password takes the
        place of the line that runs the settings."""
        for shipped in (ROOT / 'conf/pam.d').glob('xsuite*'):
            text = shipped.read_text(encoding='utf-8')
            if password:
                text = re.sub('(?m)^password .*$', password, text)
            text = text.replace(' pam_xsuite.so', f' {MODULE}')
            pathlib.Path('/etc/pam.d', shipped.name).write_text(
                text, encoding='utf-8')

    def set_password(self, user, field=None):
        """Until the test ends; or puts '!' or '*' there, as for nobody."""
        path = pathlib.Path('/etc/shadow')
        field = field or _crypt(password(user))
        lines = [line.split(':') for line in
                 path.read_text(encoding='utf-8').splitlines()]
        path.write_text(''.join(
            ':'.join([line[0], field, *line[2:]]
                     if line[0] == user else line) + '\n'
            for line in lines), encoding='utf-8')

    def add_to_sudoers(self, line):
        with open('/etc/sudoers', 'a', encoding='ascii') as file:
            file.write(line + '\n')

    def admin(self, *arguments, check=True):
        done = subprocess.run([ADMIN, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False,
                              env=ENVIRONMENT, timeout=60)
        assert not check or done.returncode == 0, \
            f'xsuite-admin {arguments}: {done.returncode} {done.stderr}'
        return done

    def enrol(self, user, *options):
        done = self.admin('--json', 'enrol', user, *options)
        enrolment = Enrolment(json.loads(done.stdout))
        self.secrets += [enrolment.secret, enrolment.uri,
                         *enrolment.backup_codes]
        return enrolment

    def status(self, user):
        return json.loads(self.admin('--json', 'status', user).stdout)

    def record(self, user):
        return STATE / 'users' / str(self.uids[user])

    # Logging in.

    def terminal(self, argv, **environment):
        terminal = Terminal([str(word) for word in argv], self.secrets,
                            {**ENVIRONMENT, **environment})
        self._open.append(terminal)
        return terminal

    def sshd(self, **options):
        daemon = Sshd(self.work, options)
        self._open.insert(0, daemon)
        return daemon

    def ssh(self, daemon, user, *command, **options):
        return self.terminal(daemon.client(user, command, options))

    def sudo(self, user, *arguments):
        return self.terminal(self.as_user(user, 'sudo', *arguments))

    def xsuite(self, user, *words, **environment):
        """The settings, by the set-user-id program in a user's terminal."""
        return self.terminal(self.as_user(user, self.xsuite_program, *words),
                             **environment)

    def xsuite_limited(self, user, word, limit):
        """The same under a limit, as of prlimit(1): 'nofile=6' for both the
        soft and the hard one, 'nofile=6:' for the soft one alone."""
        return self.terminal(self.as_user(
            user, 'prlimit', f'--{limit}', self.xsuite_program, word))

    @staticmethod
    def can_raise_limits():
        """Not in every container: is CAP_SYS_RESOURCE among what root has?"""
        status = pathlib.Path('/proc/self/status').read_text(encoding='ascii')
        bounding = re.search(r'^CapBnd:\s*(\w+)$', status, re.M).group(1)
        return bool(int(bounding, 16) & 1 << 24)

    def as_user(self, user, *argv):
        uid = str(self.uids[user])
        return ['setpriv', '--reuid', uid, '--regid', uid, '--init-groups',
                *argv]

    @staticmethod
    def driver(service='test'):
        return [DRIVER, '--confdir', '/etc/pam.d', '--service', service]

    def drive_many(self, persons, *options, service='test', wrap=(),
                   timeout=120):
        """Runs pam_driver; persons are (user, answers[, times])."""
        for each in persons:
            self.secrets += [a for a in each[1] if a[:1] != '@']
        done, talks = driver.run(
            DRIVER, '/etc/pam.d', ['--service', service, *options],
            [driver.person(*each) for each in persons], wrap, timeout)
        assert done.returncode == 0, (done.returncode, done.stderr)
        for talk in talks:
            assert talk.signal == 0, f'killed by signal {talk.signal}'
            assert talk.stray == 0, 'output on stdout or stderr'
            assert talk.changed == '', f'process changed: {talk.changed}'
            assert talk.children is False, 'a child is left'
            self.secrets += [driver.terminal.shown_code(text)
                             for text in talk.texts if '\n    ' in text]
        return talks

    def drive(self, user, *answers, options=(), **keywords):
        return self.drive_many([(user, answers)], *options, **keywords)[0]


def digest(*tops):
    """Name, kind, mode, owner, links and contents of all below."""
    found = {}
    for top in filter(os.path.lexists, tops):
        for path in [top, *sorted(pathlib.Path(top).rglob('*'))]:
            # Argon2's slots are made when they are first needed.
            if path.parent.name == 'host':
                continue
            info = os.lstat(path)
            body = b''
            if stat.S_ISREG(info.st_mode):
                body = path.read_bytes()
            elif stat.S_ISLNK(info.st_mode):
                body = os.fsencode(os.readlink(path))
            found[str(path)] = (oct(info.st_mode), info.st_uid, info.st_gid,
                                0 if stat.S_ISDIR(info.st_mode)
                                else info.st_nlink,
                                hashlib.sha256(body).hexdigest())
    return found
