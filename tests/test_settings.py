"""Settings: where they come from, which wins, and what is said of wrong ones."""

from datetime import UTC
from pathlib import Path

import pytest

from admit.base.sealing import Secret
from admit.settings import Settings, SettingsRefused, load
from admit.settings_reference import reference


def loaded(directory: Path, text: str = "", environment=None, **flags: object) -> Settings:
    (directory / "admit.toml").write_text(text, "utf-8")
    return load({"data": directory, **flags}, environment or {})


def refusal(directory: Path, text: str = "", environment=None, **flags: object) -> str:
    with pytest.raises(SettingsRefused) as refused:
        loaded(directory, text, environment, **flags)
    return str(refused.value)


def test_without_file_environment_and_flags_every_setting_has_its_default(tmp_path):
    assert load({"data": tmp_path / "absent"}, {}) == Settings(data=tmp_path / "absent")


def test_the_environment_wins_over_the_file_and_a_flag_over_both(tmp_path):
    file = 'http = "127.0.0.1:1"\nhttps = "127.0.0.1:1"\nregion = "eu-one"\n'
    environment = {"ADMIT_HTTP": "127.0.0.1:2", "ADMIT_HTTPS": "127.0.0.1:2"}

    settings = loaded(tmp_path, file, environment, http="127.0.0.1:3", database_url=None)

    assert (settings.http, settings.https, settings.region) == ("127.0.0.1:3", "127.0.0.1:2", "eu-one")


def test_the_data_directory_named_by_the_environment_holds_the_file(tmp_path):
    (tmp_path / "admit.toml").write_text('region = "eu-one"\n')

    assert load({"data": None}, {"ADMIT_DATA": str(tmp_path)}).region == "eu-one"


def test_text_from_the_environment_becomes_what_each_setting_takes(tmp_path):
    environment = {
        "ADMIT_LOG_JSON": "true",
        "ADMIT_MAIL_PORT": "25",
        "ADMIT_TLS_NAMES": "gate.example.com, 192.0.2.7",
        "ADMIT_MAIL_CA_FILE": "~/ca.pem",
    }

    settings = loaded(tmp_path, "", environment)

    assert settings.log_json is True
    assert settings.mail_port == 25
    assert settings.tls_names == ("gate.example.com", "192.0.2.7")
    assert settings.mail_ca_file == Path.home() / "ca.pem"


def test_a_time_zone_is_one_that_the_system_knows(tmp_path):
    assert loaded(tmp_path).zone is UTC
    assert str(loaded(tmp_path, 'time_zone = "Europe/Berlin"').zone) == "Europe/Berlin"
    for name in ("Europe/Atlantis", "../etc/passwd", "", "Europe"):
        assert f"knows no zone '{name}'" in refusal(tmp_path, f'time_zone = "{name}"')


def test_an_unknown_name_is_refused_with_the_nearest_known_one_wherever_it_stands(tmp_path):
    text = refusal(tmp_path, 'regoin = "eu-one"\n', {"ADMIT_DATABSE_URL": "x"}, htps=":1")

    assert f"regoin in {tmp_path / 'admit.toml'}: there is no such setting. Is it region?" in text
    assert "the environment as ADMIT_DATABSE_URL: there is no such setting. Is it database_url?" in text
    assert "the command line as --htps: there is no such setting. Is it https?" in text


@pytest.mark.parametrize(
    "name", ["ADMIT_SERVICE_HOST", "ADMIT_SERVICE_PORT_HTTP", "ADMIT_PORT_8080_TCP_ADDR", "ADMIT_ENDPOINT"]
)
def test_what_others_read_or_put_into_the_environment_is_no_setting(tmp_path, name):
    assert loaded(tmp_path, "", {name: "10.0.0.1"}) == Settings(data=tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('http = "8080"', "Expected: host:port"),
        ('http = "127.0.0.1:65536"', "Expected: host:port"),
        ('http = "::1:8080"', "Expected: host:port"),
        ('log_level = "loud"', "'loud' cannot be used. Expected: DEBUG or INFO or WARNING or ERROR."),
        ("propagation_ms = 600001", "600001 cannot be used. Expected: a number from 0 to 600000."),
        ('mail_port = "25"', "'25' cannot be used. Expected: a number from 1 to 65535."),
        ('database_url = "mysql://db/admit"', "in {file}: cannot be used. Expected: postgresql://"),
        ('region = "EU one"', "Expected: lower-case words joined by hyphens."),
        ("tls_names = [7]", "[7] cannot be used. Expected: a list"),
        ("tls_key = 7", "7 cannot be used. Expected: a path."),
        ('data = "elsewhere"', "cannot be set by a file that lies in it"),
        ("http", "is not TOML"),
        ('tls_key = "key.pem"', "set both or neither"),
        ('mail_username = "admit"', "set both or neither"),
        ('two_factor = ["email"]', "two_factor: codes cannot be mailed before mail_host is set"),
        ('mail_host = "mail.example.com"', "mail_sender must say whom mail is from"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_what_is_expected(tmp_path, text, told):
    assert told.format(file=tmp_path / "admit.toml") in refusal(tmp_path, text)


def test_all_faults_are_told_at_once(tmp_path):
    assert len(refusal(tmp_path, "http = 1\nhttps = 1\nregoin = 1\n").splitlines()) == 3


def test_a_file_that_is_no_text_and_a_directory_that_is_none_are_refused(tmp_path):
    (tmp_path / "admit.toml").write_bytes(b"\xff")
    with pytest.raises(SettingsRefused, match="is not TOML"):
        load({"data": tmp_path}, {})
    with pytest.raises(SettingsRefused, match="is not a directory"):
        load({"data": tmp_path / "admit.toml"}, {})


def test_a_secret_is_never_shown(tmp_path):
    whole = 'mail_username = "admit"\nmail_password = "swordfish"\n'

    settings = loaded(tmp_path, whole)

    assert settings.mail_password == Secret("swordfish")
    assert "swordfish" not in repr(settings)
    assert "swordfish" not in refusal(tmp_path, 'mail_password = ["swordfish"]\n')
    assert "swordfish" not in refusal(tmp_path, 'database_url = "mysql://admit:swordfish@db"\n')


def test_the_reference_describes_every_setting():
    described = reference()

    assert [each.name for each in described] == list(Settings.__struct_fields__)
    assert all(each.meaning.endswith(".") and each.takes for each in described)
    assert {each.variable for each in described if each.name == "http"} == {"ADMIT_HTTP"}


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"sign_in_oidc_issuer": "http://login.example.com"}, "sign_in_oidc_issuer"),
        ({"sign_in_oidc_issuer": "https://login.example.com?x"}, "sign_in_oidc_issuer"),
        ({"sign_in_oidc_issuer": "https://login.example.com"}, "sign_in_oidc_client_id must say"),
        (
            {"sign_in_oidc_issuer": "http://localhost:8080/oidc/x", "sign_in_oidc_client_id": "admit"},
            "sign_in_oidc_directories must say",
        ),
    ],
)
def test_a_provider_is_set_whole_and_where_nobody_listens_in(tmp_path, given, fault):
    with pytest.raises(SettingsRefused, match=fault):
        load({"data": tmp_path, **given}, {})
