"""`write_file` writes a whole file or leaves the older one as it was."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from b3_scraper.output_file import NO_SUCH_PLACE, write_file

OLDER = b"older"


@contextmanager
def size_limit(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes: a disk that fills up."""
    resource = pytest.importorskip("resource", reason="Windows limits no file's size")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("older", [OLDER, None])
def test_a_disk_that_fills_up_leaves_the_older_file(tmp_path: Path, older: bytes | None) -> None:
    target = tmp_path / "ibov.csv"
    if older is not None:
        target.write_bytes(older)
    with size_limit(1000), pytest.raises(OSError, match=r"ibov\.csv"):
        write_file(target, b"x" * 5000)
    assert [path.name for path in tmp_path.iterdir()] == ([] if older is None else ["ibov.csv"])
    assert older is None or target.read_bytes() == older


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_mode_and_link_of_the_older_file_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_bytes(OLDER)
    target.chmod(0o640)
    link.symlink_to(target)
    write_file(link, b"newer")
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"newer", 0o640)
    assert link.is_symlink()


@pytest.mark.parametrize("name", ["missing/ibov.csv", "folder", "file/ibov.csv"])
def test_a_place_where_no_file_can_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(OLDER)
    with pytest.raises(NO_SUCH_PLACE) as caught:
        write_file(tmp_path / name, b"x")
    assert caught.value.filename == str(tmp_path / name)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipe in a folder")
def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, b"newer")
    reader.join()
    assert read == [b"newer"]
