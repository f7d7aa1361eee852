"""Every rule of the house finds what is planted for it, and leaves what is right alone."""

from textwrap import dedent

import pytest

from tests.house.rules import (
    Breach,
    Rule,
    Source,
    every_test_asserts,
    every_test_runs,
    files_are_short,
    files_belong_to_no_machine,
    functions_are_short,
    imports_stand_at_the_top,
    modules_say_what_they_are,
    names_are_of_the_field,
    public_things_have_docstrings,
    unimported_modules,
    words,
)

CORE = "src/admit/core/rooms.py"
SERVICE = "src/admit/services/ram/rooms.py"


def lines(rule: Rule, text: str, path: str = CORE) -> list[int]:
    """The lines of a file in which the rule is broken."""
    return [breach.line for breach in rule(Source(path, dedent(text)))]


def test_a_breach_names_its_file_and_line():
    assert str(Breach(CORE, 7, "too long")) == "src/admit/core/rooms.py:7: too long"


def test_a_file_may_have_400_lines_and_no_more():
    assert not lines(files_are_short, "a = 1\n" * 400)
    assert lines(files_are_short, "a = 1\n" * 401) == [401]


def test_a_function_may_have_60_lines_and_no_more():
    assert not lines(functions_are_short, "def f():\n" + "    a = 1\n" * 59)
    assert lines(functions_are_short, "\ndef f():\n" + "    a = 1\n" * 60) == [2]
    assert lines(functions_are_short, "class A:\n  async def f():\n" + "    a = 1\n" * 60) == [2]


def test_an_identifier_is_read_word_by_word():
    assert words("user_info") == words("UserInfo") == words("userInfo") == ["user", "info"]
    assert words("HTTPHelper2") == ["http", "helper"]
    assert words("metadata") == ["metadata"]


@pytest.mark.parametrize(
    "text",
    [
        "class GrantManager: ...",
        "def path_helper(): ...",
        "def do_grant(): ...",
        "def f(user_info): ...",
        "def f(*, host_data): ...",
        "utils = 1",
        "row_data: int = 1",
        "self.misc = 1",
        "for info in (): ...",
        "import msgspec as rpc_utils",
        "class A:\n  def processor(self): ...",
    ],
)
def test_a_refused_word_is_found_wherever_a_name_is_given(text):
    assert lines(names_are_of_the_field, text)


@pytest.mark.parametrize("path", ["src/admit/core/utils.py", "src/admit/helpers/links.py"])
def test_a_refused_word_is_found_in_the_name_of_a_file(path):
    assert lines(names_are_of_the_field, "", path) == [1]


@pytest.mark.parametrize(
    "text",
    [
        "log.info('x')",
        "from os import utils",
        "def f(*, data): ...",
        "f(data=1)",
        "data_folder = metadata = domain = done = 1",
        "def information(): ...",
        "class Door: ...",
    ],
)
def test_a_name_given_by_others_or_that_says_what_it_is_stays(text):
    assert not lines(names_are_of_the_field, text)


def test_a_service_speaks_the_words_of_its_wire_in_operations_and_fields_alone():
    wire = """
        @ram.operation("read")
        class GetUserInfo(Shape):
            user_data: str
            class Response(Shape):
                user_info: str
    """
    assert not lines(names_are_of_the_field, wire, SERVICE)
    assert lines(names_are_of_the_field, wire, CORE) == [3, 4, 6]
    assert lines(names_are_of_the_field, "class UserInfo(Shape): ...", SERVICE) == [1]


def test_a_module_without_a_docstring_in_its_first_place_is_found():
    assert lines(modules_say_what_they_are, "import os\n'''Too late.'''") == [1]
    assert lines(modules_say_what_they_are, "") == [1]
    assert not lines(modules_say_what_they_are, "'''What it is.'''\nimport os")


def test_a_public_thing_without_a_docstring_is_found():
    text = """
        def f(): ...
        async def g(): ...
        class A:
            def method(self): ...
            class Inner: ...
        class Response: ...
    """
    assert lines(public_things_have_docstrings, text) == [2, 3, 4, 5, 6, 7]


