# SPDX-License-Identifier: BSD-3-Clause
"""Target 2: end to end in the real sshd, from connecting to the shell."""

import os
import pathlib
import subprocess
import sys
import time

import paramiko

from drive import Driver
from figures import Row, median, microseconds, spread
from bench_place import ROOT, user

sys.path.append(str(ROOT / 'tests/e2e'))
import totp  # noqa: E402
from sshd import CONFIG, Sshd  # noqa: E402

PEOPLE = 10  # three codes each, of the steps around now
WARM = 2


class Daemon(Sshd):
    """Debian's sshd takes the name of its program for the PAM service."""

    def __init__(self, work, service):
        work.mkdir()
        self._program = work / service
        self._program.symlink_to('/usr/sbin/sshd')
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f',
                        work / 'host'], check=True)
        super().__init__(work, {})

    def _start(self, options):
        config = self.work / 'sshd.conf'
        lines = [f'Port {self.port}', f'HostKey {self.work}/host']
        lines += [f'{key} {value}' for key, value in
                  {**CONFIG, **options}.items()]
        config.write_text('\n'.join(lines) + '\n')
        self.log.write_text('')
        self._process = subprocess.Popen(
            [self._program, '-D', '-f', config, '-E', self.log],
            stdin=subprocess.DEVNULL)
        return self._until(
            lambda: 'Server listening' in self.log.read_text(),
            lambda: self._process.poll() is not None)


def log_in(port, name, code):
    """Nanoseconds until a command of the user's has ended well."""
    start = time.monotonic_ns()
    transport = paramiko.Transport(('127.0.0.1', port))
    try:
        transport.start_client(timeout=30)
        transport.auth_interactive(
            name, lambda _title, _text, prompts: [code] * len(prompts))
        channel = transport.open_session()
        channel.exec_command('exec /bin/true')
        if channel.recv_exit_status() != 0:
            raise RuntimeError('the shell did not run')
        return time.monotonic_ns() - start
    finally:
        transport.close()


def codes(secrets):
    """(user, a thunk of the code), each code once, a user's in their order."""
    for number, secret in enumerate(secrets):
        step = totp.step()
        for ahead in (-1, 0, 1):
            yield user(number), totp.code(secret, step + ahead)


def add_stack(service, line):
    pathlib.Path('/etc/pam.d', service).write_text(
        f'{line}auth required pam_permit.so\n'
        'account required pam_permit.so\nsession required pam_permit.so\n',
        encoding='ascii')


def sshd(place, scale, report):
    """Target 2: end to end, connect to shell."""
    os.makedirs('/run/sshd', exist_ok=True)
    config = place.store('argon2_memory = 12M\n')
    place.xsuite('unused', config)
    secrets = [place.enrol(config, number)['secret']
               for number in range(PEOPLE)]
    stack = (place.services / 'unused').read_text().splitlines()[0] + '\n'
    daemons = {}
    for service, line in (('sshd-permit', ''), ('sshd-again', ''),
                          ('sshd-xsuite', stack)):
        add_stack(service, line)
        daemons[service] = Daemon(place.disk / service, service)
    sync = Driver('sync', write=place.disk / 'sync-sshd')
    found = {service: [] for service in daemons}
    syncs = []
    rounds = WARM + scale(3 * PEOPLE - WARM)
    try:
        for number, (name, code) in enumerate(codes(secrets)):
            if number == rounds:
                break
            order = list(daemons)
            shift = number % len(order)
            for service in order[shift:] + order[:shift]:
                took = log_in(daemons[service].port, name, code)
                if number >= WARM:
                    found[service].append(took)
            syncs.append(median(sync.run(5)['wall']))
    finally:
        sync.close()
        for daemon in daemons.values():
            daemon.close()
    report.syncs += syncs
    judge(found, syncs[WARM:], report)


def judge(found, syncs, report):
    """Measurable is what stands out of what two that are the same differ by."""
    permit, again = found['sshd-permit'], found['sshd-again']
    noise = spread([a - b for a, b in zip(again, permit)])
    more = median([a - (b + c) / 2 - d for a, b, c, d in zip(
        found['sshd-xsuite'], permit, again, syncs)])
    band = max(-noise[0], noise[1])
    report.add(Row('2', 'sshd, connect to shell: over pam_permit and the sync',
                   microseconds(more), f'noise {microseconds(band)}',
                   more <= band))
    group = 'End to end: sshd, from connecting to the shell'
    report.bar(group, 'pam_permit', median(permit))
    report.bar(group, 'pam_xsuite', median(found['sshd-xsuite']), True)


ROWS = {'sshd': sshd}
