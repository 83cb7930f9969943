# SPDX-License-Identifier: Apache-2.0
"""Logs, texts and errors hold no secrets; terminals receive no control characters."""

from __future__ import annotations

import copy
import json
import logging
import pathlib
import pickle
import subprocess
import sys
import time
import traceback

import keystoneauth1
import urllib3

from cratonclient import auth, crud, exceptions, kinds, secrets
from cratonclient.fields import Field
from cratonclient.printable import printable, printable_lines
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client, users

KEY = "5f4dcc3b5aa765d61d8327deb882cf99"
TOKEN = "c0ffee00-token"
PROJECT = "b9f10eca66ac4c279c139d01e65f96b4"
USER = {"id": 1, "username": "demo", "api_key": KEY, "is_admin": False, "project_id": PROJECT}


class TestMask(base.TestCase):
    def test_it_hides_values_and_shows_the_rest(self):
        self.assertEqual(
            '{"username": "demo", "api_key": "***"}',
            secrets.mask('{"username": "demo", "api_key": "5f4d"}'),
        )

    def test_it_knows_all_layouts_of_json(self):
        for text in (
            json.dumps(USER),
            json.dumps(USER, indent=2),
            json.dumps(USER, separators=(",", ":")),
            json.dumps({"users": [USER, USER]}),
            repr(USER),
        ):
            masked = secrets.mask(text)
            self.assertNotIn(KEY, masked)
            self.assertIn("demo", masked)

    def test_each_name_of_a_secret_is_one(self):
        for name in ("api_key", "password", "secret", "token"):
            self.assertNotIn("hidden", secrets.mask(json.dumps({name: "hidden"})))

    def test_quotes_in_a_secret_do_not_end_it(self):
        masked = secrets.mask(json.dumps({"password": 'a"hidden', "name": "demo"}))

        self.assertEqual({"password": "***", "name": "demo"}, json.loads(masked))

    def test_values_that_are_no_texts_are_hidden_too(self):
        masked = secrets.mask(json.dumps({"token": 271828, "name": "demo"}))

        self.assertEqual('{"token": "***", "name": "demo"}', masked)

    def test_parameters_of_urls(self):
        masked = secrets.mask("GET http://h/v1/users?name=demo&api_key=hidden&limit=10")
        self.assertEqual("GET http://h/v1/users?name=demo&api_key=***&limit=10", masked)

    def test_logins_in_urls(self):
        masked = secrets.mask("cannot reach postgresql://demo:hidden@h/fleet?x=a@b")
        self.assertEqual("cannot reach postgresql://***@h/fleet?x=a@b", masked)

    def test_conditions_on_variables(self):
        masked = secrets.mask(
            "GET /v1/hosts?vars=os%3A%229%22%2Cpassword%3A%22a%26b%22&limit=9"
        )
        self.assertEqual("GET /v1/hosts?vars=os%3A%229%22%2Cpassword%3A***&limit=9", masked)

    def test_cookies(self):
        masked = secrets.mask("RESP: [200] Set-Cookie: a=hidden; Path=/ Server: x Cookie: b=c")
        self.assertEqual("RESP: [200] Set-Cookie: *** Server: x Cookie: ***", masked)

    def test_what_this_process_sends_is_hidden_when_it_comes_back(self):
        auth.CratonAuth("demo", PROJECT, TOKEN)
        self.assertEqual("Wrong key ***.", secrets.mask(f"Wrong key {TOKEN}."))

    def test_a_word_is_not_hidden_everywhere(self):
        for secret, shown in (("demo", "demo"), ("7chars.", "7chars."), ("8 chars.", "***")):
            auth.CratonAuth("demo", PROJECT, secret)
            self.assertEqual(f"the user {shown}", secrets.mask(f"the user {secret}"))

    def test_nothing_is_no_secret(self):
        secrets.hide(None)
        self.assertEqual("None", secrets.mask("None"))

    def test_a_text_that_breaks_off_takes_no_time(self):
        program = 'from cratonclient import secrets; secrets.mask(\'"a": "\' + chr(92) * 200)'

        done = subprocess.run([sys.executable, "-c", program], timeout=5)

        self.assertEqual(0, done.returncode)

    def test_texts_of_all_kinds_take_linear_time(self):
        for part in (
            *('"pw": [', '"pw": "', "'pw': {", '\\"pw\\": \\"', "('pw', (", "token-a: "),
            *("pw=", "?vars=pw:", "%3Apw%3A", "pw-", "pw: ", "-----BEGIN PRIVATE KEY-----"),
            *(
                '"',
                '\\"',
                "\\",
                "'pw'",
                '"a" = ',
                "?vars=",
                "%2C",
                "://a:",
                ".",
                "-----BEGIN ",
                "a ",
            ),
        ):
            began = time.process_time()
            secrets.mask(part * 20_000)
            self.assertLess(time.process_time() - began, 5, part)

    def test_each_form_of_a_value(self):
        for text, masked in (
            ('{"tokens": ["KEY", "x"], "a": 1}', '{"tokens": "***", "a": 1}'),
            ('{"credentials": {"user": "KEY]}"}, "a": 1}', '{"credentials": "***", "a": 1}'),
            ("{'password': b'KEY', 'a': 1}", "{'password': '***', 'a': 1}"),
            ("{'pw': SecretStr('KEY'), 'a': 1}", "{'pw': '***', 'a': 1}"),
            ('{"private_key": "KEY', '{"private_key": "***"'),
            ('{"ipmi password": "KEY"}', '{"ipmi password": "***"}'),
            (r'{"m": "{\"pw\": \"KEY\"}"}', r'{"m": "{\"pw\": \"***\"}"}'),
            ("[('X-Auth-Token', 'KEY'), 1]", "[('X-Auth-Token', '***'), 1]"),
            ("User(api_key='KEY', id=1)", "User(api_key=***, id=1)"),
            ("db_passwd=KEY rack=r1", "db_passwd=*** rack=r1"),
            ('db_passwd:="KEY" rack=r1', "db_passwd:=*** rack=r1"),
            ('db_passwd:=["KEY", {"a": "K]EY"}] rack=r1', "db_passwd:=*** rack=r1"),
            ('db_passwd={"a": "KEY"} rack=r1', "db_passwd=*** rack=r1"),
            ("bmc:\n  pw: KEY\n  a: 1", "bmc:\n  pw: ***\n  a: 1"),
            (
                "ssh: -----BEGIN PRIVATE KEY-----\nKEY\n-----END PRIVATE KEY----- a",
                "ssh: *** a",
            ),
            (
                "-----BEGIN PGP PRIVATE KEY BLOCK-----KEY-----END PGP PRIVATE KEY BLOCK----- a",
                "*** a",
            ),
            ("?vars=tls%3A%22-----BEGIN+PRIVATE+KEY-----%0AKEY", "?vars=tls%3A%22***"),
            ("pw = KEY", "pw = ***"),
            ("WHERE api_key = 'KEY' AND a = 1", "WHERE api_key = *** AND a = 1"),
            ("'pw' => 'KEY', a", "'pw' => ***, a"),
            (r"f(pw='a\'KEY', a=1)", "f(pw=***, a=1)"),
            ("f(token=b'KEY', a=1)", "f(token=***, a=1)"),
            ('pw="KEY', "pw=***"),
            ('"ipmi password"=KEY rack=r1', '"ipmi password"=*** rack=r1'),
            ("bmc.'ipmi pw'=KEY rack=r1", "bmc.'ipmi pw'=*** rack=r1"),
            (json.dumps({"größe_pw": "KEY"}), r'{"gr\u00f6\u00dfe_pw": "***"}'),
            (json.dumps({"a\\b pw": "KEY"}), r'{"a\\b pw": "***"}'),
            (json.dumps({150 * "a" + "_pw": "KEY"}), json.dumps({150 * "a" + "_pw": "***"})),
            ("the key craton_" + 40 * "a", "the key ***"),
        ):
            self.assertEqual(masked, secrets.mask(text), text)

    def test_headers(self):
        for text, masked in (
            ('-H "X-Api-Key: KEY" -H "a: b"', '-H "X-Api-Key: ***" -H "a: b"'),
            (
                "RESP: [200] X-Subject-Token: KEY Server: x",
                "RESP: [200] X-Subject-Token: *** Server: x",
            ),
            ("Authorization: Basic KEY", "Authorization: ***"),
            ("x-auth-token:KEY\na: b", "x-auth-token:***\na: b"),
            ("AUTHORIZATION: Basic KEY\na: b", "AUTHORIZATION: ***\na: b"),
            ("proxy-authorization: Basic KEY\na: b", "proxy-authorization: ***\na: b"),
        ):
            self.assertEqual(masked, secrets.mask(text))

    def test_logins_in_malformed_urls(self):
        for url, masked in (
            ("http://ada:K/EY@h:1/v1", "http://***@h:1/v1"),
            ("http://ada:K#EY@h", "http://***@h"),
            ("http://ada:K?EY@h", "http://***@h"),
            ("http://h:80/a", "http://h:80/a"),
        ):
            for secret in (secrets.mask, secrets.mask_url):
                self.assertEqual(masked, secret(url))
        self.assertEqual("see http://h:80/a@b.", secrets.mask("see http://h:80/a@b."))

    def test_a_text_that_is_a_url_may_lack_its_scheme(self):
        for url, masked in (
            ("ada:KEY@h:1", "***@h:1"),
            ("http:/ada:KEY@h", "http:/***@h"),
            ("//ada:KEY@h", "//***@h"),
            ("http://ada:K EY@h", "http://***@h"),
            ("ops@craton.example", "ops@craton.example"),
            ("sqlite:////home/ada@corp/fleet.db", "sqlite:////home/ada@corp/fleet.db"),
        ):
            self.assertEqual(masked, secrets.mask_url(url))

    def test_urls_that_are_signed(self):
        for query, masked in (
            ("a=b&X-Amz-Signature=KEY&c=d", "a=b&X-Amz-Signature=***&c=d"),
            ("X-Amz-Credential=KEY%2F2026&a=b", "X-Amz-Credential=***&a=b"),
            ("X-Goog-Signature=KEY", "X-Goog-Signature=***"),
            ("sv=2026&sp=r&sig=KEY%3D&se=1", "sv=2026&sp=r&sig=***&se=1"),
            ("AWSAccessKeyId=KEY&Signature=KEY", "AWSAccessKeyId=***&Signature=***"),
        ):
            for secret in (secrets.mask, secrets.mask_url):
                self.assertEqual(f"https://h/o?{masked}", secret(f"https://h/o?{query}"))

    def test_conditions_on_variables_in_each_spelling(self):
        for query, masked in (
            ('vars=bmc.pw:"KEY"&a=b', "vars=bmc.pw:***&a=b"),
            ("vars=%22ipmi+password%22%3A%22KEY%22&a=b", "vars=%22ipmi+password%22%3A***&a=b"),
            ("vars=%22gr%C3%B6%C3%9Fe%20pw%22%3AKEY", "vars=%22gr%C3%B6%C3%9Fe%20pw%22%3A***"),
            ("vars=pw%5B0%5D%3A%22KEY%22", "vars=pw%5B0%5D%3A***"),
            ("vars=pw%5B%2A%5D.x%3A%22KEY%22", "vars=pw%5B%2A%5D.x%3A***"),
            ("vars=bmc%3A%7B%22pw%22%3A%22KEY%22%7D&a=b", "vars=bmc%3A***&a=b"),
            ('vars=bmc:{"a":1,"pw":"KEY"}&a=b', 'vars=bmc:{"a":1,"pw":***&a=b'),
            ('vars=rack:"r1"&a=b', 'vars=rack:"r1"&a=b'),
            ("vars=bmc.pw%3A%22KEY%2CKEY%22&a=b", "vars=bmc.pw%3A***&a=b"),
            ("vars=snmp-community%3AKEY", "vars=snmp-community%3A***"),
            ("vars=nics%5B0%5D.password%3AKEY", "vars=nics%5B0%5D.password%3A***"),
            ("vars=pw%3A%22KEY%2CKEY%22%2Ca%3A%22KEY%22&a=b", "vars=pw%3A***&a=b"),
        ):
            url = "http://h/v1/hosts?"
            self.assertEqual(url + masked, secrets.mask(url + query))

    def test_a_hidden_value_is_hidden_in_each_spelling(self):
        secrets.hide("a/b's \"pä")
        for text in ("a/b's \"pä", "a%2Fb%27s%20%22p%C3%A4", json.dumps("a/b's \"pä")):
            self.assertNotIn("a/b", secrets.mask(text).replace("%2F", "/"), text)

    def test_a_mask_is_no_value(self):
        self.assertEqual("set pw=***. See", secrets.mask("set pw=***. See"))
        self.assertEqual("set pw=***", secrets.mask("set pw=***KEY"))

    def test_prose_is_no_value(self):
        for text in (
            "password: must be a text of at most 255 characters",
            "The certificates: key and chain",
            "cannot write '/etc/tls.key': No such file or directory",
            "set --os-password or OS_PASSWORD, or a token=",
        ):
            self.assertEqual(text, secrets.mask(text).replace("token=***", "token="))

    def test_what_is_no_secret_stays(self):
        text = json.dumps({"name": "api_key", "note": "the password is in the vault"})

        self.assertEqual(text, secrets.mask(text))


