# SPDX-License-Identifier: BSD-3-Clause
"""Two hosts with one database: networks, mounts and options of their own."""

import json
import pathlib
import shutil
import subprocess

import driver
from host import (ADMIN, BUILD, CONFIG, DEFAULTS, ENVIRONMENT, KEY, MODULE,
                  ROOT, Enrolment, password)
from logbook import Logbook
from network import Network, Place, run
from postgres import DATABASE, PORT, Authority, Server
from sshd import Sshd
from terminal import Terminal, shown_code
from words import PASSWORD

NAMES = ('db1.fleet.test', 'db2.fleet.test')
ADMIN_CONFIG = '/etc/xsuite/admin.conf'
PASSFILE = '/etc/xsuite/pgpass'
AUTHORITY = '/etc/xsuite/ca.crt'
# Roles that log in: of the second host and of the first; of who enrols; of who
# owns the database.
LOGIN, NEIGHBOUR = 'web17', 'web16'
ADMINISTRATOR, OWNER = 'fleet_admin', 'fleet_owner'
PASSWORDS = {role: f'{role}-secret'
             for role in (LOGIN, NEIGHBOUR, ADMINISTRATOR, OWNER)}
# Where each of them, but the hosts', finds the way to the database.
OWNER_CONFIG = '/etc/xsuite/owner.conf'
CONFIGS = {LOGIN: CONFIG, ADMINISTRATOR: ADMIN_CONFIG, OWNER: OWNER_CONFIG}

TABLE = 'xsuite.record'
# What the database's administrator does beforehand.
SET_UP = f"""
CREATE ROLE xsuite_host NOLOGIN;
CREATE ROLE xsuite_enrol NOLOGIN;
CREATE ROLE xsuite_admin NOLOGIN;
CREATE ROLE fleet_hosts NOLOGIN;
CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORDS[OWNER]}';
CREATE ROLE {ADMINISTRATOR} LOGIN IN ROLE xsuite_admin
    PASSWORD '{PASSWORDS[ADMINISTRATOR]}';
CREATE DATABASE {DATABASE} OWNER {OWNER};
REVOKE CONNECT, TEMPORARY ON DATABASE {DATABASE} FROM PUBLIC;
GRANT CONNECT ON DATABASE {DATABASE} TO fleet_hosts, {ADMINISTRATOR};
"""


def set_up_host(role):
    """And for each host."""
    return (f'CREATE ROLE {role} LOGIN IN ROLE xsuite_host, fleet_hosts '
            f"PASSWORD '{PASSWORDS[role]}';\n")


