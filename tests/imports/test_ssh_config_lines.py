import pytest

from admit.imports.records import Unfit
from admit.imports.ssh_config_lines import Patterns, directive


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("HostName db-1.example", ("db-1.example",)),
        ("  HOSTNAME\tdb-1.example  ", ("db-1.example",)),
        ("HostName=db-1.example", ("db-1.example",)),
        ("HostName = db-1.example", ("db-1.example",)),
        ("HostName=", None),
        ('HostName "db-1.example"', ("db-1.example",)),
        ("HostName db-1.example # the first", ("db-1.example",)),
        ("HostName db#1", ("db#1",)),
        ("Host a  b\tc", ("a", "b", "c")),
        ('Host "a b" c', ("a b", "c")),
        ("Host 'a b' c", ("a b", "c")),
        ('Host a"b c"d', ("ab cd",)),
        (r'User "x\"y"', ('x"y',)),
        (r"IdentityFile C:\Users\alice\key", (r"C:\Users\alice\key",)),
        (r"IdentityFile ~/my\ key", ("~/my key",)),
        (r"IdentityFile a\\b", (r"a\b",)),
        ("ProxyCommand ssh -W %h:%p gate", ("ssh", "-W", "%h:%p", "gate")),
    ],
)
def test_a_line_is_read_as_openssh_reads_it(line, arguments):
    if arguments is None:
        with pytest.raises(Unfit):
            directive(line)
    else:
        found = directive(line)
        assert found is not None
        assert found.arguments == arguments


@pytest.mark.parametrize("line", ["", "   ", "# Host x", "\t#"])
def test_blank_lines_and_comments_say_nothing(line):
    assert directive(line) is None


@pytest.mark.parametrize("line", ["Host", "Host # none", 'Host "a', "Host 'a", "=x", "[web]", "Host \ufffd"])
def test_a_line_that_openssh_refuses_is_refused(line):
    with pytest.raises(Unfit):
        directive(line)


@pytest.mark.parametrize(
    ("patterns", "name", "matches"),
    [
        (("web",), "web", True),
        (("web",), "Web", False),
        (("web",), "web1", False),
        (("web*",), "web", True),
        (("web?",), "web1", True),
        (("web?",), "web", False),
        (("*.example", "!db.example"), "web.example", True),
        (("*.example", "!db.example"), "db.example", False),
        (("!db.example",), "web.example", False),
        (("a[1]",), "a[1]", True),
        (("a[1]*",), "a[1]b", True),
        (("a[1]*",), "a1b", False),
    ],
)
def test_patterns_match_as_openssh_matches_them(patterns, name, matches):
    assert Patterns.of(patterns).match(name) is matches