class TestCommandLines(base.TestCase):
    def test_values_are_masked(self):
        for line, masked in (
            ("--api-token HUNTER --x y", "--api-token *** --x y"),
            ("craton: -x --db-passwd HUNTER. See", "craton: -x --db-passwd ***. See"),
            ("--vars adminPass=HUNTER", "--vars adminPass=***"),
            ("--var=bmc.pw=HUNTER", "--var=bmc.pw=***"),
            ("--password --debug", "--password --debug"),
            ("--os-password: expected one argument", "--os-password: expected one argument"),
            ("--name token", "--name token"),
        ):
            self.assertEqual(masked, secrets.mask_command_line(line))

    def test_values_with_blanks_are_masked_to_the_next_option(self):
        for line, masked in (
            ("host set h1 'k pw=KEY KEY' --note x", "host set h1 'k pw=*** --note x"),
            ('--os-password "KEY KEY" host list', "--os-password ***"),
            ("h1 'api-token:=\"KEY KEY\"' x", "h1 'api-token:***"),
            ("h1 bmc.pw='KEY'\"'\"'KEY'", "h1 bmc.pw=***"),
            ("host list --var rack=r 1", "host list --var rack=r 1"),
        ):
            self.assertEqual(masked, secrets.mask_joined_words(line))