def test_a_private_or_inner_or_self_explaining_thing_needs_no_docstring():
    text = """
        def _f(): ...
        class _A:
            def method(self): ...
        class UserNotFound(AdmitError):
            code, status, message = "UserNotFound", 404, "The user {} does not exist."
        class B:
            '''A thing.'''
            def __init__(self): ...
            def size(self):
                '''In bytes.'''
                def inner(): ...
            @size.setter
            def size(self, value): ...
    """
    assert not lines(public_things_have_docstrings, text)


def test_only_in_a_service_do_response_and_handle_explain_themselves():
    text = """
        class GetUser(Shape):
            '''What is known of a user.'''
            class Response(Shape): ...
            def handle(self, call): ...
    """
    assert not lines(public_things_have_docstrings, text, SERVICE)
    assert lines(public_things_have_docstrings, text, CORE) == [4, 5]


def test_an_import_inside_a_function_is_found():
    assert lines(imports_stand_at_the_top, "import os\ndef f():\n  if a:\n    from os import path") == [4]
    assert not lines(imports_stand_at_the_top, "try:\n    import os\nexcept ImportError:\n    pass")


@pytest.mark.parametrize(
    "text",
    [
        "from admit.services.ram import users, groups",
        "from . import users, groups",
        "import admit.services.ram.users\nfrom admit.services.ram.groups import CreateGroup",
    ],
)
def test_a_module_its_service_does_not_import_is_found(text):
    init = Source("src/admit/services/ram/__init__.py", text)

    assert not list(unimported_modules(init, ["users", "groups"]))
    assert [breach.what for breach in unimported_modules(init, ["users", "policies"])] == [
        "policies is not imported here"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "assert x",
        "with pytest.raises(E): f()",
        "if y: assert x",
        "assert_granted(x)",
        "m.assert_kept()",
        "expect(page).to_have_url(x)",
    ],
)
def test_a_test_that_asserts_is_left_alone(body):
    assert not lines(every_test_asserts, f"def test_a():\n    {body}")


@pytest.mark.parametrize(
    "body", ["f()", "raises(E)", "x = 'assert'", "check(x)", "expect(page)", "expect(page).click()"]
)
def test_a_test_that_asserts_nothing_is_found(body):
    assert lines(every_test_asserts, f"\nclass TestA:\n  async def test_a(self):\n    {body}") == [3]


@pytest.mark.parametrize(
    "text",
    ["time.sleep(1)", "pytest.skip('x')", "@pytest.mark.skipif(x)\ndef f(): ...", "x = pytest.mark.xfail"],
)
def test_a_test_that_waits_or_need_not_hold_is_found(text):
    assert lines(every_test_runs, text) == [1]


def test_waiting_for_the_clock_is_left_alone():
    assert not lines(every_test_runs, "clock.sleep_until(1)\npytest.mark.soak\nasyncio.sleep(0)")


@pytest.mark.parametrize(
    "text",
    [
        "see /{}/main",
        "cd '/{}/x'",
        "file:///{}/x",
    ],
)
@pytest.mark.parametrize("folder", ["work", "root"])
def test_a_path_of_one_machine_is_found(text, folder):
    assert lines(files_belong_to_no_machine, "first\n" + text.format(folder)) == [2]


@pytest.mark.parametrize(
    "host", [("pypi", "org"), ("files.pythonhosted", "org"), ("registry.npmjs", "org"), ("crates", "io")]
)
def test_the_address_of_a_registry_is_found(host):
    assert lines(files_belong_to_no_machine, "https://" + ".".join(host) + "/x") == [1]


def test_the_option_that_names_an_index_is_found():
    assert lines(files_belong_to_no_machine, "--" + "index-url https://example.com") == [1]
    assert lines(files_belong_to_no_machine, "--" + "find-links wheels") == [1]


@pytest.mark.parametrize("text", ["network/root.py", "src/work/x", "/workers/x", "--no-emit-index-url"])
def test_other_paths_and_options_are_left_alone(text):
    assert not lines(files_belong_to_no_machine, text)
