# SPDX-License-Identifier: BSD-3-Clause
"""Targets 1 to 5: one login beside another."""

import shutil
import time

from drive import Driver, rounds_of
from figures import add, median, microseconds, rate, ratio, ratio_row
from bench_place import BENCH, user

ONCE = {'program': BENCH / 'bench_once'}
REFILL = 37 * 3600  # seconds in which the budget gets its try back
LARGEST = 100_000


def permit(place, how, **options):
    return Driver(how, confdir=place.services, service='permit',
                  user=user(3), answer='none', **options)


def bare_sync(place):
    """Also what tells whether the machine is quiet enough."""
    return Driver('sync', write=place.disk / 'sync')


def modules(place, how, name, **options):
    """pam_xsuite and google-authenticator, as their packages have them."""
    config = place.store()
    ours = place.enrol(config, 0)['secret']
    place.xsuite(f'xsuite-{name}', config)
    google = place.google(f'google-{name}', 1)
    return {
        'xsuite': Driver(how, **place.case(f'xsuite-{name}', 0, ours),
                         **options),
        'google': Driver(how, **place.case(f'google-{name}', 1, google),
                         **options)}


def login(place, scale, report):
    """Target 1: a process that stays."""
    oath = place.oath('oath-1', 2, 1)
    cases = {
        'permit': permit(place, 'loop'),
        'floor': permit(place, 'loop', write=place.disk / 'floor'),
        'sync': bare_sync(place),
        'oath': Driver('loop', **place.case('oath-1', 2, oath)),
        **modules(place, 'loop', 'login')}
    with rounds_of(cases) as rounds:
        rounds.run(scale(25), 40)
        wall = rounds.wall
        report.syncs += wall('sync')
        report.add(ratio_row(
            '1', 'app login / google-authenticator', wall('xsuite'),
            wall('google'), 0.5))
        report.add(ratio_row(
            '1', 'app login / (pam_permit + bare synced write)',
            wall('xsuite'), wall('floor'), 1.5))
        report.add(ratio_row(
            '1', 'its processor time / google-authenticator\'s',
            rounds.cpu('xsuite'), rounds.cpu('google'), 0.55))
        report.note('1', 'the same of pam_permit + a bare synced write',
                    f'{ratio(rounds.cpu("floor"), rounds.cpu("google")):.2f} '
                    'x')
        group = 'One login, in a process that stays'
        for name, case in (('pam_permit', 'permit'),
                           ('pam_permit + a synced write', 'floor'),
                           ('pam_xsuite', 'xsuite'),
                           ('google-authenticator', 'google'),
                           ('pam_oath, 1 user', 'oath')):
            report.note('', f'{name}: wall, processor time',
                        f'{microseconds(median(wall(case)))}, '
                        f'{microseconds(median(rounds.cpu(case)))}')
            report.bar(group, name, median(wall(case)), case == 'xsuite')


def fresh_floor(what):
    """pam_permit, and what libcrypto costs a program that does little else
    more than one that does nothing."""
    return [a + b - c for a, b, c in zip(
        what('permit'), what('bench_crypto'), what('bench_empty'))]


def fresh(place, scale, report):
    """Target 2: a program that has no libcrypto in it."""
    cases = {
        'permit': permit(place, 'spawn', **ONCE),
        **{name: Driver('spawn', BENCH / name, program=BENCH / name)
           for name in ('bench_empty', 'bench_crypto')},
        'sync': bare_sync(place),
        **modules(place, 'spawn', 'fresh', **ONCE)}
    with rounds_of(cases) as rounds:
        rounds.run(scale(25), 8)
        wall = rounds.wall
        report.syncs += wall('sync')
        floor = fresh_floor(wall)
        report.add(ratio_row(
            '2', 'fresh process / (pam_permit + bare libcrypto)',
            wall('xsuite'), floor, 1.2))
        report.note('2', 'the same by processor time', '{:.2f} x'.format(
            ratio(rounds.cpu('xsuite'), fresh_floor(rounds.cpu))))
        report.note('2', 'fresh process: pam_xsuite, google-authenticator',
                    f'{microseconds(median(wall("xsuite")))}, '
                    f'{microseconds(median(wall("google")))}')
        group = 'One login, in a process that was just started'
        report.bar(group, 'pam_permit', median(wall('permit')))
        report.bar(group, 'pam_permit + bare libcrypto', median(floor))
        report.bar(group, 'pam_xsuite', median(wall('xsuite')), True)
        report.bar(group, 'google-authenticator', median(wall('google')))


def child(place, scale, report):
    """Target 2: a child of a process that uses libcrypto, as in sshd."""
    cases = {'permit': permit(place, 'fork'), 'sync': bare_sync(place),
             'floor': permit(place, 'fork', write=place.disk / 'child',
                             crypto=True),
             **modules(place, 'fork', 'child')}
    with rounds_of(cases) as rounds:
        rounds.run(scale(25), 10)
        wall = rounds.wall
        report.syncs += wall('sync')
        report.add(ratio_row(
            '2', 'libcrypto in use, as in sshd / google-authenticator',
            wall('xsuite'), wall('google'), 0.9))
        report.note('2', '(pam_permit + bare libcrypto + synced write) / same',
                    f'{ratio(wall("floor"), wall("google")):.2f} x')
        report.note('2', 'in such a child: pam_xsuite, google-authenticator',
                    f'{microseconds(median(wall("xsuite")))}, '
                    f'{microseconds(median(wall("google")))}')
        group = 'One login, in a child of a process that uses libcrypto'
        report.bar(group, 'pam_permit', median(wall('permit')))
        report.bar(group, 'pam_permit + libcrypto + sync',
                   median(wall('floor')))
        report.bar(group, 'pam_xsuite', median(wall('xsuite')), True)
        report.bar(group, 'google-authenticator', median(wall('google')))


