# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-sms-http with an HTTPS service of the tests' own: the shapes of the
services that conf/sms/http is for, and what is made of their answers."""

import base64
import json
import re
import urllib.parse

import pytest

import sigv4
from sms_service import NUMBER, ROOT, TEXT, Authority, Sender, Service

SHAPES = ROOT / 'conf/sms/http'
# Whatever ends a string, a field, a header or an URL somewhere.
ODD = '"q" \'s\' \\b & = + % ; # ? / {number} <x> @ \\u0022 $(id) é€'


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
def sender(tmp_path):
    return Sender(tmp_path)


@pytest.fixture
def shape(sender, service, authority):
    """Sets a shipped configuration up, as an administrator would: with his
    own values, and here with the address of the test's service."""
    def use(name, values):
        text = (SHAPES / f'{name}.conf').read_text()
        for former, present in values.items():
            assert former in text, former
            text = text.replace(former, present)
        text = re.sub(r'^(url = )https?://[^/\s]*', rf'\1{service.url}', text,
                      flags=re.M)
        assert service.url in text
        sender.options(text + f'\nca_file = {authority.file}\n')
    return use


def form(request):
    assert request.headers['Content-Type'] == \
        'application/x-www-form-urlencoded'
    return dict(urllib.parse.parse_qsl(
        request.body.decode(), strict_parsing=True, keep_blank_values=True))


def as_json(request):
    assert request.headers['Content-Type'] == 'application/json'
    return json.loads(request.body)


# The shapes: what arrives, and which answers are a success.

TWILIO = {'ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX': 'AC' + '1' * 32,
          'user = SKXXX': 'user = SK22', 'password = XXX': 'password = sesame',
          '+15550100': '+3197010'}


@pytest.mark.parametrize('text', [TEXT, ODD])
def test_twilio_gets_a_form_with_basic_auth(shape, sender, service, text):
    shape('twilio', TWILIO)
    service.answers(201, '{"sid": "SM1", "status": "queued"}')
    sender.sends(text)
    request = service.one()
    assert (request.method, request.path) == (
        'POST', f'/2010-04-01/Accounts/AC{"1" * 32}/Messages.json')
    assert request.headers['Authorization'] == 'Basic ' + base64.b64encode(
        b'SK22:sesame').decode()
    assert form(request) == {'To': NUMBER, 'From': '+3197010', 'Body': text}


def test_twilio_refuses(shape, sender, service):
    shape('twilio', TWILIO)
    service.answers(401, '{"code": 20003, "message": "Authenticate"}')
    sender.fails(69, 'gateway twilio: it answered with status 401')


VONAGE = {'api_key: XXX': 'api_key: key9', 'api_secret: XXX':
          'api_secret: sesame'}


@pytest.mark.parametrize('text', [TEXT, ODD])
def test_vonage_gets_its_credentials_in_the_form(shape, sender, service,
                                                 text):
    shape('vonage', VONAGE)
    service.answers(200, '{"message-count": "1", "messages": [{"to": '
                    f'"{NUMBER[1:]}", "status": "0"}}]}}')
    sender.sends(text)
    request = service.one()
    assert (request.method, request.path) == ('POST', '/sms/json')
    fields = form(request)
    assert fields.pop('from')
    assert fields == {'api_key': 'key9', 'api_secret': 'sesame', 'text': text,
                      'to': NUMBER[1:]}
    assert 'Authorization' not in request.headers


@pytest.mark.parametrize('reply', [
    '{"messages": [{"status": "4", "error-text": "Bad Credentials"}]}',
    '{"messages": [{"status": 0}]}', '{"messages": []}', '{}', '', 'OK',
    '{"messages": [{"status": "0"'])
def test_vonage_answers_200_with_an_error(shape, sender, service, reply):
    shape('vonage', VONAGE)
    service.answers(200, reply)
    said = sender.fails(69, 'gateway vonage: it')
    assert 'ok_match of line' in said or 'is not JSON' in said


def test_messagebird_gets_json(shape, sender, service):
    shape('messagebird', {'AccessKey XXX': 'AccessKey sesame'})
    service.answers(201, '{"id": "e8"}')
    sender.sends(ODD)
    request = service.one()
    assert (request.method, request.path) == ('POST', '/messages')
    assert request.headers['Authorization'] == 'AccessKey sesame'
    body = as_json(request)
    assert body.pop('originator')
    assert body == {'recipients': [NUMBER[1:]], 'body': ODD}


