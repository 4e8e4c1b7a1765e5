"""Where results go: devices, pipes, links, full disks, closed streams, encodings."""

import json
import os
import pty
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from perturbtheory import claims, cli, figures, report, results
from perturbtheory.claims import recorded
from perturbtheory.cli import _use
from perturbtheory.ledger import Claim, exact, shown

ROOT = Path(__file__).resolve().parents[2]
MINE = """
from perturbtheory.ledger import Claim, exact, shown

one = Claim("T.one", "nowhere", r"é is a letter, $\\\\gamma \\\\geq 0$.")

@one.part("part")
def part():
    for route in "ab":
        yield exact(route, shown(f"é, {route}", len(route) == 1))
"""


def program(*arguments, redirect="", **environment):
    """(status, stdout, stderr) of the program in a shell, whose redirections it is given."""
    done = subprocess.run(
        ["bash", "-c", f'"$0" -m perturbtheory "$@" {redirect}', sys.executable, *arguments],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert b"Exception ignored" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def main(*arguments):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    return stop.value.code


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(MINE.replace("\\\\\\\\", "\\"), encoding="utf-8")
    return str(path)


@pytest.fixture
def full(tmp_path):
    """A link to a full disk: what replaced it would replace no device of the machine."""
    path = tmp_path / "full"
    path.symlink_to("/dev/full")
    return path


class TestFiles:
    def test_links_stay_and_what_they_point_to_is_written(self, tmp_path):
        (tmp_path / "folder").mkdir()
        target, link, far = (tmp_path / n for n in ("folder/target", "link", "far"))
        target.write_text("old")
        target.chmod(0o600)
        link.symlink_to(target)
        far.symlink_to("link")
        results.write_json(far, [1])
        assert json.loads(target.read_text()) == [1]
        assert link.is_symlink()
        assert far.is_symlink()
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        (tmp_path / "dangling").symlink_to("folder/new")
        results.write_text(tmp_path / "dangling", "x")
        assert (tmp_path / "folder" / "new").read_text() == "x"
        assert {p.name for p in (tmp_path / "folder").iterdir()} == {"target", "new"}

    def test_pipes_are_written_to(self, tmp_path):
        pipe, read = tmp_path / "pipe", []
        os.mkfifo(pipe)
        reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
        reader.start()
        results.write_bytes(pipe, b"x" * 100_000)
        reader.join(20)
        assert read == [b"x" * 100_000]
        assert pipe.is_fifo()

    def test_devices_are_written_to(self, tmp_path, full):
        null = tmp_path / "null"
        null.symlink_to("/dev/null")
        results.write_text(null, "x")
        with pytest.raises(OSError, match=r"No space left on device: '.*full'"):
            results.write_text(full, "x")
        assert os.readlink(null) == "/dev/null"
        assert os.readlink(full) == "/dev/full"

    def test_a_terminal_is_written_to(self):
        master, slave = pty.openpty()
        results.write_text(Path(os.ttyname(slave)), "seen\n")
        assert os.read(master, 100) == b"seen\r\n"
        os.close(master)
        os.close(slave)

    def test_a_file_that_is_open_is_added_to(self, tmp_path):
        with (tmp_path / "file").open("w") as stream:
            stream.write("before\n")
            stream.flush()
            link = tmp_path / "fd"
            link.symlink_to(f"/dev/fd/{stream.fileno()}")
            results.write_text(link, "middle\n")
            stream.write("after\n")
        assert (tmp_path / "file").read_text() == "before\nmiddle\nafter\n"

    def test_several_files_give_way_together(self, tmp_path, monkeypatch):
        one, two = tmp_path / "one", tmp_path / "two"
        one.write_text("old")
        two.mkdir()
        with pytest.raises(IsADirectoryError):
            results.write_bytes(two, b"new")
        monkeypatch.setattr(os, "fsync", lambda handle: os.fstat(-1))
        with pytest.raises(OSError, match="one"):
            results.write_together({one: b"new", tmp_path / "three": b"new"})
        assert one.read_text() == "old"
        assert {p.name for p in tmp_path.iterdir()} == {"one", "two"}

    @pytest.mark.parametrize("name", ["report.md", "claims.json"])
    def test_a_report_leaves_links(self, tmp_path, name):
        (tmp_path / "real").write_text("old")
        folder = tmp_path / "report"
        folder.mkdir()
        (folder / name).symlink_to(tmp_path / "real")
        report.write([], folder)
        assert (folder / name).is_symlink()
        assert (tmp_path / "real").read_text() != "old"

    def test_places_are_looked_at_before_the_work(self, tmp_path, full):
        _use.require_writable("--json", full)
        _use.require_writable("--json", Path("/dev/stdout"))
        (tmp_path / "lost").symlink_to(tmp_path / "no" / "file")
        with pytest.raises(_use.MisuseError, match="lies in no directory; create '.*no' first"):
            _use.require_writable("--json", tmp_path / "lost")


class TestNothingIsLost:
    def test_standard_output_is_a_place_for_json(self, mine, tmp_path):
        place = tmp_path / "stdout"
        place.symlink_to("/dev/stdout")
        status, out, _ = program("verify", mine, "--json", str(place))
        assert status == cli.AGREES
        table, _, rest = out.partition("[\n")
        assert "1 proved" in table
        assert json.loads("[\n" + rest)[0]["id"] == "T.one"
        path = tmp_path / "out"
        assert program("verify", mine, "--json", str(place), redirect=f">{path}")[0] == 0
        assert path.read_text("utf-8")[-400:] == out[-400:]
        assert place.is_symlink()

    def test_a_full_disk_is_said_after_the_results(self, mine, full):
        status, out, err = program("verify", mine, "--json", str(full))
        assert status == cli.DRIFTED
        assert "1 proved" in out
        assert f"`--json` was not written: '{full}' (No space left on device); free" in err

    @pytest.mark.parametrize("redirect", ["> /dev/full", ">&-", "> /dev/full 2>&-"])
    def test_results_are_kept_where_nothing_can_be_printed(self, mine, tmp_path, redirect):
        path = tmp_path / "x.json"
        more = ["--report", str(tmp_path / "report")]
        status, _, err = program("verify", mine, "--json", str(path), *more, redirect=redirect)
        assert status == cli.DRIFTED
        assert (tmp_path / "report" / "index.html").is_file()
        assert json.loads(path.read_text("utf-8"))[0]["verdict"] == "proved"
        if "2>" not in redirect:
            assert err.count("the output was not printed in full (") == 1

    def test_a_reader_who_leaves_is_no_error_and_costs_nothing(self, mine, tmp_path):
        path = tmp_path / "x.json"
        _, _, err = program("verify", mine, "--json", str(path), redirect="| true")
        assert err == ""
        assert path.exists()

    @pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["verify", "--help"]])
    def test_help_on_a_full_disk(self, arguments):
        status, _, err = program(*arguments, redirect="> /dev/full")
        assert status == cli.DRIFTED
        assert "was not printed in full (No space left on device)" in err

    def test_diagnose(self, tmp_path, capsys, full):
        picture = tmp_path / "full.png"
        picture.symlink_to("/dev/full")
        places = ["--json", str(full), "--figure", str(picture)]
        assert main("diagnose", "logistic", *places) == cli.DRIFTED
        out, err = capsys.readouterr()
        assert "Logistic" in out
        assert f"`--json` was not written: '{full}'" in err
        assert f"`--figure` was not written: '{picture}'" in err

    def test_figures_that_are_drawn_are_named(self, tmp_path, capsys, monkeypatch):
        def draw(names, directory):
            if names == ["figure-2"]:
                raise OSError(28, "No space left on device", str(directory / "figure-2.png"))
            return [directory / f"{names[0]}.png"]

        monkeypatch.setattr(figures, "draw", draw)
        wanted = ["figure-1", "figure-2", "figure-3"]
        assert main("figures", *wanted, "-d", str(tmp_path)) == cli.DRIFTED
        out, err = capsys.readouterr()
        assert out.split() == [str(tmp_path / f"figure-{n}.png") for n in (1, 3)]
        assert f"`figure-2` was not written: '{tmp_path}/figure-2.png' (No space left" in err

    def test_a_record_that_cannot_be_written(self, capsys, monkeypatch, full):
        one = Claim("X.output", "nowhere", "nothing")
        one.part("part")(lambda: (exact(route, shown(route, len(route) == 1)) for route in "rs"))
        monkeypatch.setattr(claims, "find", lambda ids=(): [one])
        for module in (claims, recorded):
            monkeypatch.setattr(module, "index", lambda: {"X.output": __name__})
        monkeypatch.setattr(recorded, "destination", lambda: full)
        assert main("verify", "--record") == cli.DRIFTED
        out, err = capsys.readouterr()
        assert "1 proved" in out
        assert "`--record` was not written" in err