class TestNames(base.TestCase):
    def test_secret_names(self):
        for name in (
            *(
                "password",
                "ipmi_password",
                "db_passwd",
                "PASSWORD2",
                "rootpassword1",
                "passcode",
            ),
            *("apiToken", "tokens", "tokenvalue", "X-Auth-Token", "secret2", "clientSecret"),
            *("adminPass", "root_pass1", "bmc.pw", "pwd", "credentials", "Authorization"),
            *("key", "keys", "key1", "api_key", "apikey", "sshkey", "ssh_keys", "ssh_key_data"),
            *("secretkey", "privatekey", "private_key_pem", "hostkey", "wepkey", "access_key2"),
            *("tls_key_file", "luks_keyslot", "keypair", "key_material"),
            *("snmp-community", "snmp_communities", "BMC_PW", "bmcPw", "DBpass", "APIkey"),
            *("passwrd", "root_passwrd", "pasword", "dbPassWrd", "pword", "passwort"),
            *("X-Amz-Signature", "X-Goog-Signature", "Signature", "sig", "url.sig", "hmac"),
            *(
                "X-Amz-Credential",
                "X-Amz-Security-Token",
                "AWSAccessKeyId",
                "aws_access_key_id",
            ),
            *("pin", "bmc_pin", "simPin", "pincode", "puk", "mfa", "mfa_code", "otp", "csrf"),
            *("session_id", "sessionid", "X-Session-Id", "PHPSESSID", "JSESSIONID", "sessid"),
            *("SAMLResponse", "client_assertion", "nt_hash", "NTLM", "krb5_keytab", "X-XSRF"),
            *("set-cookie", "Set-Cookie2", "passphrase", "pwd", "user_pwd", "unlock_code"),
            *("rootpw", "wpa-psk", "dbCreds", "session-cookie", "jwt", "nics[0].password"),
        ):
            self.assertTrue(secrets.is_secret(name), name)
            self.assertEqual(f'{{"{name}": "***"}}', secrets.mask(f'{{"{name}": "x"}}'))

    def test_harmless_names(self):
        for name in (
            *("sort_keys", "sort-key", "public_key", "primary_key", "keyboard", "keystone_url"),
            *("monkey", "passenger", "compass", "bypass", "name", "rack", "username", "author"),
            *("sortKeys", "sshPublicKey", "authorized_keys", "bgp_community", "os_auth_url"),
            *("signal", "design", "designation", "pinned", "pinning", "assignee", "assigned"),
            *("signed", "sign", "sigma", "spin", "shipping", "cpu_pin", "gpio-pin", "pins"),
            *(
                "session",
                "session_idle_timeout",
                "session_count",
                "sid",
                "asset_id",
                "sas_disk",
            ),
            *("os_keyboard", "hash", "mac", "mfact", "optical", "top", "resig", "dessid"),
            *("unlocked", "lock", "passed", "passport", "sample", "smile"),
            *("secretary", "tokenizer", "passthrough", "passive", "pwm", "cookbook"),
        ):
            self.assertFalse(secrets.is_secret(name), name)

    def test_a_declared_name_is_secret_once_its_kind_is_derived(self):
        class Vault(crud.Resource):
            door_number = Field(str, "how to open it", secret=True)

        class VaultManager(crud.CRUDClient[Vault]):
            key = "vault"
            resource_class = Vault

        self.assertFalse(secrets.is_secret("door_number"))
        kinds.kind_of(VaultManager)
        self.assertTrue(secrets.is_secret("door_number"))
        self.assertTrue(secrets.is_secret("door-number"))
        self.assertEqual('{"door_number": "***"}', secrets.mask('{"door_number": "0815"}'))


