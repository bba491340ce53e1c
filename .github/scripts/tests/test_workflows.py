"""Scripts called by workflows exist, and every action is pinned."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import rehearse
import yaml
from workspace import packages

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEXTS = [pytest.param(file.read_text("utf-8"), id=file.stem) for file in WORKFLOWS]
OWN_ACTIONS = "./.github/actions/"
ACTIONS = [
    pytest.param(file.read_text("utf-8"), id=file.parent.name)
    for file in sorted((ROOT / OWN_ACTIONS).glob("*/action.yml"))
]
INSTALLERS = re.compile(r"\b(pip install|pipx|uv|uvx|hatch|npm|npx|apt-get)\b")
BY_HASH = re.compile(r"pip install --no-index .*--require-hashes\b", re.DOTALL)


@pytest.fixture(scope="module")
def environments():
    return tomllib.loads((ROOT / "hatch.toml").read_text("utf-8"))["envs"]


@pytest.mark.parametrize("text", TEXTS)
def test_every_script_that_a_workflow_calls_is_there(text) -> None:
    """By the path that it is called by."""
    called = re.findall(r"python (\S+\.py)", text)
    assert [path for path in called if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("text", TEXTS)
def test_every_hatch_script_that_a_workflow_runs_is_there(text, environments) -> None:
    """In the environment it names, or in the default one."""
    for called in re.findall(r"hatch run ([a-z0-9:-]+)", text):
        environment, _, script = called.rpartition(":")
        scripts = environments[environment or "default"].get("scripts", {})
        assert script in scripts or script == "python", called


def test_every_package_has_an_environment_with_tests(environments) -> None:
    """For CI runs them by the package's name."""
    named = [package.environment for package in packages(ROOT).values()]
    assert [name for name in named if "test" not in environments[name]["scripts"]] == []


@pytest.mark.parametrize("text", [*TEXTS, *ACTIONS])
def test_every_action_is_pinned_by_commit(text) -> None:
    """With its version, for readers and for dependabot; our own actions come with the commit."""
    named = re.findall(r"uses: (.+)", text)
    used = [action for action in named if not action.startswith(OWN_ACTIONS)]
    pinned = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [action for action in used if not pinned.fullmatch(action)] == []


@pytest.mark.parametrize("text", TEXTS)
def test_no_workflow_knows_a_secret(text) -> None:
    """GitHub's own token of the run, and OIDC, are all there is."""
    assert "secrets." not in text
    assert "\npermissions: {}\n" in text


def unchecked(text: str) -> Iterator[str]:
    """What a job that may ask for a token of OIDC installs otherwise than by its hash."""
    for name, job in yaml.safe_load(text)["jobs"].items():
        if job.get("permissions", {}).get("id-token") == "write":
            for step in job["steps"]:
                command = step.get("run", "") or str(step.get("with", {}).get("install", ""))
                if INSTALLERS.search(command) and not BY_HASH.search(command):
                    yield f"{name}: {command}"
                if step.get("uses", "").startswith(OWN_ACTIONS):
                    yield f"{name}: {step['uses']}"


@pytest.mark.parametrize("text", TEXTS)
def test_a_job_with_a_token_installs_nothing_but_what_was_hashed(text) -> None:
    """A package that runs its own code there could take the token, and AWS's credentials."""
    assert list(unchecked(text)) == []


@pytest.mark.parametrize(
    "step",
    [
        "run: python -m pip install ./contracts",
        "run: pip install --require-hashes -r requirements.txt",
        "run: hatch run artifacts",
        "{uses: ./.github/actions/setup, with: {install: hatch}}",
    ],
)
def test_what_is_installed_otherwise_beside_a_token_is_seen(step) -> None:
    """The same step without a token is not."""
    permissions = "permissions: {id-token: write}"
    job = f"jobs: {{one: {{{permissions}, steps: [{step if step[0] == '{' else f'{{{step}}}'}]}}}}"
    assert list(unchecked(job))
    assert list(unchecked(job.replace("write", "none"))) == []


def left_to_the_index(text: str) -> set[str]:
    """Our packages that an installation from the tree needs and does not name itself."""
    known = packages(ROOT)
    folders = {package.folder: name for name, package in known.items()}
    missing: set[str] = set()
    for command in re.findall(r"(?:install:|pip install)((?:.*\\\n)*.*)", text):
        paths = re.findall(r'[\s"]\./([\w/-]+)', command)
        named = {folders[path] for path in paths}
        needs = {need for name in named for need in known[name].needs if need in known}
        missing |= needs - named
    return missing


@pytest.mark.parametrize("text", TEXTS)
def test_our_packages_are_installed_from_the_tree_and_never_by_name(text) -> None:
    """A stranger may have published one of the names."""
    assert left_to_the_index(text) == set()


def test_a_package_of_ours_that_is_left_to_the_index_is_seen() -> None:
    """b3-scraper needs the contracts."""
    assert left_to_the_index("install: ./packages/b3-scraper hatch\n") == {"b3-contracts"}
    whole = 'pip install --quiet \\\n  "./contracts" ./packages/b3-scraper[bulletin]'
    assert left_to_the_index(whole) == set()


def test_ci_waits_for_every_job() -> None:
    """The one required status would not see a job that it does not need."""
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    jobs = re.findall(r"^  ([a-z]+):$", text.partition("\njobs:\n")[2], re.MULTILINE)
    (needed,) = re.findall(r"needs: \[(.+)\]", text)
    assert sorted(needed.split(", ")) == sorted(set(jobs) - {"required"})


def test_the_rehearsal_still_finds_the_model_it_changes() -> None:
    """It is run by hand; the place it edits is looked for here."""
    assert rehearse._ANCHOR in (ROOT / rehearse.TABLES).read_text("utf-8")
