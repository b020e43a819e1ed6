# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-sms-http among enemies: who stands between it and the service, a
service that is broken, an environment and an options file that are not
root's."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from sms_service import (NUMBER, PATH, PROGRAM, TEXT, Authority, Sender,
                         Service)

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0,
                               reason='not root: another user is needed')
STRANGER = 61234
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'e2e'))
import namespace  # noqa: E402

NO_NAMESPACE = namespace.available()


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp('pki') / 'ca')


@pytest.fixture(scope='module')
def certificate(authority):
    return authority.certificate()


@pytest.fixture
def service(certificate):
    with Service(certificate) as running:
        yield running


@pytest.fixture
def sender(tmp_path, service, authority):
    made = Sender(tmp_path)
    made.at = lambda url, *more: made.options('\n'.join([
        '[gateway main]', f'url = {url}/{{number}}/{{text}}',
        'auth = bearer', 'token = sesame', f'ca_file = {authority.file}',
        *more]))
    made.at(service.url)
    return made


# Who is at the other end.

def test_the_right_certificate_is_taken(sender, service):
    sender.sends()
    assert service.one().headers['Authorization'] == 'Bearer sesame'


def test_a_strange_authority_is_refused(sender, service, tmp_path):
    strange = Authority(tmp_path / 'strange')
    with Service(strange.certificate()) as impostor:
        sender.at(impostor.url)
        sender.fails(69, 'gateway main: nothing was sent: ', 'certificate')
        assert impostor.requests == []


def test_an_expired_certificate_is_refused(sender, authority):
    with Service(authority.certificate(days=-1)) as late:
        sender.at(late.url)
        sender.fails(69, 'nothing was sent: certificate has expired')
        assert late.requests == []


@pytest.mark.parametrize('names', ['DNS:localhost', 'DNS:sms.example.com',
                                   'IP:127.0.0.2', 'DNS:127.0.0.1.example'])
def test_a_certificate_for_another_host_is_refused(sender, authority, names):
    with Service(authority.certificate(names)) as other:
        sender.at(other.url)
        sender.fails(69, 'the certificate is not made out to that host')
        assert other.requests == []


def test_a_service_without_tls_gets_nothing(sender):
    with Service() as plain:
        sender.at(plain.url.replace('http:', 'https:'))
        sender.fails(69, 'nothing was sent: ')
        assert plain.requests == []


@pytest.mark.parametrize('url', [
    'http://sms.example.com', 'http://192.0.2.1', 'http://localhost',
    'http://127.0.0.1.example.com', 'http://127.0.0.1@192.0.2.1',
    'http://[::ffff:192.0.2.1]', 'http://[::2]', 'http://0.0.0.0',
    'http://2130706434.', 'HTTP://127.0.0.1', 'ftp://127.0.0.1',
    'file:///etc', 'gopher://127.0.0.1', 'https://user:sesame@127.0.0.1',
    'https://{digits}.example.com', '//127.0.0.1', 'https://', 'sesame'])
def test_addresses_that_give_the_text_away_are_refused(sender, url):
    sender.at(url)
    sender.fails(78, f'{sender.conf}:1: gateway main: url: ')


@pytest.mark.parametrize('url', ['http://127.0.0.1', 'http://127.8.9.1:80',
                                 'http://[::1]:8080'])
def test_plain_http_goes_to_loopback(sender, url):
    sender.at(url)
    assert sender.run('--check').returncode == 0


def test_plain_http_to_loopback_works(sender):
    with Service() as plain:
        sender.at(plain.url)
        sender.sends()
        assert len(plain.requests) == 1


# The environment.

def test_the_environment_changes_nothing(sender, service, tmp_path):
    with Service() as proxy:
        home = tmp_path / 'home'
        home.mkdir()
        (home / '.curlrc').write_text(f'proxy = {proxy.url}\n')
        (home / '.netrc').write_text(
            'machine 127.0.0.1 login eve password eve\n')
        (home / '.netrc').chmod(0o600)
        names = ('http_proxy', 'https_proxy', 'HTTPS_PROXY', 'all_proxy',
                 'ALL_PROXY')
        sender.sends(env={
            'PATH': PATH, 'HOME': str(home), 'CURL_HOME': str(home),
            'NETRC': str(home / '.netrc'),
            'SSLKEYLOGFILE': str(tmp_path / 'keys'),
            'SSL_CERT_FILE': '/dev/null', 'OPENSSL_CONF': '/nonexistent',
            **{name: proxy.url for name in names}})
        assert proxy.requests == []
    assert service.one().headers['Authorization'] == 'Bearer sesame'
    assert not (tmp_path / 'keys').exists()