class TestPrintable(base.TestCase):
    def test_control_characters_are_spelled_out(self):
        self.assertEqual("a\\x1b[2Jb", printable("a\x1b[2Jb"))
        self.assertEqual("a\\nb\\r", printable("a\nb\r"))
        self.assertEqual("\\x9b", printable("\x9b"))
        self.assertEqual("Zürich\\t東京", printable("Zürich\t東京"))

    def test_text_that_runs_backwards_is_spelled_out(self):
        self.assertEqual("a\\u202eb", printable("a\u202eb"))

    def test_invisible_characters_are_spelled_out(self):
        for character in "\u200b\u200d\u2060\ufeff\u00ad\u034f\u115f\u3164\ufe0f\U000e0101":
            self.assertTrue(printable(f"a{character}b").isascii(), ascii(character))

    def test_lines_stay_lines(self):
        self.assertEqual("a\\x1b\nb\\r\n", printable_lines("a\x1b\nb\r\n"))

    def test_letters_of_all_scripts_stay(self):
        self.assertEqual("Zürich 東京 ✓", printable("Zürich 東京 ✓"))

    def test_it_takes_anything(self):
        self.assertEqual("5", printable(5))
        self.assertEqual("None", printable(None))


class TestLogs(base.TestCase):
    def setUp(self):
        super().setUp()
        self.server = fakes.Server(fakes.Reply(body=USER))
        self.addCleanup(self.server.close)
        session = auth.craton_auth("demo", TOKEN, PROJECT)
        self.below = session._session
        self.addCleanup(session.close)
        self.craton = client.Client(session, self.server.url)

        # keystoneauth's debug option adds its handler to these loggers, too.
        self.records: list[str] = []
        handler = Remember(self.records)
        for name in ("keystoneauth", "urllib3"):
            logger = logging.getLogger(name)
            self.addCleanup(logger.setLevel, logger.level)
            self.addCleanup(logger.removeHandler, handler)
            logger.addHandler(handler)
            logger.setLevel(logging.DEBUG)

    @property
    def log(self) -> str:
        return "\n".join(self.records)

    def test_answers_are_logged_without_keys(self):
        user = self.craton.users.get(1)

        self.assertEqual(KEY, user.api_key)
        self.assertIn("RESP BODY", self.log)
        self.assertIn("demo", self.log)
        self.assertNotIn(KEY, self.log)

    def test_requests_are_logged_without_keys(self):
        self.craton.users.create(username="new", project_id=PROJECT, api_key=KEY)

        self.assertIn("new", self.log)
        self.assertIn("POST", self.log)
        self.assertNotIn(KEY, self.log)

    def test_our_own_token_is_not_logged(self):
        self.craton.users.get(1)

        self.assertIn("X-Auth-Token", self.log)
        self.assertNotIn(TOKEN, self.log)

    def test_split_loggers_are_masked_as_well(self):
        self.below._split_loggers = True

        self.craton.users.create(username="new", project_id=PROJECT, api_key=KEY)

        self.assertIn("demo", self.log)
        self.assertNotIn(KEY, self.log)
        self.assertNotIn(TOKEN, self.log)

    def test_each_of_the_split_loggers_masks(self):
        for part in ("", ".request", ".response", ".body"):
            logging.getLogger(f"keystoneauth.session{part}").debug("it is %s", TOKEN)

        self.assertEqual(["it is ***"] * 4, self.records)

    def test_every_logger_of_the_http_libraries_masks(self):
        secrets.install()
        for library, name in ((keystoneauth1, "keystoneauth"), (urllib3, "urllib3")):
            folder = pathlib.Path(library.__path__[0])
            for path in folder.rglob("*.py"):
                where = path.relative_to(folder).with_suffix("").parts
                optional = {"tests", "extras", "fixture", "contrib", "http2", "__init__"}
                if optional & {*where} or "ogger(__name__" not in path.read_text("utf-8"):
                    continue
                logger = logging.getLogger(".".join([name, *where]))
                self.assertTrue(logger.filters, logger.name)

    def test_conditions_in_the_log_of_urllib3_are_masked(self):
        self.server.replies = [fakes.Reply(body={"hosts": [], "links": []})]

        list(self.craton.hosts.list(vars=f'bmc.pw:"{KEY}"'))

        self.assertIn("GET /v1/hosts", self.log)
        self.assertNotIn(KEY, self.log)

    def test_tracebacks_in_the_log_of_a_library_are_masked(self):
        logger = logging.getLogger("urllib3.connectionpool")
        try:
            raise ValueError(f"pw={KEY}")
        except ValueError:
            logger.debug("failed", exc_info=True)

        self.assertIn("ValueError", self.log)
        self.assertNotIn(KEY, self.log)

    def test_a_field_declared_secret_is_masked(self):
        class Safe(crud.Resource):
            name = Field(str, "what it is called", required=True)
            combination = Field(str, "how to open it", secret=True)

        class SafeManager(crud.CRUDClient[Safe]):
            key = "safe"
            base_path = "/safes"
            resource_class = Safe

        self.server.replies = [fakes.Reply(body={"id": 1, "combination": KEY, "name": "demo"})]

        safe = SafeManager(self.craton._session, self.server.url).get(1)

        self.assertNotIn(KEY, repr(safe))
        self.assertIn("demo", self.log)
        self.assertNotIn(KEY, self.log)


