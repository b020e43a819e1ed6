# SPDX-License-Identifier: BSD-3-Clause
"""Real PostgreSQL servers, with certificates made on the spot."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

from network import NETWORK, run

PORT = 5432
DEADLINE = 60
OWNER = 'postgres'
DATABASE = 'xsuite'

SETTINGS = f"""
port = {PORT}
wal_level = replica
hot_standby = on
max_connections = 150
shared_buffers = 32MB
max_wal_size = 256MB
# Nothing of a server that was killed may stay in /dev/shm.
dynamic_shared_memory_type = mmap
ssl = on
ssl_ca_file = '../ca.crt'
ssl_cert_file = '../server.crt'
ssl_key_file = '../server.key'
autovacuum_naptime = 5s
log_min_messages = warning
log_connections = off
"""
# The test itself comes by the socket; a host by TLS and with a password, or
# without TLS to the database that is there for a proxy to look into.
ACCESS = f"""
local all all trust
local replication all trust
hostssl all all {NETWORK}.0.0/16 scram-sha-256
hostnossl all all {NETWORK}.0.0/16 scram-sha-256
"""


def programs():
    """Where Debian keeps the newest server's."""
    return max(pathlib.Path('/usr/lib/postgresql').glob('*/bin'),
               key=lambda path: int(path.parent.name))


class Authority:
    """Certificates: an authority, and what it signed."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.certificate = self.directory / 'ca.crt'
        self._key = self.directory / 'ca.key'
        run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
             'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj',
             '/CN=test authority', '-keyout', self._key, '-out',
             self.certificate])

    def sign(self, name, directory):
        """server.key, server.crt and ca.crt in directory, for this name."""
        directory = pathlib.Path(directory)
        request = directory / 'server.csr'
        key = directory / 'server.key'
        run(['openssl', 'req', '-newkey', 'ec', '-pkeyopt',
             'ec_paramgen_curve:P-256', '-nodes', '-subj', f'/CN={name}',
             '-addext', f'subjectAltName=DNS:{name}', '-keyout', key, '-out',
             request])
        run(['openssl', 'x509', '-req', '-in', request, '-CA',
             self.certificate, '-CAkey', self._key, '-CAcreateserial',
             '-days', '30', '-copy_extensions', 'copy', '-out',
             directory / 'server.crt'])
        request.unlink()
        shutil.copy(self.certificate, directory / 'ca.crt')
        shutil.chown(key, OWNER, OWNER)
        key.chmod(0o600)


def _children(parent):
    for name in filter(str.isdigit, os.listdir('/proc')):
        with contextlib.suppress(OSError):
            text = pathlib.Path('/proc', name, 'stat').read_text(
                errors='replace')
            if int(text.rsplit(')', 1)[1].split()[1]) == parent:
                yield int(name)


class Server:
    """One cluster: its files, its address and name, its processes."""

    def __init__(self, place, directory, name, address, authority):
        self.place, self.name, self.address = place, name, address
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.data = self.directory / 'data'
        self.log = self.directory / 'log'
        self._process = None
        shutil.chown(self.directory, OWNER, OWNER)
        authority.sign(name, self.directory)

    @staticmethod
    def _as_owner(*argv):
        return ['setpriv', f'--reuid={OWNER}', f'--regid={OWNER}',
                '--init-groups', '--pdeathsig', 'QUIT', *argv]

    def _run(self, program, *argv):
        return self.place.run(*self._as_owner(programs() / program, *argv),
                              cwd=self.directory, timeout=DEADLINE)

    def make(self):
        """An empty cluster."""
        self._run('initdb', '-D', self.data, '-U', OWNER, '-A', 'trust',
                  '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync')
        with open(self.data / 'postgresql.conf', 'a',
                  encoding='ascii') as file:
            file.write(SETTINGS)
        (self.data / 'pg_hba.conf').write_text(ACCESS, encoding='ascii')

    def copy_of(self, primary):
        """A standby of a primary that runs."""
        self._run('pg_basebackup', '-D', self.data, '-R', '-X', 'stream',
                  '-C', '-S', f'slot_{self.name.split(".")[0]}',
                  '-c', 'fast', '-d', f'host={primary.directory} '
                  f'user={OWNER} application_name={self.name}')

    def start(self):
        with open(self.log, 'ab') as log:
            self._process = subprocess.Popen(
                [*self.place.wrap, *self._as_owner(
                    programs() / 'postgres', '-D', self.data,
                    '-c', f'listen_addresses={self.address}',
                    '-c', f'unix_socket_directories={self.directory}')],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.directory)
        end = time.monotonic() + DEADLINE
        while not self._answers():
            assert self._process.poll() is None and \
                time.monotonic() < end, self.log.read_text()
            time.sleep(0.02)

    def _answers(self):
        return subprocess.run(
            [*self.place.wrap, programs() / 'pg_isready', '-q', '-h',
             self.directory, '-p', str(PORT), '-U', OWNER],
            check=False).returncode == 0

    def sql(self, text, database=DATABASE):
        """As its owner, by the socket. Rows of words, '|' between them."""
        return run(['psql', '-h', self.directory, '-p', PORT, '-U', OWNER,
                    '-d', database, '-XAtq', '-v', 'ON_ERROR_STOP=1',
                    '-f', '-'], timeout=DEADLINE, input=text).splitlines()

    def wait_for(self, text, wanted):
        end = time.monotonic() + DEADLINE
        while self.sql(text, 'postgres') != wanted:
            assert time.monotonic() < end, (text, self.log.read_text())
            time.sleep(0.02)

    def require(self, standby):
        """From here on a commit is told only when the standby has it."""
        self.wait_for("SELECT state FROM pg_stat_replication WHERE "
                      f"application_name = '{standby.name}'", ['streaming'])
        self.sql('ALTER SYSTEM SET synchronous_standby_names = '
                 f"'ANY 1 (\"{standby.name}\")'", 'postgres')
        self.sql('SELECT pg_reload_conf()', 'postgres')
        self.wait_for("SELECT sync_state FROM pg_stat_replication",
                      ['quorum'])

    def promote(self):
        self.sql('SELECT pg_promote()', 'postgres')
        self.wait_for('SELECT pg_is_in_recovery()', ['f'])

    @property
    def pid(self):
        return self._process.pid

    def processes(self):
        return [self._process.pid, *_children(self._process.pid)]

    def signal(self, number):
        """To the server and each of its processes at once."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    @contextlib.contextmanager
    def stopped(self):
        """It has its connections, and does nothing with them."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def kill(self):
        """As when the power fails, but that the files are still there."""
        if self._process is None:
            return
        self.signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def restart(self):
        """In an orderly way; whoever is connected is cut off."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(DEADLINE)
        self.start()