def test_bird_gets_nested_json(shape, sender, service):
    shape('bird', {'AccessKey XXX': 'AccessKey sesame',
                   'WORKSPACE': 'w1', 'CHANNEL': 'c2'})
    service.answers(202, '{"id": "e8"}')
    sender.sends(ODD)
    request = service.one()
    assert request.path == '/workspaces/w1/channels/c2/messages'
    assert request.headers['Authorization'] == 'AccessKey sesame'
    body = as_json(request)
    assert body['receiver']['contacts'][0]['identifierValue'] == NUMBER
    assert body['body'] == {'type': 'text', 'text': {'text': ODD}}


@pytest.mark.parametrize('text', [TEXT, ODD])
def test_sns_gets_a_signed_form(shape, sender, service, text):
    shape('aws-sns', {'user = XXX': 'user = AKID', 'password = XXX':
                      'password = sesame', 'REGION': 'eu-west-1'})
    service.answers(200, '<PublishResponse><MessageId>1</MessageId>'
                    '</PublishResponse>')
    sender.sends(text)
    request = service.one()
    fields = form(request)
    assert fields['Action'] == 'Publish' and fields['PhoneNumber'] == NUMBER
    assert fields['Message'] == text and fields['Version'] == '2010-03-31'
    sigv4.verify(request, 'AKID', 'sesame', 'eu-west-1', 'sns')


def test_a_wrong_key_makes_another_signature(shape, sender, service):
    shape('aws-sns', {'user = XXX': 'user = AKID', 'password = XXX':
                      'password = sesame', 'REGION': 'eu-west-1'})
    service.answers(200, '<MessageId>')
    sender.sends()
    with pytest.raises(AssertionError):
        sigv4.verify(service.one(), 'AKID', 'other', 'eu-west-1', 'sns')


def test_sns_without_a_message_id_is_a_failure(shape, sender, service):
    shape('aws-sns', {'user = XXX': 'user = AKID', 'password = XXX':
                      'password = sesame', 'REGION': 'eu-west-1'})
    service.answers(200, '<html>captive portal</html>')
    sender.fails(69, 'ok_match of line')


SMSEAGLE = {'credential = access-token: XXX':
            'credential = access-token: sesame'}


def test_smseagle_gets_json(shape, sender, service):
    shape('smseagle', SMSEAGLE)
    service.answers(200, '[{"status":"queued","number":"x","id":12}]')
    sender.sends(ODD)
    request = service.one()
    assert (request.method, request.path) == ('POST', '/api/v2/messages/sms')
    assert request.headers['access-token'] == 'sesame'
    assert as_json(request) == {'to': [NUMBER], 'text': ODD}


@pytest.mark.parametrize('reply', ['[{"status":"REJECTED"}]',
                                   '[{"status":"queued"}, "REJECTED"]', ''])
def test_smseagle_rejects_with_200(shape, sender, service, reply):
    shape('smseagle', SMSEAGLE)
    service.answers(200, reply)
    said = sender.fails(69, 'gateway smseagle: it')
    assert '_match of line' in said or 'is not JSON' in said


def test_kannel_gets_its_credentials_in_the_query(sender, authority):
    with Service() as service:  # plain: kannel has no TLS of its own
        service.answers(202, '0: Accepted for delivery')
        text = (SHAPES / 'kannel.conf').read_text()
        sender.options(text.replace('127.0.0.1:13013',
                                    f'127.0.0.1:{service.port}')
                       .replace('password: XXX', 'password: ses&me'))
        sender.sends(ODD)
        request = service.one()
        path, query = request.path.split('?')
        assert (request.method, path) == ('GET', '/cgi-bin/sendsms')
        fields = dict(urllib.parse.parse_qsl(query, strict_parsing=True))
        assert fields.pop('from') and fields.pop('username')
        assert fields == {'to': NUMBER, 'text': ODD, 'charset': 'UTF-8',
                          'password': 'ses&me'}


@pytest.mark.parametrize('name', sorted(
    path.name for path in SHAPES.glob('*.conf')))
def test_shipped_configurations_are_sound(sender, name):
    sender.options((SHAPES / name).read_text())
    done = sender.run('--check')
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b'gateway ')