class FleetHost:
    """One of the hosts: what host.Host can do, as far as it is needed."""

    def __init__(self, machine, network, name, uids):
        self.name = name
        self.secrets = machine.secrets
        self.xsuite_program = machine.xsuite_program
        self.work = machine.work / f'fleet-{name}'
        self.work.mkdir()
        self._open = []
        for each in ('etc', 'lib', 'run'):
            (self.work / each).mkdir()
        shutil.copytree('/etc', self.work / 'etc', symlinks=True,
                        dirs_exist_ok=True)
        shutil.rmtree(self.work / 'etc/xsuite', ignore_errors=True)
        for each in ('host', 'user', 'known_hosts'):
            shutil.copy2(machine.work / each, self.work)
        shutil.copytree(machine.work / 'keys', self.work / 'keys')
        for each in ('lib/sudo', 'run/sudo', 'run/sshd'):
            (self.work / each).mkdir()
        self.uids = self._own_uids(machine, uids)
        self.log = Logbook(str(self.work / 'log'))
        self.place = Place('--mount', setup=f"""
            mount --bind {self.work}/etc /etc
            mount --bind {self.work}/lib /var/lib
            mount --bind {self.work}/run /run
            mount --bind {self.work}/log /dev/log""")
        (self.address,) = network.join(self.place)

    def _own_uids(self, machine, more):
        """The same people, with other uids than on the other host."""
        path = self.work / 'etc/passwd'
        lines = [line.split(':') for line in
                 path.read_text(encoding='utf-8').splitlines()]
        uids = {}
        for line in lines:
            if line[0] in machine.uids:
                uids[line[0]] = int(line[2]) + more
                line[2] = str(uids[line[0]])
        path.write_text(''.join(':'.join(line) + '\n' for line in lines),
                        encoding='utf-8')
        self._passwd = path.read_text(encoding='utf-8')
        return uids

    def path(self, name):
        """A file of this host, for who is on none of them."""
        name = pathlib.Path(name)
        if name.parts[1] == 'etc':
            return self.work / 'etc' / pathlib.Path(*name.parts[2:])
        assert name.parts[1:3] == ('var', 'lib'), name
        return self.work / 'lib' / pathlib.Path(*name.parts[3:])

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        path.parent.mkdir(mode=0o755, exist_ok=True)
        path.write_text(text, encoding='utf-8')
        path.chmod(mode)

    # Between tests.

    def reset(self):
        shutil.rmtree(self.path('/etc/xsuite'), ignore_errors=True)
        shutil.rmtree(self.path('/var/lib/xsuite'), ignore_errors=True)
        self.path('/etc/xsuite').mkdir(0o755)
        self.write('/etc/passwd', self._passwd)
        self.log.clear()

    def end(self):
        while self._open:
            self._open.pop().close()

    def close(self):
        self.place.close()

    # Setting up.

    def stack(self, service, password_line=False):
        lines = ['auth requisite pam_unix.so nodelay'] if password_line else []
        lines += [f'auth required {MODULE}', 'auth required pam_permit.so',
                  'account required pam_permit.so',
                  'session required pam_permit.so']
        self.write(f'/etc/pam.d/{service}', '\n'.join(lines) + '\n')

    def settings_stacks(self):
        for shipped in (ROOT / 'conf/pam.d').glob('xsuite*'):
            self.write(f'/etc/pam.d/{shipped.name}', shipped.read_text(
                encoding='utf-8').replace(' pam_xsuite.so', f' {MODULE}'))

    def admin(self, *arguments, check=True, config=ADMIN_CONFIG):
        done = subprocess.run(
            [*self.place.wrap, ADMIN, '--config', config, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, env=ENVIRONMENT, timeout=60)
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

    # Logging in.

    def person(self, user, answers, times=1):
        """Somebody on this host, for Fleet.drive."""
        self.secrets += [a for a in answers if a[:1] != '@']
        return driver.person(user, answers, times, self.place.pid)

    def sshd(self, **options):
        daemon = Sshd(self.work, options, self.place.wrap)
        self._open.insert(0, daemon)
        return daemon

    def terminal(self, *argv):
        terminal = Terminal([str(word) for word in
                             (*self.place.wrap, *argv)], self.secrets,
                            ENVIRONMENT)
        self._open.append(terminal)
        return terminal

    def ssh(self, daemon, user, *command):
        return self.terminal(*daemon.client(user, command, {})[
            len(self.place.wrap):])

    def log_in(self, user, *answers):
        """By the real sshd and ssh, with the password, then these answers;
        True if a shell was had."""
        self.stack('sshd', password_line=True)
        t = self.ssh(self.sshd(), user, 'echo IN:$((40+2))')
        t.asked(PASSWORD)
        t.type(password(user))
        for answer in answers:
            text, _ = t.sees(r': $')
            t.type(shown_code(text) if answer == '@new' else answer)
        text, _ = t.ended()
        return 'IN:42' in text

    def as_user(self, user, *argv):
        uid = str(self.uids[user])
        return ['setpriv', '--reuid', uid, '--regid', uid, '--init-groups',
                *argv]


class Fleet:
    """The hosts, and for each test a database of its own."""

    def __init__(self, machine):
        self.network = Network()
        self._place = Place('--ipc')
        self.addresses = self.network.join(self._place, 2)
        self.work = machine.work / 'fleet'
        self.work.mkdir()
        self.authority = Authority(self.work / 'ca')
        self.hosts = [FleetHost(machine, self.network, name, uids)
                      for name, uids in (('a', 0), ('b', 500))]
        for host in self.hosts:
            with open(host.path('/etc/hosts'), 'a', encoding='ascii') as file:
                for line in zip(self.addresses, NAMES):
                    file.write(' '.join(line) + '\n')
        self._template = self._server('template', 0, make=True)
        self.servers = []
        self.secrets = machine.secrets

    def _server(self, directory, n, make=False):
        server = Server(self._place, self.work / directory, NAMES[n],
                        self.addresses[n], self.authority)
        if make:
            server.make()
        return server

    @property
    def primary(self):
        return self.servers[0]

    @property
    def standby(self):
        return self.servers[1]

    def begin(self):
        """An empty database, initialised; both hosts with the key to it."""
        self.secrets += PASSWORDS.values()
        server = self._server('primary', 0)
        run(['cp', '-a', self._template.data, server.data])
        self.servers.append(server)
        server.start()
        self.make_database(server)
        for host in self.hosts:
            host.reset()
            self.configure(host)
            host.stack('test')
        self.hosts[0].admin('init', config=OWNER_CONFIG)
        shutil.copy2(self.hosts[0].path(KEY), self.hosts[1].path(KEY))
        for host in self.hosts:
            host.admin('init', config=CONFIG)

    def add_standby(self):
        """From here on nothing is told that the standby does not have."""
        server = self._server('standby', 1)
        self.servers.append(server)
        server.copy_of(self.primary)
        server.start()
        self.primary.require(server)

    @staticmethod
    def make_database(server):
        server.sql(SET_UP + set_up_host(NEIGHBOUR) + set_up_host(LOGIN),
                   'postgres')

    @staticmethod
    def conninfo(role, **options):
        options = {'host': ','.join(NAMES), 'port': PORT, 'dbname': DATABASE,
                   'user': role, 'passfile': PASSFILE,
                   'sslrootcert': AUTHORITY,
                   'target_session_attrs': 'read-write', **options}
        return ' '.join(f'{key}={value}' for key, value in options.items()
                        if value is not None)

    def configure(self, machine, text='', passwords=None, **options):
        """Options are those of the connection; None takes one out."""
        for role, path in CONFIGS.items():
            if role == LOGIN and machine is self.hosts[0]:
                role = NEIGHBOUR
            machine.write(path, f'{DEFAULTS}store = postgresql\npostgresql = '
                             f'{self.conninfo(role, **options)}\n{text}')
        machine.write(PASSFILE, ''.join(
            f'*:*:*:{role}:{secret}\n' for role, secret in
            {**PASSWORDS, **(passwords or {})}.items()), 0o600)
        machine.write(AUTHORITY,
                   self.authority.certificate.read_text(encoding='ascii'))

    def end(self):
        for host in self.hosts:
            host.end()
        self.network.mend()
        while self.servers:
            server = self.servers.pop()
            server.kill()
            shutil.rmtree(server.directory)

    def close(self):
        for place in (*self.hosts, self._place, self.network):
            place.close()

    def drive(self, *persons, options=(), timeout=120):
        """Runs pam_driver with persons of both hosts."""
        done, talks = driver.run(
            BUILD / 'tests/e2e/pam_driver', '/etc/pam.d',
            ['--service', 'test', *options], persons, (), timeout)
        assert done.returncode == 0, (done.returncode, done.stderr)
        for talk in talks:
            assert talk.signal == 0, f'killed by signal {talk.signal}'
            assert talk.result is not None, 'no result'
            assert talk.stray == 0, 'output on stdout or stderr'
            assert talk.changed == '', f'process changed: {talk.changed}'
            self.secrets += [driver.terminal.shown_code(text)
                             for text in talk.texts if '\n    ' in text]
        return talks

    def lines(self):
        """What the hosts logged, and the servers."""
        found = [line for host in self.hosts for line in host.log.lines()]
        for server in self.servers:
            found += server.log.read_text(errors='replace').splitlines()
        return found

    def row(self, user, server=None):
        """All that the database has of one person, for comparison."""
        return (server or self.primary).sql(
            f"SELECT * FROM {TABLE} WHERE name = '{user}'")
