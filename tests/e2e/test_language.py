# SPDX-License-Identifier: BSD-3-Clause
"""Dutch, where the system knows no Dutch: the language is the host's to
choose, and neither a locale nor the caller's environment has a part in it.

That a record's own language beats the host's is tested in
tests/unit/test_messages.c: no command sets it yet."""

import pytest

import words
from host import password
from terminal import shown_code

APP = 'Authenticatie-app code (Enter voor een andere inlogmethode): '
BACKUP = 'Back-upcode (Enter voor een andere inlogmethode): '
NOT_DIGITS = 'Dat is geen code: typ de 6 cijfers die de app toont.\n'
NOT_NEW = 'Dat is niet de nieuwe code.\n'
NEW = ('Uw nieuwe back-upcode:\n'
       '\n'
       '    @CODE@\n'
       '\n'
       'De back-upcode is voor eenmalig gebruik bij verlies van de 2-staps '
       'authenticatie. Noteer hem en bewaar hem goed.\n'
       'Typ de nieuwe code om te bevestigen dat u hem hebt bewaard: ')
SUCCESSOR = (
    'Deze back-upcode is juist. Bewaar hem totdat de nieuwe is bevestigd; '
    'pas daarna is hij verbruikt.\n'
    'Als u uw telefoon kwijt bent, voer dan na het inloggen "xsuite app" '
    'uit.\n'
    '\n' + NEW)
COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'


def left(tries):
    return ('Deze code is onjuist. Nog '
            f'{tries} poging{"" if tries == 1 else "en"}.\n')


def test_dutch_in_sshd_from_the_first_prompt_to_the_last(host):
    host.config('language = nl\n')
    host.stack('sshd')
    alice = host.enrol('alice')
    t = host.ssh(host.sshd(), 'alice', COMMAND)
    t.asked(words.PASSWORD)  # pam_unix's own
    t.type(password('alice'))
    t.asked(APP)
    t.type('hallo')
    t.asked(NOT_DIGITS + APP)
    t.type(alice.wrong())
    t.asked(left(2) + APP)
    t.type('')
    t.asked(BACKUP)
    t.type(alice.wrong_backup())
    t.asked(left(1) + BACKUP)
    t.type(alice.backup)
    new = shown_code(t.asked(SUCCESSOR))
    t.type('ja')
    t.asked(NOT_NEW + NEW)
    t.type(new)
    assert t.ended() == ('IN:42 backup\n', 0)
    # Programs read the log: it knows one language.
    host.log.wait('^accepted .*user=alice .*method=backup')


@pytest.mark.parametrize('user', ['alice', 'bob', 'mallory'])
def test_dutch_for_whoever_knocks(host, user):
    """Enrolled, not enrolled, no account: the language gives nobody away."""
    host.config('language = nl\nnot_enrolled = refuse\n')
    host.stack('sshd', password_line=False, account=False)
    host.enrol('alice')
    t = host.ssh(host.sshd(), user, COMMAND)
    t.asked(APP)
    t.type('hallo')
    t.asked(NOT_DIGITS + APP)
    for tries in (2, 1):
        t.type('111111')
        t.asked(left(tries) + APP)


def test_one_service_has_a_language_of_its_own(host):
    host.config('language = nl\n')
    host.stack('sudo')
    host.stack('sshd', 'language=en')
    alice = host.enrol('alice')
    t = host.ssh(host.sshd(), 'alice', COMMAND)
    t.asked(words.PASSWORD)
    t.type(password('alice'))
    t.asked(words.APP)
    t.type(alice.code())
    assert t.ended() == ('IN:42 app\n', 0)
    t = sudo(host)
    t.asked(APP)


# In sudo the caller's locale and environment are in force. gettext would obey
# LANGUAGE in any locale but C.
ENVIRONMENTS = [
    {},
    *({'LANG': name, 'LANGUAGE': name, 'LC_ALL': name, 'LC_MESSAGES': name}
      for name in ('nl', 'nl_NL.UTF-8', 'de', 'C', '', '../../tmp/x',
                   '%n%s' * 20, 'n' * 4000)),
    {'LC_ALL': 'C.UTF-8', 'LANGUAGE': 'nl:de'},
    {'LC_ALL': 'C.UTF-8', 'LANGUAGE': 'de', 'NLSPATH': '/tmp/%L/%N',
     'LOCPATH': '/tmp', 'OUTPUT_CHARSET': 'ISO-8859-1'},
]


def sudo(host, **environment):
    t = host.terminal(
        host.as_user('alice', 'sudo', 'sh', '-c', COMMAND), **environment)
    t.sees('alice: ')  # sudo's own, in whatever language
    t.type(password('alice'))
    return t


@pytest.mark.parametrize('language, app, wrong', [
    ('en', words.APP, words.left(words.NOT_RIGHT, 2)),
    ('nl', APP, left(2))], ids=['en', 'nl'])
@pytest.mark.parametrize('environment', ENVIRONMENTS,
                         ids=range(len(ENVIRONMENTS)))
def test_callers_environment_chooses_nothing(host, language, app, wrong,
                                             environment):
    host.config(f'language = {language}\n')
    host.stack('sudo')
    alice = host.enrol('alice')
    t = sudo(host, **environment)
    t.asked(app)
    t.type(alice.wrong())
    t.asked(wrong + app)
    t.type(alice.code())
    assert t.ended()[1] == 0