class TestTexts(base.TestCase):
    def test_a_user_is_shown_without_the_key(self):
        user = users.User(None, dict(USER), loaded=True)

        for text in (repr(user), str(user), f"{user}", repr([user])):
            self.assertNotIn(KEY, text)
            self.assertIn("demo", text)
        self.assertEqual(KEY, user.api_key)

    def test_a_pickled_user_has_no_key(self):
        user = users.User(None, dict(USER), loaded=True)

        self.assertNotIn(KEY.encode(), pickle.dumps(user))
        other = fakes.pickled(user)
        self.assertEqual(("demo", None), (other.username, other.api_key))
        self.assertEqual((KEY, KEY), (user.api_key, copy.copy(user).api_key))

    def test_errors_do_not_show_the_token(self):
        server = fakes.Server(fakes.Reply(401, {"message": "no", "status": 401}))
        self.addCleanup(server.close)
        session = auth.craton_auth("demo", TOKEN, PROJECT)
        self.addCleanup(session.close)

        error = self.assertRaises(exceptions.Unauthorized, session.get, server.url)

        text = "".join(traceback.format_exception(error)) + repr(error)
        self.assertIn("Unauthorized", text)
        self.assertNotIn(TOKEN, text)

    def test_missing_credentials_do_not_show_the_ones_given(self):
        error = self.assertRaises(
            exceptions.UnableToAuthenticate, auth.craton_auth, "", TOKEN, PROJECT
        )

        self.assertNotIn(TOKEN, str(error))

    def test_install_may_be_called_again(self):
        logger = logging.getLogger("keystoneauth.session")
        secrets.install()
        before = list(logger.filters)

        secrets.install()

        self.assertEqual(before, logger.filters)


class Remember(logging.Handler):
    """A log handler that stores the formatted records."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__()
        self.texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))