def test_keys_are_those_of_the_manual():
    known = set(re.findall(r'^    \{"(\w+)", parse_', (
        ROOT / 'tools/sms_http_config.c').read_text(), re.M))
    listed = ' , '.join(re.findall(r'^\.It Ic (.*)$', (
        ROOT / 'man/xsuite-sms-http.8').read_text(), re.M))
    assert {key.removesuffix(' Ns *')
            for key in listed.split(' , ')} == known
    assert len(known) > 20


# Places that the shapes do not have.

SIMPLE = '''[gateway main]
url = {url}/{path}
ca_file = {ca}
{more}
'''


@pytest.fixture
def simple(sender, service, authority):
    def use(*more, path='{number}/{text}'):
        sender.options(SIMPLE.format(url=service.url, path=path,
                                     ca=authority.file,
                                     more='\n'.join(more)))
    return use


@pytest.mark.parametrize('text', [ODD, '../../x', 'a b\nc'])
def test_text_in_the_url_stays_one_part(simple, sender, service, text):
    simple('method = GET')
    sender.sends(text)
    parts = service.one().path.split('/')
    assert [urllib.parse.unquote(part) for part in parts] == [
        '', NUMBER, text]


def test_a_line_feed_stands_in_no_header(simple, sender, service):
    simple('header = X-Text: {text}', path='{digits}')
    sender.sends('one line')
    assert service.one().headers['X-Text'] == 'one line'
    sender.fails(69, 'a line feed cannot stand in a header',
                 text='x\nX-Admin: yes')
    assert len(service.requests) == 1


def test_bearer_and_headers_arrive(simple, sender, service):
    simple('auth = bearer', 'token = sesame', 'header = X-One: a: b',
           'header = X-To: {digits}')
    sender.sends()
    headers = service.one().headers
    assert headers['Authorization'] == 'Bearer sesame'
    assert (headers['X-One'], headers['X-To']) == ('a: b', NUMBER[1:])


def test_fields_of_the_text_are_no_placeholders(simple, sender, service):
    simple('body = form', 'field = t: {text}', 'field = n: {number}', path='x')
    sender.sends('{number} {text}')
    assert form(service.one()) == {'t': '{number} {text}', 'n': NUMBER}


# Two gateways.

def pair(sender, first, second, authority, *more):
    blocks = [f'[gateway {name}]\nurl = {url}/{{number}}/{{text}}\n'
              f'ca_file = {authority.file}\n'
              for name, url in (('first', first), ('second', second))]
    sender.options('\n'.join([*more, *blocks]))


def test_the_second_gateway_is_left_alone_when_the_first_takes_it(
        sender, service, certificate, authority):
    with Service(certificate) as other:
        pair(sender, service.url, other.url, authority)
        sender.sends()
        assert len(service.requests) == 1 and other.requests == []


def test_the_second_gateway_is_tried_when_the_first_refuses(
        sender, service, certificate, authority):
    service.answers(503)
    with Service(certificate) as other:
        pair(sender, service.url, other.url, authority)
        done = sender.send()
        assert done.returncode == 0
        assert done.stderr == (b'xsuite-sms-http: gateway first: it answered '
                               b'with status 503\n')
        assert len(service.requests) == 1 and len(other.requests) == 1


def test_the_second_gateway_is_tried_when_the_first_is_not_there(
        sender, service, authority):
    pair(sender, 'https://127.0.0.1:1', service.url, authority)
    assert sender.send().returncode == 0
    assert len(service.requests) == 1


def test_both_refuse(sender, service, authority):
    service.answers(503)
    pair(sender, service.url, 'https://127.0.0.1:1', authority)
    said = sender.fails(69, 'gateway first: it answered with status 503',
                        'gateway second: nothing was sent: ')
    assert len(said.splitlines()) == 2


def silent(handler):
    """Takes the request, and says nothing until the other side has gone."""
    handler.close_connection = True
    handler.connection.recv(1)


@pytest.mark.parametrize('choice, code, sent', [('stop', 75, 0),
                                                ('next', 0, 1)])
def test_what_may_have_been_taken_is_sent_again_if_wanted_alone(
        sender, service, certificate, authority, choice, code, sent):
    service.reply = silent
    with Service(certificate) as other:
        pair(sender, service.url, other.url, authority, 'deadline = 4s',
             f'when_unknown = {choice}')
        done = sender.send()
        assert done.returncode == code
        assert b'gateway first: it was sent, but may not' in done.stderr
        assert len(other.requests) == sent
