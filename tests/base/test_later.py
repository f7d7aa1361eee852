"""Libraries that are loaded when they are first used are not loaded by a start."""

import json
import subprocess
import sys

import psycopg

from admit.base import later

LOADED = "import json, sys, admit.main; print(json.dumps(sorted(sys.modules)))"


def test_a_start_loads_none_of_what_can_be_loaded_later():
    told = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True).stdout
    names = {vars(each)["_name"] for each in vars(later).values() if isinstance(each, later._Later)}

    assert "psycopg" in names
    assert names & {*json.loads(told)} == set()


def test_what_is_asked_of_it_is_asked_of_the_module():
    assert later.psycopg.Error is psycopg.Error
