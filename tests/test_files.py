"""Files are written whole or not at all, by one program at a time, and run nothing."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import symbios_geo as sg
from symbios_geo import files
from symbios_geo.errors import OutputError
from symbios_geo.files import guarded, locked, unguarded, write_whole


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask():
    """Set a umask for one test."""
    before = os.umask(0o027)
    yield
    os.umask(before)


def fill(draft):
    draft.unlink()
    draft.write_text("filled", encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "written"), [("å\n", b"\xc3\xa5\n"), (b"\r\n", b"\r\n"), (fill, b"filled")]
)
def test_content_is_text_bytes_or_a_function(tmp_path, content, written):
    path = tmp_path / "new" / "file.txt"
    assert write_whole(path, content) == path
    assert path.read_bytes() == written
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("content", ["text", fill])
def test_an_old_file_hands_on_its_rights_and_a_new_one_follows_the_umask(tmp_path, content):
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("before", encoding="utf-8")
    old.chmod(0o604)
    write_whole(old, content)
    write_whole(new, content)
    assert (mode(old), mode(new)) == (0o604, 0o640)


def test_nobody_else_reads_the_draft_of_a_private_file(tmp_path):
    old, seen = tmp_path / "own.txt", []
    old.touch(0o600)
    write_whole(old, lambda draft: seen.append(mode(draft)))
    assert seen == [0o600]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    shared, link = tmp_path / "shared" / "file.txt", tmp_path / "link.txt"
    shared.parent.mkdir()
    shared.write_text("before", encoding="utf-8")
    link.symlink_to(shared)
    write_whole(link, "after")
    assert link.is_symlink()
    assert shared.read_text(encoding="utf-8") == "after"


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), KeyError()])
def test_whatever_stops_the_writing_the_old_file_stays(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("before", encoding="utf-8")

    def stop(draft):
        draft.write_text("half", encoding="utf-8")
        raise error

    expected = OutputError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected):
        write_whole(path, stop)
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(OutputError, match="no ordinary file"):
            write_whole(path, "text")
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/map\.svg cannot be written"):
        write_whole(tmp_path / "file" / "map.svg", "text")


def test_the_second_program_is_told_and_the_lock_is_gone_afterwards(tmp_path):
    lock = tmp_path / ".out.lock"
    busy = "Another program is changing .*out"
    with locked(lock, what=tmp_path / "out"):
        code = (
            "import sys; from pathlib import Path; from symbios_geo.files import locked\n"
            "with locked(Path(sys.argv[1]), what=Path('out')): pass"
        )
        environment = os.environ | {"PYTHONPATH": str(Path(sg.__file__).parents[1])}
        run = subprocess.run(
            [sys.executable, "-c", code, str(lock)],
            env=environment, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert "Another program is changing out" in run.stderr
        with pytest.raises(OutputError, match=busy), locked(lock, what=tmp_path / "out"):
            pass
    with locked(lock, what=tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_lock_ends_with_its_program(tmp_path):
    code = (
        "import sys, os; from pathlib import Path; from symbios_geo.files import locked\n"
        "with locked(Path(sys.argv[1]), what=Path('x')):\n    os.kill(os.getpid(), 9)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(sg.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "l")], env=environment, check=False)
    with locked(tmp_path / "l", what=tmp_path):
        pass


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOLCK, "keeps no locks"), (errno.EROFS, "cannot be written .*another folder")],
)
def test_a_disk_without_locks_is_told_from_one_that_is_busy(tmp_path, monkeypatch, number, words):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.FileLock, "acquire", refuse)
    with pytest.raises(OutputError, match=words), locked(tmp_path / "l", what=tmp_path):
        pass


@pytest.mark.parametrize(
    "text", ["=1+1", "\uff1d1+1", "\u200b=1+1", "\ufeff\u200d\uff0b1a", "@x", "-a", "\t=1", "'=1"]
)
def test_text_that_a_spreadsheet_may_run_is_guarded(text):
    assert guarded(text) == "'" + text
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["", "-3,5", "+46", "a=b", "\u200bAlfa", "3-4", "\u22123"])
def test_other_text_stays(text):
    assert guarded(text) == text


@given(st.one_of(st.text(max_size=20), st.text(st.sampled_from("=+-@'\t\u200b\uff1d1a,"))))
def test_every_text_comes_back_and_none_begins_as_a_formula(text):
    assert unguarded(guarded(text)) == text
    number = files.PLAIN_NUMBER.fullmatch(guarded(text))
    assert number or not guarded(text).startswith(files.FORMULA_STARTS)
