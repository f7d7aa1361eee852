"""What the specifications say must be refused."""

from admit.core.validity import SECOND
from tests.oidc.firm import BACK, VERIFIER, Firm


def test_nobody_is_sent_to_an_address_that_is_not_proven(firm: Firm) -> None:
    browser = firm.browser()
    foreign: list[dict[str, str | None]] = [
        {"redirect_uri": "https://evil.example.com/"},
        {"redirect_uri": BACK + "/more"},
        {"redirect_uri": BACK + "?more"},
        {"redirect_uri": None},
        {"redirect_uri": 'https://evil.example.com/"><script>'},
        {"redirect_uri": "https://évil.example.com/"},
        {"response_type": 'code"', "redirect_uri": "https://evil.example.com/"},
        {"client_id": "app_nobody"},
        {"client_id": 'app"é'},
        {"client_id": None},
    ]
    for changed in foreign:
        answer = firm.authorize(browser, **changed)
        assert (answer.status, "location" in answer.headers) == (400, False), changed


def test_a_request_that_is_not_safe_goes_back_with_the_reason(firm: Firm) -> None:
    browser = firm.browser()
    unsafe: list[tuple[dict[str, str | None], str]] = [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain", "code_challenge": VERIFIER}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        *(({"max_age": each}, "invalid_request") for each in ("-1", "soon", "1.5", "٣", "1e3", " 60")),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://wiki.example.com/r"}, "request_uri_not_supported"),
    ]
    for changed, error in unsafe:
        place = firm.authorize(browser, **changed).place
        assert place.startswith(BACK), changed
        assert f"error={error}" in place, place
        assert ("state=s-1" in place, "code=" in place) == (True, False)


def test_who_has_no_grant_gets_a_page_that_says_why_and_no_code(firm: Firm) -> None:
    answer = firm.authorize(firm.browser("tom"))

    assert answer.status == 403
    assert "No grant leads from tom" in answer.text
    assert "/home/ask?resource=" in answer.text
    assert "error=access_denied" in answer.text
    silent = firm.authorize(firm.browser("tom"), prompt="none")
    assert "error=access_denied" in silent.place


def test_a_grant_that_begins_later_or_is_over_is_told_as_that(firm: Firm) -> None:
    now = firm.idaas.now()
    group = firm.idaas.group("ops", firm.users["tom"])
    firm.idaas.call("AuthorizeApplicationToGroups", ApplicationId=firm.wiki, GroupIds=[group])
    assert firm.authorize(firm.browser("tom")).place.startswith(BACK)
    person = {"Subject": "tom", "Resource": f"app:{firm.wiki}"}
    firm.idaas.call("RevokeApplicationFromGroups", ApplicationId=firm.wiki, GroupIds=[group])
    firm.system.call("admit", "GrantAccess", StartTime=now + 60 * SECOND, **person)
    page = firm.authorize(firm.browser("tom"))
    assert (page.status, "begins later" in page.text) == (403, True)


def test_why_is_said_in_the_language_of_the_reader(firm: Firm) -> None:
    browser = firm.browser()
    browser.cookies["admit_language"] = "zh"
    firm.idaas.call("DisableApplication", ApplicationId=firm.wiki)
    page = firm.authorize(browser)
    assert (page.status, "的状态为 已停用。" in page.text) == (403, True)


def test_who_has_no_account_in_the_directory_is_told_so(firm: Firm) -> None:
    bastion = firm.system.call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]
    made = {"Source": "Local", "UserName": "eve", "Password": "Correct-Horse-7"}
    firm.system.call("yundun-bastionhost", "CreateUser", InstanceId=bastion, **made)
    page = firm.authorize(firm.browser("eve"))

    assert page.status == 403
    assert "who has no account in the directory" in page.text


def test_an_application_that_is_switched_off_lets_nobody_in(firm: Firm) -> None:
    firm.idaas.call("DisableApplicationSso", ApplicationId=firm.wiki)
    assert firm.authorize(firm.browser()).status == 403
    firm.idaas.call("EnableApplicationSso", ApplicationId=firm.wiki)
    firm.idaas.call("DisableApplication", ApplicationId=firm.wiki)
    page = firm.authorize(firm.browser())
    assert (page.status, "is switched off" in page.text) == (403, True)


def test_a_code_is_good_once_and_a_second_use_takes_back_what_it_gave(firm: Firm) -> None:
    code = firm.code()
    status, tokens = firm.redeem(code)
    assert status == 200

    status, answer = firm.redeem(code)

    assert (status, answer["error"]) == (400, "invalid_grant")
    assert not firm.is_active(tokens["access_token"])
    assert firm.userinfo(tokens["access_token"])[0] == 401
    assert firm.refresh(tokens["refresh_token"])[1]["error"] == "invalid_grant"
    assert firm.told.wait()


