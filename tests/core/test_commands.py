"""What becomes of a command line."""

import pytest

from admit.core.command_line import LONGEST, Line
from admit.core.commands import Acl, Commands, Verdict

ALLOW, APPROVAL, DENY = Verdict.ALLOW, Verdict.APPROVAL, Verdict.DENY
BLACK = Commands(Acl.BLACK, ("rm", "shutdown -h *", "mk?s"), ("systemctl restart *", "rm"))
WHITE = Commands(
    Acl.WHITE, ("ls", "cat /var/log/*", "uptime -p", "sh -c ls"), ("systemctl restart *", "uptime -p")
)


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("ls -l", ALLOW),
        ("", ALLOW),
        ("rm", DENY),
        ("rm -rf /", DENY),
        ("  rm\t-rf   /", DENY),
        ("rmdir x", ALLOW),
        ("echo rm", ALLOW),
        ("mkfs /dev/sda", ALLOW),
        ("mkfs", DENY),
        ("shutdown -h now", DENY),
        ("shutdown   -h   now", DENY),
        ("shutdown -r now", ALLOW),
        ("/bin/rm x", DENY),
        ("./rm x", DENY),
        ("ls; rm x", DENY),
        ("ls && rm x", DENY),
        ("ls\nrm x", DENY),
        ("(rm x)", DENY),
        ("echo $(rm x)", DENY),
        ("echo `rm x`", DENY),
        ("r''m x", DENY),
        (r"\rm x", DENY),
        ('"rm" x', DENY),
        ("A=1 B=2 rm x", DENY),
        ("A=1", ALLOW),
        ("sudo rm x", DENY),
        ("sudo -u root rm x", DENY),
        ("sudo -n -u root /bin/rm x", DENY),
        ("/usr/bin/env A=1 nice -n 5 rm x", DENY),
        ("sudo grep rm x", ALLOW),
        ("sudo", ALLOW),
        ("sudo -u", ALLOW),
        ("bash -c 'rm x'", DENY),
        ("bash -lc 'ls; rm x'", DENY),
        ("bash --norc -c 'ls'", ALLOW),
        ("bash script.sh", ALLOW),
        ("systemctl restart nginx", APPROVAL),
        ("ls; systemctl restart nginx", APPROVAL),
        ("systemctl restart nginx; rm x", DENY),
        ("sudo systemctl restart nginx", APPROVAL),
        ("bash -c 'systemctl restart nginx'", APPROVAL),
        ("rm 'x", DENY),
        ("echo 'x", ALLOW),
    ],
)
def test_a_black_list_denies_what_it_names_however_it_is_written(line: str, verdict: Verdict) -> None:
    assert BLACK.judge(line) is verdict


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("ls", ALLOW),
        ("ls -l /etc", ALLOW),
        ("cat /var/log/syslog", ALLOW),
        ("cat /etc/shadow", DENY),
        ("uptime -p", ALLOW),
        ("uptime", DENY),
        ("ls; id", DENY),
        ("ls | cat /var/log/x", ALLOW),
        ("ls > /etc/passwd", DENY),
        ("ls `id`", DENY),
        ('ls "$(id)"', DENY),
        ("ls 'x", DENY),
        ("/tmp/ls", DENY),
        ("sudo ls", DENY),
        ("A=1 ls", DENY),
        ("systemctl restart nginx", APPROVAL),
        ("sh -c ls", ALLOW),
        ("sh -c id", DENY),
    ],
)
def test_a_white_list_takes_only_what_it_names_as_it_is_written(line: str, verdict: Verdict) -> None:
    assert WHITE.judge(line) is verdict


def test_commands_are_looked_for_in_commands_for_a_while_and_then_denied() -> None:
    line = "ls"
    verdicts = []
    for _ in range(5):
        verdicts.append(BLACK.judge(line))
        line = "sh -c " + "'" + line.replace("'", "'\"'\"'") + "'"
    assert verdicts == [ALLOW, ALLOW, ALLOW, ALLOW, DENY]


def test_a_command_too_long_to_be_judged_is_denied_if_there_is_anything_to_judge_it_by() -> None:
    line = "echo " + "x" * LONGEST
    assert BLACK.judge(line) is DENY
    assert Commands(Acl.BLACK).judge(line) is ALLOW
    assert Commands(Acl.WHITE).judge("ls") is DENY


def test_of_a_typed_line_that_is_not_certain_a_black_list_judges_what_is_known() -> None:
    assert BLACK.judge_typed(Line("rm x", certain=False)) is DENY
    assert BLACK.judge_typed(Line("", certain=False)) is ALLOW
    assert BLACK.judge_typed(Line("systemctl restart x", certain=False)) is DENY
    assert BLACK.judge_typed(Line("systemctl restart x", certain=True)) is APPROVAL
    assert WHITE.judge_typed(Line("ls", certain=False)) is DENY
    assert WHITE.judge_typed(Line("ls", certain=True)) is ALLOW