class TestStreams:
    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
    def test_every_character_can_be_printed(self, mine, encoding):
        status, out, err = program("verify", mine, redirect="| cat -v", PYTHONIOENCODING=encoding)
        assert (status, err) == (cli.AGREES, "")
        assert "p^@r^@o^@v^@e^@d" in out if encoding == "utf-16" else "1 proved" in out

    @pytest.mark.parametrize("command", [["vae", "tables"], ["diagnose", "normal"]])
    def test_tables_in_ascii(self, command):
        status, out, err = program(*command, PYTHONIOENCODING="ascii")
        assert (status, err) == (cli.AGREES, "")
        assert out.isascii()

    def test_a_name_that_is_no_text(self, tmp_path):
        name = os.fsdecode(os.fsencode(str(tmp_path)) + b"/\xff")
        code, out, _ = program("figures", "figure-7", "-d", name, PYTHONIOENCODING="utf-8")
        assert code == cli.AGREES
        assert r"\udcff" in out

    def test_a_deleted_working_directory_is_named(self):
        code = "d=$(mktemp -d); cd $d; rmdir $d; exec $0 -m perturbtheory verify A.gumbel-density"
        done = subprocess.run(
            ["bash", "-c", code, sys.executable],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == cli.MISUSED
        assert done.stderr.startswith("perturbtheory: the working directory cannot be used (No")
