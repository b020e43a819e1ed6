#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Logins with the shared store, beside a bare conditional UPDATE.

    tests/bench/fleet.py [--rows N,N] [--clients N,N] [--count N]
                         [--rounds N] [--save FILE]

A real server with its files on the disk below build/, a host in a network
namespace of its own, TLS verified, a password: the same for all. "bare" is
one connection and the UPDATE; "equal" has as many connections, one after the
other, as a login was counted to have. They take turns, and what counts are
the ratios within a round. --save writes what tests/bench/fleet_sim.py reckons
with.
"""

import argparse
import contextlib
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
sys.path.insert(0, str(ROOT / 'tests/e2e'))

import fleet  # noqa: E402
import namespace  # noqa: E402
from host import ADMIN, KEY, MODULE  # noqa: E402
from network import Network, Place, run  # noqa: E402
from postgres import DATABASE, Authority, Server  # noqa: E402

PEOPLE = 1100  # who log in; the rest of the rows only are there
TICK = os.sysconf('SC_CLK_TCK')
SERVICE = 'bench'


class Machine:
    """A server on the disk, and a host that comes to it."""

    def __init__(self):
        (BUILD / 'bench').mkdir(exist_ok=True)
        self.disk = pathlib.Path(tempfile.mkdtemp(dir=BUILD / 'bench'))
        self.disk.chmod(0o755)
        self.work = pathlib.Path(tempfile.mkdtemp())
        namespace.enter(str(self.work), [str(ROOT), str(self.disk)])
        self.network = Network()
        self._place = Place('--ipc')
        (address,) = self.network.join(self._place)
        self.host = Place()
        self.network.join(self.host)
        authority = Authority(self.disk / 'ca')
        with open('/etc/hosts', 'a', encoding='ascii') as file:
            file.write(f'{address} {fleet.NAMES[0]}\n')
        with open('/etc/passwd', 'a', encoding='ascii') as file:
            for n in range(PEOPLE):
                file.write(f'm{n}:x:{100000 + n}:100::/:/bin/sh\n')
        self.server = Server(self._place, self.disk / 'server',
                             fleet.NAMES[0], address, authority)
        self.server.make()
        self.server.start()
        fleet.Fleet.make_database(self.server)
        self._configure(authority)

    def close(self):
        self.server.kill()
        for place in (self.host, self._place, self.network):
            place.close()
        namespace.detach(str(self.work))
        self.work.rmdir()
        shutil.rmtree(self.disk)

    @staticmethod
    def conninfo(role):
        return fleet.Fleet.conninfo(role, host=fleet.NAMES[0])

    def _configure(self, authority):
        shutil.rmtree('/etc/xsuite', ignore_errors=True)
        os.mkdir('/etc/xsuite', 0o755)
        shutil.copy(authority.certificate, fleet.AUTHORITY)
        for role, path in fleet.CONFIGS.items():
            pathlib.Path(path).write_text(
                f'store = postgresql\npostgresql = {self.conninfo(role)}\n',
                encoding='ascii')
        passfile = pathlib.Path(fleet.PASSFILE)
        passfile.touch(0o600)
        passfile.write_text(''.join(
            f'*:*:*:{role}:{secret}\n'
            for role, secret in fleet.PASSWORDS.items()), encoding='ascii')
        pathlib.Path('/etc/pam.d', SERVICE).write_text(
            f'auth required {MODULE}\n', encoding='ascii')

    def admin(self, *words):
        return self.host.run(ADMIN, '--config', fleet.OWNER_CONFIG, *words)

    def fill(self):
        self.admin('init')
        self.host.run(BUILD / 'tests/e2e/make_records', BUILD, KEY, PEOPLE,
                      self.conninfo(fleet.OWNER), timeout=600)


class Figures:
    """What rounds of one kind took."""

    def __init__(self):
        self.rate, self.median, self.server, self.client, self.wal = (
            [] for _ in range(5))


def server_seconds(server):
    """Processor time of the server and of all that it has reaped."""
    total = 0
    for pid in server.processes():
        with contextlib.suppress(OSError):
            words = pathlib.Path(f'/proc/{pid}/stat').read_text(
                encoding='ascii', errors='replace').rsplit(')', 1)[1].split()
            total += sum(map(int, words[11:15] if pid == server.pid
                             else words[11:13]))
    return total / TICK


def client_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wal(server):
    return int(server.sql("SELECT pg_current_wal_lsn() - '0/0'")[0])


class Bench:
    def __init__(self, machine, count):
        self.machine, self.count = machine, count
        self.sql = machine.server.sql
        self.table = fleet.TABLE

    def prepare(self, rows):
        """That many rows, the people spread among them; and a table beside
        it that is alike."""
        sql, table = self.sql, self.table
        (columns,) = sql(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) "
            f"FROM pg_attribute WHERE attrelid = '{table}'::regclass "
            "AND attnum > 0 AND NOT attisdropped AND attname <> 'name'")
        sql(f"DELETE FROM {table} WHERE name LIKE '%x%'")
        sql(f'CREATE TABLE IF NOT EXISTS saved AS SELECT * FROM {table}')
        more = (rows - PEOPLE) // PEOPLE
        sql(f'TRUNCATE {table}')
        sql(f"""DO $$ DECLARE who record; BEGIN
            FOR who IN SELECT name FROM saved LOOP
                INSERT INTO {table} SELECT * FROM saved
                    WHERE saved.name = who.name;
                INSERT INTO {table} (name, {columns})
                    SELECT who.name || 'x' || n, {columns} FROM saved,
                    generate_series(1, {max(more, 0)}) AS n
                    WHERE saved.name = who.name;
            END LOOP; END $$""")
        sql('DROP TABLE IF EXISTS bare')
        sql('CREATE TABLE bare (name text PRIMARY KEY, '
            'version bigint NOT NULL, record bytea NOT NULL)')
        sql(f'INSERT INTO bare SELECT name, version, record FROM {table}')
        sql(f'GRANT SELECT, UPDATE ON bare TO {fleet.LOGIN}')
        for name in (table, 'bare'):
            sql(f'VACUUM ANALYZE {name}')
        sql('CHECKPOINT')
        self.size = int(sql('SELECT avg(length(record))::int FROM saved')[0])
        (self.bytes,) = map(int, sql(
            f"SELECT pg_total_relation_size('{table}')"))

    def again(self):
        """Nobody has used a code yet."""
        self.sql(f'UPDATE {self.table} AS t SET version = s.version, '
                 'record = s.record FROM saved AS s WHERE s.name = t.name')

    def round(self, how, clients, figures):
        bare = [self.machine.conninfo(fleet.LOGIN), self.size]
        where = {'login': ['module', clients, self.count, '/etc/pam.d',
                           SERVICE],
                 'equal': ['bare', clients, self.count, *bare,
                           self.connections],
                 'bare': ['bare', clients, self.count, *bare, 1]}
        server, client = server_seconds(self.machine.server), client_seconds()
        log = wal(self.machine.server)
        lines = self.machine.host.run(
            BUILD / 'tests/bench/fleet_logins', *where[how],
            timeout=600).split()
        figures.rate.append(self.count / int(lines[0]) * 1e9)
        figures.median.append(statistics.median(map(int, lines[1:])) / 1e9)
        every = self.count + clients
        figures.server.append(
            (server_seconds(self.machine.server) - server) / every)
        figures.client.append((client_seconds() - client) / every)
        figures.wal.append((wal(self.machine.server) - log) / every)

    def count_connections(self):
        """How many a login has."""
        count = ('SELECT pg_stat_clear_snapshot(); SELECT sessions FROM '
                 f"pg_stat_database WHERE datname = '{DATABASE}'")

        def sessions():
            time.sleep(1.5)  # they are told when they end, and then by and by
            return int(self.sql(count, 'postgres')[-1])
        before = sessions()
        self.again()
        self.machine.host.run(BUILD / 'tests/bench/fleet_logins', 'module', 1,
                              19, '/etc/pam.d', SERVICE)
        # self.again() is one, too.
        self.connections = round((sessions() - before - 1) / 20)
        assert self.connections > 0

    def compare(self, clients, rounds):
        """Each round's figures of a login and of what stands beside it."""
        all_of_it = {how: Figures() for how in ('login', 'equal', 'bare')}
        for _ in range(rounds):
            self.again()
            for how, figures in all_of_it.items():
                self.round(how, clients, figures)
        return all_of_it


