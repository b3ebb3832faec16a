"""What goes wrong is told in three lines: what, why, and what to try; exit codes as the problems have them."""

import signal
import subprocess
import sys

import httpx
import pytest

from golive.cli import client as api
from golive.cli import output
from golive.runtime import lifecycle
from tests.support.receivers import free_port

ESC = "\x1b"


def git(*arguments):
    subprocess.run(
        ["git", "-c", "user.name=M", "-c", "user.email=m@example.com", *arguments],
        check=True,
        capture_output=True,
    )


def test_without_a_golive(golive):
    said = golive("status")
    assert (said.code, said.out) == (6, "")
    what, why, hint = said.err.strip().splitlines()
    assert what == "error: golive does not answer"
    assert why.startswith("There is no golive in ")
    assert hint.startswith("try: ")
    assert "GOLIVE_HOME" in hint


def test_without_a_repository(golive):
    said = golive("deploy")
    assert said.code == 4
    assert "There is no revision HEAD" in said.err
    assert "try: " in said.err


def test_without_golive_toml(golive):
    said = golive("logs")
    assert said.code == 4
    assert "try: Write one with `golive init`." in said.err


def test_a_manifest_that_cannot_be_read_names_line_and_key(golive, tmp_path):
    (tmp_path / "golive.toml").write_bytes(b'service = "shop"\n[processes]\nweb = { comand = "\xff" }\n')
    said = golive("logs")
    assert said.code == 2
    assert "did you mean `command`?" in said.err


@pytest.mark.parametrize("arguments", [["nonsense"], ["status", "--nonsense"], ["show"]])
def test_wrong_use(golive, arguments):
    said = golive(*arguments)
    assert said.code == 2
    assert "Usage: golive" in said.err


def test_init_never_overwrites(golive, tmp_path):
    assert golive("init").code == 0
    mine = (tmp_path / "golive.toml").read_text() + "# mine\n"
    (tmp_path / "golive.toml").write_text(mine)
    said = golive("init")
    assert said.code == 5
    assert "try: " in said.err
    assert (tmp_path / "golive.toml").read_text() == mine


def test_a_refusal_of_the_api_has_its_words_and_exit_code(served):
    for arguments in (["show", "9.9"], ["show", "rel_01"], ["logs", "--service", "nothing", "9.9"]):
        said = served(*arguments)
        assert said.code == 4, said
        assert said.err.startswith("error: ")


def test_another_program_on_the_port(golive, httpserver_of_words):
    said = golive("status")
    assert said.code == 6
    assert "Something else than golive answers" in said.err


def test_following_outlives_a_control_room_that_starts_again(httpserver_of_words, monkeypatch):
    monkeypatch.setattr(api, "PAUSE_S", 0.01)
    httpserver_of_words[:] = [(503, b"{}"), (200, b"half an answer"), (200, b'{"state": "FULL"}')]
    assert api.Client().get_patiently("/releases/rel_1") == {"state": "FULL"}
    httpserver_of_words[:] = [(404, b"{}")]
    with pytest.raises(api.Refused):
        api.Client().get_patiently("/releases/rel_1")
    httpserver_of_words[:] = [(503, b"{}")]
    monkeypatch.setattr(api, "AWAY_S", 0.05)
    with pytest.raises(api.Refused):
        api.Client().get_patiently("/releases/rel_1")


def test_what_takes_long_is_not_called_dead(golive, httpserver_of_words, monkeypatch):
    monkeypatch.setattr(api, "PATIENCE", httpx.Timeout(0.3))
    httpserver_of_words[:] = [None]
    said = golive("status")
    assert said.code == 6
    assert "it may still be at it" in said.err
    assert "golive up" not in said.err


