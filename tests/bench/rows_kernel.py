# SPDX-License-Identifier: BSD-3-Clause
"""Target 7: what a login asks of the kernel, and whether it leaves any."""

import pathlib
import re
import subprocess
import tempfile
import time

from drive import Driver
from figures import Row, count_row
from bench_place import BENCH, user

LOGINS = 100_000
BATCH = 1000
ALLOWED = ('libcrypto', 'libargon2', 'libc.')
KIBIBYTES = 256  # of noise in what a process has resident


def traced(words, trace, lines=''):
    path = pathlib.Path(tempfile.mkdtemp(), 'trace')
    subprocess.run(['strace', '-f', '-o', path, '-e', f'trace={trace}',
                    *map(str, words)], input=lines, text=True, check=True,
                   stdout=subprocess.DEVNULL)
    text = path.read_text(errors='replace')
    path.unlink()
    path.parent.rmdir()
    return text


def calls_of(case):
    """System calls of one login: those of 20 less those of 10, by ten. The
    driver reads the clock of its own processor time by one."""
    words = [BENCH / 'bench_driver', '--how', 'loop']
    found = []
    for count in (10, 20):
        now = int(time.time()) + 3600 * count
        options = [word for key, value in {**case, 'time': now}.items()
                   for word in (f'--{key}', value)]
        found.append(traced([*words, *options], '!clock_gettime',
                            f'{count}\n').count('\n'))
    return (found[1] - found[0]) / 10


def libraries_of(words):
    text = traced(words, 'openat')
    return {pathlib.Path(found).name for found in
            re.findall(r'openat\(AT_FDCWD, "([^"]+\.so[.0-9]*)", '
                       r'[^)]*\) = \d', text)}


def once(place, service, number, secret, now):
    """The words of a program that logs in once."""
    import totp  # tests/e2e
    code = totp.code(secret, now // 30) if secret else '-'
    return [BENCH / 'bench_once', place.services, service, user(number), code,
            now]


def calls(place, _scale, report):
    """Target 7: what one login asks of the kernel."""
    config = place.store()
    secret = place.enrol(config, 0)['secret']
    place.xsuite('xsuite-calls', config)
    google = place.google('google-calls', 1)
    case = {'confdir': place.services, 'service': 'permit', 'user': user(3),
            'answer': 'none'}
    permit = calls_of(case)
    ours = calls_of(place.case('xsuite-calls', 0, secret))
    theirs = calls_of(place.case('google-calls', 1, google))
    report.add(count_row('7', 'system calls of an app login over pam_permit',
                         ours - permit, 30))
    report.note('7', 'those of google-authenticator',
                f'{theirs - permit:,g}')
    now = int(time.time()) + 7 * 86400
    more = libraries_of(once(place, 'xsuite-calls', 0, secret, now)) - \
        libraries_of(once(place, 'permit', 3, '', now)) - {'pam_xsuite.so'}
    others = sorted(name for name in more if not name.startswith(ALLOWED))
    report.add(Row('7', 'libraries beyond pam_permit\'s',
                   ', '.join(sorted(more)) or 'none',
                   'libcrypto, libargon2', not others))


def held_by(pid):
    """Resident KiB and descriptors."""
    status = pathlib.Path(f'/proc/{pid}/status').read_text()
    return (int(re.search(r'VmRSS:\s+(\d+)', status).group(1)),
            len(list(pathlib.Path(f'/proc/{pid}/fd').iterdir())))


def growth(place, scale, report):
    """Target 7: what a hundred thousand logins leave behind."""
    config = place.store(disk=False)
    secret = place.enrol(config, 0)['secret']
    place.xsuite('xsuite-growth', config)
    driver = Driver('loop', **place.case('xsuite-growth', 0, secret))
    batches = max(2, scale(LOGINS // BATCH))
    driver.run(BATCH)
    before = held_by(driver.pid)
    for _ in range(batches - 1):
        driver.run(BATCH)
    after = held_by(driver.pid)
    driver.close()
    grown = after[0] - before[0]
    report.add(Row('7', f'{batches * BATCH:,} logins in one process: growth',
                   f'{grown} KiB, {after[1] - before[1]} descriptors',
                   'none', grown <= KIBIBYTES and after[1] == before[1]))


ROWS = {'calls': calls, 'growth': growth}