def test_a_proxy_of_the_file_is_used_without_our_credentials(
        sender, service):
    with Service() as proxy:
        proxy.answers(403)
        sender.at(service.url, f'proxy = {proxy.url}')
        sender.fails(69, 'nothing was sent: ')
        request = proxy.one()
        assert request.method == 'CONNECT'
        assert 'sesame' not in str(request.headers)
    assert service.requests == []


def watch(command, text, env):
    """Runs it, and collects every argument list and environment meanwhile."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env=env,
                               stderr=subprocess.PIPE)
    process.stdin.write(text.encode())
    process.stdin.close()
    seen = set()
    while process.poll() is None:
        for pid in (process.pid, *children(process.pid)):
            for name in ('cmdline', 'environ', 'comm'):
                try:
                    seen.add(pathlib.Path(f'/proc/{pid}/{name}').read_bytes())
                except OSError:
                    pass
    return process.returncode, seen


def children(pid):
    try:
        return pathlib.Path(f'/proc/{pid}/task/{pid}/children'
                            ).read_text().split()
    except OSError:
        return []


def test_ps_shows_neither_credentials_nor_text(sender, service):
    def slow(handler):
        time.sleep(0.3)  # for the watch: nothing is measured
        handler.answer()
    service.reply = slow
    code, seen = watch([PROGRAM, '--config', sender.conf, NUMBER], TEXT,
                       {'PATH': PATH})
    assert code == 0
    assert any(NUMBER.encode() in what for what in seen)
    for what in seen:
        for secret in (b'sesame', b'604412', b'Never share'):
            assert secret not in what


# A service that is broken, or means harm.

@pytest.mark.parametrize('status', [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(sender, service, certificate, status):
    with Service(certificate) as elsewhere:
        service.answers(status, headers=[('Location', elsewhere.url)])
        sender.fails(69, f'it answered with status {status}')
        assert elsewhere.requests == []
    assert len(service.requests) == 1


@pytest.mark.parametrize('status', [203, 204, 400, 404, 500, 502])
def test_other_statuses_are_a_refusal(sender, service, status):
    service.answers(status)
    sender.fails(69, f'it answered with status {status}')


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(1000):
            handler.wfile.write(b'x' * 65536)
    except OSError:
        pass


def endless_headers(handler):
    handler.send_response(200)
    try:
        for _ in range(1000):
            handler.send_header('X-More', 'x' * 8000)
            handler.flush_headers()
    except OSError:
        pass


@pytest.mark.parametrize('reply', [endless, endless_headers])
def test_an_endless_answer_is_cut(sender, service, reply):
    service.reply = reply
    sender.fails(75, 'its answer is too long')


def drip(handler):
    """A byte now and then, for ever."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b'x')
            time.sleep(0.2)
    except OSError:
        pass


def drip_status(handler):
    try:
        for byte in b'HTTP/1.1 200 O' + b'K' * 1000:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.2)
    except OSError:
        pass


@pytest.mark.parametrize('reply', [drip, drip_status])
def test_a_slow_answer_ends_at_the_deadline(sender, service, reply):
    service.reply = reply
    sender.options('deadline = 2s\n' + sender.conf.read_text())
    start = time.monotonic()
    sender.fails(75, 'it was sent, but may not have been taken')
    # The deadline is 2 s, the drip has no end: only the order is told.
    assert time.monotonic() - start < 30


def test_a_handshake_that_hangs_leaves_time_for_the_second(
        sender, service, authority):
    with socket.create_server(('127.0.0.1', 0)) as mute:
        sender.options('\n'.join([
            'deadline = 6s', '[gateway mute]', 'timeout = 1s',
            f'url = https://127.0.0.1:{mute.getsockname()[1]}/{{number}}/'
            '{text}', '[gateway main]', f'url = {service.url}/{{number}}/'
            '{text}', f'ca_file = {authority.file}']))
        done = sender.send()
    assert done.returncode == 0
    assert b'gateway mute: nothing was sent: ' in done.stderr
    assert len(service.requests) == 1


