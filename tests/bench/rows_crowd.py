# SPDX-License-Identifier: BSD-3-Clause
"""Target 6: 32 processes log 32 users in at once."""

import time

from drive import Driver
from figures import Row, median, rate, spread
from bench_place import CROWD, user

EACH = 60  # logins of each process in a round


def together(drivers, count):
    """Logins a second, all of them let in: a driver ends otherwise."""
    start = time.monotonic()
    for driver in drivers:
        driver.order(count)
    for driver in drivers:
        driver.answer()
    return len(drivers) * count / (time.monotonic() - start)


def crowds(place):
    config = place.store('argon2_memory = 12M\n')
    place.xsuite('xsuite-crowd', config)
    xsuite, google, floor, sync = [], [], [], []
    for number in range(CROWD):
        secret = place.enrol(config, number)['secret']
        xsuite.append(Driver('loop', **place.case('xsuite-crowd', number,
                                                  secret)))
        secret = place.google('google-crowd', number)
        google.append(Driver('loop', **place.case('google-crowd', number,
                                                  secret)))
        floor.append(Driver(
            'loop', confdir=place.services, service='permit',
            user=user(number), answer='none',
            write=place.disk / f'crowd{number}'))
        sync.append(Driver('sync', write=place.disk / f'block{number}'))
    return {'xsuite': xsuite, 'google': google, 'floor': floor, 'sync': sync}


def at_least(target, what, over, under, least):
    each = rate(over, under)
    low, high = spread(each)
    return Row(target, what, f'{median(each):.2f} x ({low:.2f}-{high:.2f})',
               f'at least {least:g} x', median(each) >= least)


def crowd(place, scale, report):
    """Target 6: everybody at once."""
    cases = crowds(place)
    found = {name: [] for name in cases}
    try:
        for drivers in cases.values():
            together(drivers, 2)
        for _ in range(scale(5)):
            for name, drivers in cases.items():
                found[name].append(together(drivers, EACH))
    finally:
        for drivers in cases.values():
            for driver in drivers:
                driver.close()
    report.add(at_least('6', f'{CROWD} at once: logins a second / '
                        'google-authenticator', found['xsuite'],
                        found['google'], 2))
    report.add(at_least('6', 'the same / bare synced writes a second',
                        found['xsuite'], found['sync'], 0.8))
    for what, over, under in (
            ('the same / (pam_permit + a synced write) a second', 'xsuite',
             'floor'),
            ('pam_permit + a synced write / google-authenticator', 'floor',
             'google'),
            ('pam_permit + a synced write / bare synced writes', 'floor',
             'sync')):
        report.note('6', what,
                    f'{median(rate(found[over], found[under])):.2f} x')
    report.note('6', 'logins a second: pam_xsuite, google-authenticator',
                f'{median(found["xsuite"]):,.0f}, '
                f'{median(found["google"]):,.0f}')
    group = f'Time for a login each of {CROWD} users, all at once'
    for name, case in (('pam_permit + a synced write', 'floor'),
                       ('pam_xsuite', 'xsuite'),
                       ('google-authenticator', 'google')):
        report.bar(group, name, CROWD * 1e9 / median(found[case]),
                   case == 'xsuite')


ROWS = {'crowd': crowd}