def test_a_question_without_a_terminal_is_a_no(served, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    said = served("backup", "restore", "bak_1")
    assert said.code == 2
    assert "try: Add --yes" in said.err


def test_escape_sequences_of_others_are_shown_not_obeyed(capsys, monkeypatch):
    monkeypatch.setattr(output.out, "_file", None)
    output.line(f"commit {ESC}[2Jgone")
    output.table(("a", "b"), [("one\ntwo", f"{ESC}]0;title\a")], empty="")
    said = capsys.readouterr().out
    assert ESC not in said
    assert r"commit \x1b[2Jgone" in said
    assert "one two" in said


def test_a_table_is_whole_whatever_the_width(capsys, monkeypatch):
    monkeypatch.setattr(output.out, "_file", None)
    output.table(("id", "what"), [("rel_" + "0" * 26, "long " * 60)], empty="")
    _, row = capsys.readouterr().out.splitlines()
    assert row == "rel_" + "0" * 26 + "  " + ("long " * 60).strip()


def test_uncommitted_changes_of_golive_toml_are_named(served, tmp_path):
    (tmp_path / "index.html").write_text("hello")
    git("init", "-q", "-b", "main")
    served("init")
    git("add", "golive.toml", "index.html")
    git("commit", "-q", "-m", "Begin")
    with (tmp_path / "golive.toml").open("a") as file:
        file.write("port = 1\n")
    said = served("deploy", "--dry-run", "--json")
    assert said.code == 0
    assert "counts, not your changes" in said.err
    assert len(said.json["revision"]) == 40


@pytest.mark.parametrize("port", ["eighty", "70000", "0"])
def test_a_wrong_variable_is_named(tmp_path, port):
    done = subprocess.run(
        [sys.executable, "-m", "golive.cli.main", "status"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "GOLIVE_PORT": port},
    )
    assert done.returncode == 2
    assert "GOLIVE_PORT: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("variable", ["NO_COLOR", "not a terminal"])
def test_no_colours_where_none_are_wanted(tmp_path, variable):
    done = subprocess.run(
        [sys.executable, "-m", "golive.cli.main", "status"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "GOLIVE_HOME": str(tmp_path),
            **({"NO_COLOR": "1", "FORCE_COLOR": "1"} if variable == "NO_COLOR" else {}),
        },
    )
    assert done.returncode == 6
    # NO_COLOR takes colours away (no-color.org); bold may stay.
    assert ESC not in done.stderr if variable != "NO_COLOR" else f"{ESC}[31m" not in done.stderr


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [("mysql://db/x", 2, "postgresql://"), ("postgresql://127.0.0.1:1/x?connect_timeout=2", 1, "does not answer")],
)
def test_a_state_database_that_cannot_be_used_is_said_in_words(tmp_path, address, code, words):
    ports = {name: str(free_port()) for name in ("GOLIVE_PORT", "GOLIVE_EDGE_PORT", "GOLIVE_STATUS_PORT")}
    done = subprocess.run(
        [sys.executable, "-m", "golive.cli.main", "up"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "GOLIVE_DATABASE_URL": address, **ports},
    )
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert "try: " in done.stderr
    assert "Traceback" not in done.stderr


def test_sigterm_ends_a_golive_in_the_foreground(golive, monkeypatch):
    ended = []
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(lifecycle, "up", lambda *_: signal.raise_signal(signal.SIGTERM))
    monkeypatch.setattr(lifecycle, "down", lambda *_: ended.append("down"))
    try:
        assert golive("up", "--foreground").code == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended == ["down"]


def test_ctrl_c_while_golive_starts_says_what_goes_on(golive, monkeypatch):
    monkeypatch.setattr(lifecycle, "up", lambda *_: signal.raise_signal(signal.SIGINT))
    said = golive("up")
    assert said.code == 130
    assert "`golive down` ends it" in said.err


def test_a_folder_inside_of_a_repository_is_named_with_its_root(golive, tmp_path, monkeypatch):
    git("init", "-q", str(tmp_path))
    git("-C", str(tmp_path), "commit", "-q", "--allow-empty", "-m", "First")
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "shop")
    said = golive("deploy")
    assert said.code == 4
    assert f"Run the command in {tmp_path}" in said.err.replace("\n", " ")


def test_what_git_says_of_the_folder_is_not_hidden(golive, tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("garbage")
    said = golive("deploy")
    assert said.code == 4
    assert "git says: fatal: not a git repository" in said.err.replace("\n", " ")