@pytest.mark.skipif(NO_NAMESPACE is not None, reason=str(NO_NAMESPACE))
def test_a_silent_name_server_leaves_time_for_the_second(
        sender, service, authority, tmp_path):
    (tmp_path / 'resolv.conf').write_text('nameserver 127.0.0.77\n')
    sender.options('\n'.join([
        'deadline = 6s', '[gateway named]', 'timeout = 1s',
        'url = https://sms.example.com/{number}/{text}', '[gateway main]',
        f'url = {service.url}/{{number}}/{{text}}',
        f'ca_file = {authority.file}']))
    inside = ('mount --bind "$1" /etc/resolv.conf && shift && exec "$@"')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(('127.0.0.77', 53))
        done = subprocess.run(
            ['unshare', '-m', '--propagation', 'private', 'sh', '-c', inside,
             'sh', tmp_path / 'resolv.conf', PROGRAM, '--config',
             sender.conf, NUMBER], input=TEXT.encode(), timeout=60,
            capture_output=True, check=False, env={'PATH': PATH})
        assert silent.recv(512), 'the name server was asked'
    # The resolver itself would wait for 10 seconds.
    assert done.stderr.startswith(
        b'xsuite-sms-http: gateway named: nothing was sent: ')
    assert done.returncode == 0
    assert len(service.requests) == 1


def hang_up(handler):
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def garbage(handler):
    handler.close_connection = True
    handler.wfile.write(b'\0\xff\n\nnonsense\r\n\r\n')


@pytest.mark.parametrize('reply', [hang_up, garbage])
def test_no_answer_is_no_success(sender, service, reply):
    service.reply = reply
    sender.fails(75, 'it was sent, but may not have been taken')


def cut_short(handler):
    handler.send_response(200)
    handler.send_header('Content-Length', '100')
    handler.end_headers()
    handler.wfile.write(b'OK')
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def test_half_an_answer_is_no_success(sender, service):
    service.reply = cut_short
    sender.fails(75, 'it was sent, but may not have been taken')


# The options file.

@pytest.mark.parametrize('mode', [0o644, 0o604, 0o660, 0o620, 0o602, 0o700])
def test_a_file_that_others_read_or_write_is_refused(sender, service, mode):
    sender.conf.chmod(mode)
    sender.fails(77, f'has mode {mode:04o}')
    assert sender.run('--check').returncode == 77
    assert service.requests == []


@pytest.mark.parametrize('mode', [0o770, 0o702, 0o777, 0o1777])
def test_a_directory_that_others_write_is_refused(sender, service, mode):
    sender.conf.parent.chmod(mode)
    sender.fails(77, f'mode {mode:04o} lets others write')
    assert service.requests == []


def test_a_link_is_refused(sender, tmp_path):
    real = tmp_path / 'real.conf'
    sender.conf.rename(real)
    sender.conf.symlink_to(real)
    sender.fails(77, 'is a symbolic link')
    sender.conf.unlink()
    sender.conf.hardlink_to(real)
    sender.fails(77, 'more than one link')
    sender.conf.unlink()
    os.mkfifo(sender.conf, 0o600)
    sender.fails(77, 'is not a regular file')
    sender.conf.unlink()
    sender.fails(78, 'No such file')


@pytest.fixture
def place():
    with tempfile.TemporaryDirectory(prefix='xs-sms-') as path:
        yield pathlib.Path(path)


@ROOT_ONLY
def test_its_owner_and_its_group_are_looked_at(sender, place):
    def run(uid, gid, owner, group, mode):
        os.chown(conf, owner, group)
        conf.chmod(mode)
        return subprocess.run(
            ['setpriv', f'--reuid={uid}', f'--regid={gid}', '--clear-groups',
             program, '--config', conf, '--check'],
            capture_output=True, text=True, check=False, timeout=60,
            env={'PATH': PATH})

    # pytest's directories, and perhaps the tree, are closed to others.
    place.chmod(0o711)
    conf = place / 'sms-http.conf'
    program = shutil.copy(PROGRAM, place)
    conf.write_text(sender.conf.read_text().replace('ca_file', '#'))
    assert run(STRANGER, STRANGER, 0, STRANGER, 0o640).returncode == 0
    done = run(STRANGER, STRANGER, STRANGER + 1, STRANGER, 0o640)
    assert done.returncode == 77 and 'not to root' in done.stderr
    assert run(STRANGER, STRANGER, 0, 0, 0o640).returncode == 77
    done = run(STRANGER, STRANGER, STRANGER, 0, 0o640)
    assert done.returncode == 77
    assert 'group 0 can read it' in done.stderr


