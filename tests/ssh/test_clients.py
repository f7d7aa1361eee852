"""Real clients through a real gate to a real host."""


def test_ssh_runs_a_command_on_the_host(served_office):
    ran = served_office.ssh(served_office.on_db_1, "echo hello; echo beside >&2; exit 7")

    assert (ran.stdout, ran.stderr, ran.returncode) == (b"hello\n", b"beside\n", 7)


def test_somebody_without_a_grant_is_told_so_in_a_line(served_office):
    name = served_office.on_db_1.replace("alice", "bob")
    ran = served_office.ssh(name, "true", person="bob")

    what = f"{served_office.target.account}@db-1"
    told = f"admit: you have no access to {what}: ask an administrator for a grant\n"
    assert (ran.stderr.decode(), ran.returncode) == (told, 255)
