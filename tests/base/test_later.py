"""Libraries that are loaded when they are first used."""

import subprocess
import sys

from admit.base import later


def test_a_library_is_loaded_when_something_of_it_is_first_used():
    program = (
        "import sys; from admit.base.later import jwk; before = 'joserfc.jwk' in sys.modules; "
        "jwk.RSAKey; print(before, 'joserfc.jwk' in sys.modules)"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout.split() == ["False", "True"]


def test_every_library_that_is_loaded_later_can_be():
    assert later.cel.compile("1 == 1").execute({}) is True
    assert issubclass(later.httpx.HTTPError, Exception)
    assert issubclass(later.jose_errors.JoseError, Exception)
    assert callable(later.jwt.encode)
    assert callable(later.webauthn.options_to_json)
    assert issubclass(later.webauthn_exceptions.WebAuthnException, Exception)
    assert later.webauthn_structs.UserVerificationRequirement.REQUIRED == "required"