@pytest.mark.parametrize('line, said', [
    ('pasword = sesame', '6: key: there is no such key'),
    ('sesame', '6: line: only KEY = VALUE'),
    ('sesame = x', '6: key: there is no such key'),
    ('token = sesame2', '6: token: it stands there twice'),
    ('auth = sesame', '6: auth: it stands there twice'),
    ('header = sesame', '6: header: NAME: VALUE'),
    ('header = Content-Length: 604412', '6: header: NAME: VALUE'),
    ('header = X: a\rY: sesame', '6: line: a control character'),
    ('timeout = 604412', '6: timeout: 1s to 29s'),
    ('deadline = 3s', '6: deadline: it stands in front of the first'),
    ('ok_match = json a..b = "sesame"', '6: ok_match: json PATH = VALUE'),
    ('accept = 302', '6: accept: a list of statuses'),
    ('user = sesame', '1: gateway main: auth: bearer wants token'),
    ('body = form', '1: gateway main: body: field and form'),
    ('timeout = 8s', 'do not fit into the deadline of 7s'),
    ('header = X: {sesame}', '1: gateway main: header: a { begins'),
])
def test_what_is_wrong_is_told_without_a_value(sender, service, line, said):
    with open(sender.conf, 'a', encoding='utf-8', newline='') as out:
        out.write('\n' + line + '\n')
    done = sender.run('--check')
    assert done.returncode == 78
    assert said in done.stderr.decode()
    sender.fails(78, said)
    assert service.requests == []


def test_check_names_the_gateways_and_sends_nothing(sender, service):
    done = sender.run('--check')
    assert (done.returncode, done.stdout, done.stderr) == (
        0, b'gateway main: at most 7000 ms\n', b'')
    assert service.requests == []
    sender.at(service.url, 'x')
    sender.options(sender.conf.read_text().replace('\nx', '').replace(
        'ca_file = ', 'ca_file = /nonexistent'))
    assert b'ca_file: No such file' in sender.run('--check').stderr


# What it is asked to send.

@pytest.mark.parametrize('words', [
    (), ('+1;rm',), ('31612345678',), ('+1234567',), ('+1234567890123456',),
    ('+0612345678',), (NUMBER, 'x'), ('--check', NUMBER), ('--nonsense',),
    (NUMBER + '\n',), ('',), (NUMBER + '&x=y',)])
def test_what_is_no_number_is_refused(sender, service, words):
    assert sender.run(*words).returncode == 64
    assert service.requests == []


@pytest.mark.parametrize('text, why', [
    (b'', 'there is no text'), (b'\n', 'there is no text'),
    (b'a\0b', 'a control character'), (b'a\r\nb', 'a control character'),
    (b'\x1b', 'a control character'), (b'\xff', 'not valid UTF-8'),
    (b'\xc0\xaf', 'not valid UTF-8'), (b'\xed\xa0\x80', 'not valid UTF-8'),
    (b'\xe2\x82', 'not valid UTF-8'), (b'x' * 161, 'longer than one SMS'),
    (b'{' * 81, 'longer than one SMS'),
    ('é'.encode() * 71, 'longer than one SMS'),
    (b'x' * 5_000_000, 'longer than one SMS')])
def test_what_is_no_text_is_refused(sender, service, text, why):
    sender.fails(65, why, text=text)
    assert service.requests == []


@pytest.mark.parametrize('text', ['x' * 160, '{' * 80, 'é' * 70])
def test_the_most_that_one_sms_takes_is_sent(sender, service, text):
    sender.sends(text)
    assert len(service.requests) == 1


@pytest.mark.parametrize('closed', ['0<&-', '1>&-', '2>&-', '0<&- 1>&- 2>&-'])
def test_closed_descriptors_do_no_harm(sender, service, closed):
    done = subprocess.run(
        ['sh', '-c', f'exec {PROGRAM} --config {sender.conf} {NUMBER} '
         f'{closed}'], input=TEXT.encode(), timeout=60, check=False,
        capture_output=True, env={'PATH': PATH})
    assert done.returncode == (65 if '0<' in closed else 0)


def test_senders_at_once_do_not_mix(sender, service):
    texts = [f'code {n:06}' for n in range(8)]
    threads = [threading.Thread(target=sender.sends, args=(text,))
               for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(request.path.split('/')[2] for request in
                  service.requests) == [text.replace(' ', '%20')
                                        for text in texts]