middle = statistics.median


def ratio(over, under):
    each = [a / b for a, b in zip(over.rate, under.rate)]
    return f'{middle(each):5.2f} ({min(each):.2f}-{max(each):.2f})'


def report(rows, clients, found):
    """One line, and its figures for --save."""
    login, equal, bare = found.values()
    print(f'{rows:>9,} {clients:>7} {middle(login.rate):>9.0f} '
          f'{middle(login.median) * 1000:>9.1f} '
          f'{middle(equal.rate):>7.0f} {ratio(login, equal)} '
          f'{middle(bare.rate):>6.0f} {ratio(login, bare)} '
          f'{middle(login.server) * 1000:>6.1f} '
          f'{middle(bare.server) * 1000:>6.1f} '
          f'{middle(login.wal) / 1024:>8.1f}', flush=True)
    return {'rows': rows, 'clients': clients,
            **{how: {name: middle(values)
                     for name, values in vars(figures).items()}
               for how, figures in found.items()}}


def report_rows(found):
    """Does a login cost more where there are more rows? Told by the
    server's processor time, which other work disturbs least."""
    few, many = (sorted(each['login']['server'] for each in found
                        if each['rows'] == rows)
                 for rows in (found[0]['rows'], found[-1]['rows']))
    print(f'{found[-1]["rows"]:,} rows over {found[0]["rows"]:,}: '
          f'{middle(many) / middle(few):.2f} times the server\'s time')


def numbers(text):
    return [int(word) for word in text.split(',')]


def measure(options):
    machine = Machine()
    found = []
    try:
        machine.fill()
        bench = Bench(machine, options.count)
        for rows in options.rows:
            bench.prepare(rows)
            if rows == options.rows[0]:
                bench.count_connections()
                print(f'{bench.connections} connections a login\n'
                      '                           median  equal (ratio)       '
                      '    bare (ratio)          server ms of    KB log\n'
                      '     rows clients  logins/s     ms      /s            '
                      '         /s                  login   bare  a login')
            for clients in options.clients:
                found.append({**report(rows, clients, bench.compare(
                    clients, options.rounds)),
                    'connections': bench.connections,
                    'bytes': bench.bytes / max(rows, PEOPLE)})
    finally:
        machine.close()
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--rows', type=numbers, default=[1000, 1_000_000])
    parser.add_argument('--clients', type=numbers, default=[1, 8, 32])
    parser.add_argument('--count', type=int, default=400)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--save', type=pathlib.Path)
    options = parser.parse_args()
    found = measure(options)
    report_rows(found)
    if options.save:
        options.save.write_text(json.dumps(found, indent=1) + '\n',
                                encoding='ascii')


if __name__ == '__main__':
    main()
