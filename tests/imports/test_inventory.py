import pytest

from admit.imports.inventory import MOST_HOSTS, hosts_and_port
from admit.imports.records import Unfit


@pytest.mark.parametrize(
    ("pattern", "hosts", "port"),
    [
        ("web-1", ["web-1"], None),
        ("web-1:2222", ["web-1"], "2222"),
        ("10.0.0.1:22", ["10.0.0.1"], "22"),
        ("2001:db8::1", ["2001:db8::1"], None),
        ("[2001:db8::1]", ["2001:db8::1"], None),
        ("[2001:db8::1]:22", ["2001:db8::1"], "22"),
        ("web[1:3]", ["web1", "web2", "web3"], None),
        ("web[08:11].example:22", [f"web{n}.example" for n in ("08", "09", "10", "11")], "22"),
        ("web[:2]", ["web0", "web1", "web2"], None),
        ("web[1:9:4]", ["web1", "web5", "web9"], None),
        ("db-[a:c]", ["db-a", "db-b", "db-c"], None),
        ("db-[y:B]", ["db-y", "db-z", "db-A", "db-B"], None),
        ("x[1:2]-[a:b]", ["x1-a", "x1-b", "x2-a", "x2-b"], None),
        ("x[3:3]", ["x3"], None),
    ],
)
def test_a_pattern_stands_for_the_hosts_ansible_takes_it_for(pattern, hosts, port):
    assert hosts_and_port(pattern) == (hosts, port)


@pytest.mark.parametrize(
    "pattern",
    [
        "web[3:1]",
        "web[01:100]",
        "web[a:3]",
        "web[1:5:0]",
        "web[c:a]",
        f"web[1:{MOST_HOSTS + 1}]",
        "x[1:1000]-[1:1000]",
        "x[0:99999999999999999999]",
        "web:22:23",
        "web[1:3",
        "",
    ],
)
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(Unfit):
        hosts_and_port(pattern)