def wrong(place, scale, report):
    """Target 3: a code that is not right."""
    config = place.store()
    ours = place.enrol(config, 0)['secret']
    place.xsuite('xsuite-wrong', config, 'tries=1')
    google = place.google('google-wrong', 1)
    options = {'answer': 'wrong', 'step': REFILL}
    cases = {
        'sync': bare_sync(place),
        'xsuite': Driver('loop', **{
            **place.case('xsuite-wrong', 0, ours), **options}),
        'google': Driver('loop', **{
            **place.case('google-wrong', 1, google), **options})}
    with rounds_of(cases) as rounds:
        rounds.run(scale(20), 20)
        report.syncs += rounds.wall('sync')
        report.add(ratio_row(
            '3', 'a wrong code\'s processor time / google-authenticator\'s',
            rounds.cpu('xsuite'), rounds.cpu('google'), 0.2))
        group = 'Processor time of a wrong code'
        report.bar(group, 'pam_xsuite', median(rounds.cpu('xsuite')), True)
        report.bar(group, 'google-authenticator', median(rounds.cpu('google')))


def store(place, scale, report, sizes=(1, 1000, LARGEST)):
    """Target 4: how many others there are."""
    cases = {'sync': bare_sync(place)}
    for size in sizes:
        config = place.store()
        secret = place.enrol(config, 0)['secret']
        if size > 1:
            place.fill(config, size - 1)
        place.xsuite(f'xsuite-{size}', config)
        cases[size] = Driver('loop', **place.case(f'xsuite-{size}', 0,
                                                  secret))
    many = place.oath('oath-many', 2, LARGEST)
    cases['oath'] = Driver('loop', **place.case('oath-many', 2, many))
    with rounds_of(cases) as rounds:
        # One of pam_oath with so many users takes as long as a hundred.
        rounds.run(scale(25), {None: 40, 'oath': 1})
        report.syncs += rounds.wall('sync')
        report.add(ratio_row(
            '4', f'{max(sizes):,} users / 1 user', rounds.wall(max(sizes)),
            rounds.wall(1), 1.1))
        for size in sizes[1:-1]:
            low = rate(rounds.wall(size), rounds.wall(1))
            report.note('4', f'{size:,} users / 1 user',
                        f'{median(low):.2f} x')
        group = 'By users in the store'
        for size in sizes:
            report.bar(group, f'pam_xsuite, {size:,}',
                       median(rounds.wall(size)), True)
        report.bar(group, f'pam_oath, {LARGEST:,}',
                   median(rounds.wall('oath')))


def million(place, scale, report):
    """Target 4 with a million users: how long, and how much disk."""
    before = shutil.disk_usage(place.disk).used
    start = time.monotonic()
    store(place, scale, report, sizes=(1, 1_000_000))
    report.note('4', 'a million users: to make and measure, on the disk',
                f'{time.monotonic() - start:,.0f} s, '
                f'{(shutil.disk_usage(place.disk).used - before) / 1e9:.1f} '
                'GB')


def backup(place, scale, report):
    """Target 5: what Argon2 costs."""
    config = place.store()
    answer = place.enrol(config, 0)
    place.xsuite('xsuite-backup', config)
    cases = {'argon2': Driver('argon2'), 'one': Driver('loop', **{
        **place.case('xsuite-backup', 0, answer['secret']),
        'answer': 'backup', 'backup': plain(answer['backup_codes'][0])})}
    with rounds_of(cases) as rounds:
        rounds.run(scale(12), 1, warm=1)
        bare = rounds.wall('argon2')
        report.add(ratio_row(
            '5', 'one code: check and successor / two bare Argon2id',
            rounds.wall('one'), add(bare, bare), 1.05))
        report.note('5', 'its successor typed back, to let in',
                    microseconds(median(rounds.confirm('one'))))
    one_of_ten(place, scale, report)


def one_of_ten(place, scale, report):
    """Each code of a set but the last, beside a bare evaluation."""
    config = place.store('backup_codes = 10\n')
    codes = place.enrol(config, 0)['backup_codes']
    place.xsuite('xsuite-backups', config)
    bare, walls, evaluations = Driver('argon2'), [], []
    bare.run(1)
    for code in codes[:scale(9)]:
        # A process for each: beside an evaluation, loading is nothing.
        driver = Driver('loop', confdir=place.services, user=user(0),
                        service='xsuite-backups', answer='backup',
                        backup=plain(code))
        walls += driver.run(1)['wall']
        driver.close()
        evaluations += bare.run(1)['wall']
    bare.close()
    report.add(ratio_row('5', 'one of ten codes: its check / one bare Argon2id',
                         walls, evaluations, 1.05))


def plain(code):
    return code.replace(' ', '')


ROWS = {'login': login, 'fresh': fresh, 'child': child, 'wrong': wrong,
        'store': store, 'backup': backup}
# Run only when they are named: they take long.
LONG = {'million': million}