def test_a_code_is_good_for_a_minute(firm: Firm) -> None:
    code = firm.code()
    firm.system.advance(60 * SECOND)
    assert firm.redeem(code)[1]["error"] == "invalid_grant"


def test_a_code_without_its_proof_gives_nothing(firm: Firm) -> None:
    unproven: list[tuple[dict[str, str], str]] = [
        ({"code_verifier": "w" * 50}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"redirect_uri": "https://wiki.example.com/other"}, "invalid_grant"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ]
    for changed, error in unproven:
        status, answer = firm.redeem(firm.code(), **changed)
        assert (status, answer["error"]) == (400, error), changed


def test_a_code_cannot_be_tried_twice_with_guessed_verifiers(firm: Firm) -> None:
    code = firm.code()
    assert firm.redeem(code, code_verifier="w" * 50)[0] == 400
    assert firm.redeem(code)[0] == 400


def test_a_wrong_secret_is_refused_and_a_right_one_only_while_it_is_good(firm: Firm) -> None:
    asked = {"grant_type": "refresh_token", "refresh_token": "x"}
    status, answer = firm.post("token", asked, (firm.wiki, "wrong"))
    assert (status, answer["error"]) == (401, "invalid_client")
    assert firm.post("token", asked)[1]["error"] == "invalid_grant"

    listed = firm.idaas.call("ListApplicationClientSecrets", ApplicationId=firm.wiki)
    (secret,) = listed["ApplicationClientSecrets"]
    named = {"ApplicationId": firm.wiki, "SecretId": secret["SecretId"]}
    firm.idaas.call("DisableApplicationClientSecret", **named)
    assert firm.post("token", asked)[1]["error"] == "invalid_client"
    firm.idaas.call("EnableApplicationClientSecret", **named)
    end = firm.idaas.now() + SECOND
    firm.idaas.call("UpdateApplicationClientSecretExpirationTime", ExpirationTime=end, **named)
    assert firm.post("token", asked)[1]["error"] == "invalid_grant"
    firm.system.advance(SECOND)
    assert firm.post("token", asked)[1]["error"] == "invalid_client"


def test_an_application_shows_a_secret_unless_it_is_set_to_be_public(firm: Firm) -> None:
    code = firm.code()
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "client_id": firm.wiki}
    asked["code_verifier"] = VERIFIER
    assert firm.post("token", asked, (firm.wiki, ""))[1]["error"] == "invalid_client"
    firm.configure(firm.wiki, AllowedPublicClient=True)
    assert firm.post("token", asked, (firm.wiki, ""))[0] == 200


def test_another_application_can_do_nothing_with_a_code_or_a_token(firm: Firm) -> None:
    blog = firm.application("blog")
    code = firm.code()
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    assert firm.post("token", asked | {"code_verifier": VERIFIER}, blog)[1]["error"] == "invalid_grant"
    status, tokens = firm.redeem(code)
    assert status == 200

    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert firm.post("token", refresh, blog)[1]["error"] == "invalid_grant"
    assert firm.post("introspect", {"token": tokens["access_token"]}, blog) == (200, {"active": False})
    assert firm.post("revoke", {"token": tokens["refresh_token"]}, blog)[0] == 400
    assert firm.is_active(tokens["access_token"])


def test_a_parameter_that_is_given_twice_is_refused(firm: Firm) -> None:
    browser = firm.browser()
    twice = browser.get(f"{firm.path}/authorize?{firm.query()}&client_id={firm.wiki}")
    assert (twice.status, "location" in twice.headers) == (400, False)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    body = b"grant_type=refresh_token&grant_type=authorization_code"
    status, _, _ = firm.system.http("POST", f"{firm.path}/token", headers, body)
    assert status == 400
    assert firm.post("token", {"grant_type": 'é"'})[0] == 400


def test_what_is_no_form_or_too_long_is_refused(firm: Firm) -> None:
    token = f"{firm.path}/token"
    assert firm.system.http("POST", token, {"content-type": "application/json"}, b"{}")[0] == 400
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert firm.system.http("POST", token, form, b"x" * 70_000)[0] == 400
    assert firm.system.http("POST", token, form, b"&".join([b"a=b"] * 200))[0] == 400
    assert firm.system.http("POST", "/oidc/nowhere/token", form, b"")[0] == 404
