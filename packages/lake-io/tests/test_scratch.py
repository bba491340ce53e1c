"""Scratch lies below staging/, belongs to who holds its lock, and is cleared when nobody does."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lake_io import LakeUnreachable, LocalStore, open_lake
from lake_io.storage.local.scratch import clear_stale, scratch_folder


def test_a_scratch_folder_is_gone_at_the_end_and_staging_with_it(tmp_path: Path) -> None:
    with scratch_folder(tmp_path, "work") as folder:
        (folder / "file").write_text("x")
        assert folder.parent == tmp_path / "staging"
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_no_scratch(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), scratch_folder(tmp_path, "work"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_process_leaves_scratch_that_the_next_run_clears(tmp_path: Path) -> None:
    """The system lets its lock go; no clock is asked."""
    code = (
        "import os, pathlib, signal, sys\n"
        "from lake_io.storage.local.scratch import scratch_folder\n"
        "with scratch_folder(pathlib.Path(sys.argv[1]), 'work') as folder:\n"
        "    (folder / 'half').write_text('x')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert list((tmp_path / "staging").iterdir())
    open_lake(str(tmp_path))
    assert not (tmp_path / "staging").exists()


def test_a_batch_of_writes_shares_one_folder_and_leaves_none(tmp_path: Path) -> None:
    """Objects are whole and written once, inside a batch and after it."""
    store = LocalStore(tmp_path)
    with store.batch():
        [folder] = [path for path in (tmp_path / "staging").iterdir() if path.is_dir()]
        assert [store.put(f"raw/{number}.json", b"x") for number in (1, 2, 1)] == [
            True,
            True,
            False,
        ]
        assert list(folder.iterdir()) == []
        clear_stale(tmp_path)
        assert folder.is_dir()
    assert store.put("raw/3.json", b"y")
    assert sorted(store.keys("raw/")) == ["raw/1.json", "raw/2.json", "raw/3.json"]
    assert not (tmp_path / "staging").exists()


def test_a_batch_on_a_disk_that_refuses_leaves_the_word_to_each_write(tmp_path: Path) -> None:
    (tmp_path / "staging").write_text("a file in the place of the folder")
    store = LocalStore(tmp_path)
    with store.batch(), pytest.raises(LakeUnreachable, match="cannot write"):
        store.put("raw/1.json", b"x")


def test_what_another_process_works_in_is_not_cleared(tmp_path: Path) -> None:
    with scratch_folder(tmp_path, "work") as folder:
        (folder / "file").write_text("x")
        clear_stale(tmp_path)
        assert (folder / "file").read_text() == "x"


def test_a_lake_that_cannot_be_written_has_its_scratch_elsewhere(tmp_path: Path) -> None:
    """Only on request; otherwise it is an error."""
    (tmp_path / "staging").write_text("in the way")
    with scratch_folder(tmp_path, "work", elsewhere=True) as folder:
        assert folder.is_dir()
        assert tmp_path not in folder.parents
    with pytest.raises(OSError, match="staging"), scratch_folder(tmp_path, "work"):
        pass


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_files_and_folders_of_the_raw_zone_follow_the_umask(tmp_path: Path, umask: int) -> None:
    """A process of its own, whose umask nobody else sees."""
    code = (
        "import os, pathlib, sys\n"
        "os.umask(int(sys.argv[2]))\n"
        "from lake_io import LocalStore\n"
        "LocalStore(pathlib.Path(sys.argv[1])).put('raw/payload/x.gz', b'x')\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "lake"), str(umask)], check=True)
    file = tmp_path / "lake" / "raw" / "payload" / "x.gz"
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o777 & ~umask


def test_a_put_leaves_no_staging(tmp_path: Path) -> None:
    LocalStore(tmp_path).put("raw/x", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]
