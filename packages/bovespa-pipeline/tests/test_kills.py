"""The short form of `kills.py`: a SIGKILL of every operation; the long form is nightly."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SCRIPT = Path(__file__).with_name("kills.py")


def test_operations_killed_at_random_instants_break_no_invariant(
    process_environment: Mapping[str, str],
) -> None:
    """Nothing is lost, doubled, shown unaudited or left over; the seed makes it repeatable."""
    done = subprocess.run(
        [sys.executable, SCRIPT, "--kills", "12", "--seed", "9", "--measured", "1"],
        capture_output=True,
        check=False,
        text=True,
        env=process_environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 kills, seed 9, 0 violations" in done.stdout
