# SPDX-License-Identifier: BSD-3-Clause
"""A login that is struck at any of its system calls: no code lets in twice,
and every code that was not used up works."""

import os

import pytest

import driver
from host import DRIVER, SMS_USER
from sweep import Flow, is_log_cut
from tally import tally

NUMBER = '+31612345678'


class Person:
    """alice, and whether her codes let in."""

    def __init__(self, host):
        host.stack('test', password_line=False, account=False)
        self.host = host
        self.enrolment = host.enrol('alice', '--phone', NUMBER)
        self.record = host.record('alice')
        self.typed = ()

    def log_in(self, *answers):
        """Returns run() of a flow; alice.typed is what the last one typed,
        those answers made anew that are functions."""
        def run(wrap):
            self.typed = tuple(each() if callable(each) else each
                               for each in answers)
            self.host.log.clear()
            done, talks = driver.run(
                DRIVER, '/etc/pam.d', ['--service', 'test'],
                [driver.person('alice', self.typed)], wrap)
            self.host.secrets += [a for a in self.typed if a[:1] not in '@']
            assert len(talks) == 1, done
            return talks[0]
        return run

    def uses(self, *answers):
        return self.host.drive('alice', *answers).let_in

    def lets_in(self, *answers):
        """Would they? Nothing is changed by it."""
        was = self.record.read_bytes()
        let_in = self.uses(*answers)
        self.record.write_bytes(was)
        return let_in

    def has_all(self, what, app=True, backup=True):
        if app:
            assert self.lets_in(self.enrolment.code(1)), what
        if backup:
            assert self.lets_in(self.enrolment.backup, '@new'), what


@pytest.fixture
def alice(host):
    texts = host.work / 'texts'
    texts.mkdir(exist_ok=True)
    os.chown(texts, host.uids[SMS_USER], -1)
    sender = host.work / 'sweep-sender'
    sender.write_text(f'#!/bin/sh\nexec head -c 6 >{texts}/code\n')
    sender.chmod(0o755)
    host.config(f'sms_command = {sender}\nsms_allow = +31\n'
                'sms_cooldown = 1\n')
    person = Person(host)
    person.text = texts / 'code'
    return person


def is_told(alice, talk, what):
    """Who was refused for a reason that is not his own: the log says why."""
    assert talk.let_in or is_log_cut(what) or alice.host.log.module(), what


def judge_app(alice, talk, what):
    code, = alice.typed
    if talk.let_in or alice.uses(code):
        assert not alice.uses(code), what
    alice.has_all(what)


def judge_wrong(alice, talk, what):
    assert not talk.let_in, what
    status = alice.host.status('alice')
    assert status['app']['failures'] <= 1, what
    alice.has_all(what)


def judge_backup(alice, talk, what):
    old, new = alice.enrolment.backup, None
    if any('new backup code' in text for text in talk.texts):
        new = talk.new_code()
    is_old = alice.lets_in(old, '@new')
    is_new = new is not None and alice.lets_in(new, '@new')
    assert is_old != is_new, what
    assert is_new or not talk.let_in, what
    alice.has_all(what, backup=False)
    assert alice.uses(new if is_new else old, '@new'), what
    assert not alice.uses(new if is_new else old, '@new'), what


def judge_left(alice, talk, what):
    assert not talk.let_in, what
    alice.has_all(what)


def judge_sms(alice, talk, what):
    # Its code died with the process, whatever became of that.
    if alice.text.exists():
        assert not alice.lets_in(alice.text.read_text(), '0'), what
        alice.text.unlink()
    alice.has_all(what)
    assert alice.host.status('alice')['phone'], what


def flows(alice):
    enrolment = alice.enrolment
    return {
        'app': ((enrolment.code,), judge_app),
        'wrong': ((enrolment.wrong,), judge_wrong),
        'backup': ((enrolment.backup, '@new'), judge_backup),
        'left': ((enrolment.backup,), judge_left),
        'sms': (('', '1', f'@file:{alice.text}'), judge_sms),
    }


FLOWS = ('app', 'wrong', 'backup', 'left', 'sms')


def flow_of(alice, name):
    answers, judge = flows(alice)[name]
    return Flow(alice.host, alice.log_in(*answers),
                lambda talk, what: judge(alice, talk, what)), judge


def told_flow_of(alice, name):
    flow, judge = flow_of(alice, name)

    def told(talk, what):
        is_told(alice, talk, what)
        judge(alice, talk, what)

    flow.judge = told
    return flow


@pytest.mark.parametrize('name', FLOWS)
def test_killed_login_loses_and_gives_nothing(alice, name):
    flow, _ = flow_of(alice, name)
    tally('kill sweep', flow.kill(), f'login by {name}')


@pytest.mark.parametrize('name', FLOWS)
def test_failing_call_loses_and_gives_nothing(alice, name):
    flow = told_flow_of(alice, name)
    tally('error sweep', flow.fail(), f'login by {name}')


@pytest.mark.parametrize('name', FLOWS)
def test_failing_allocation_loses_and_gives_nothing(alice, name):
    flow = told_flow_of(alice, name)
    tally('memory sweep', flow.starve(), f'login by {name}')
