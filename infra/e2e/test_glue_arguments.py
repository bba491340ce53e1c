"""A run's arguments as Glue's own library resolves them, and as our job scripts read them.

A script receives the job's arguments and those of StartJobRun, both beside Glue's own ones.
"""

from argparse import ArgumentError
from importlib.util import find_spec
from unittest import mock

import pytest
from applied import Missing, skipping

from bovespa_pipeline.glue_jobs import capture_job
from glue_transform import job

RESERVED = ("JOB_RUN_ID", "continuation-option", "job-bookmark-option")
OURS = {
    "capture": ("lake", "source"),
    "refine": ("lake", "manifest", "from", "to", "rebuild", "only-new"),
}
DEFAULTS = {"rebuild": False, "only-new": False}
STARTS = [
    ("capture", {}),
    ("capture", {"--source": "http://127.0.0.1:8000/"}),
    ("refine", {}),
    ("refine", {"--manifest": f"raw/manifest/{'b' * 64}.json"}),
    ("refine", {"--rebuild": "true"}),
    ("refine", {"--only-new": "false"}),
    ("refine", {"--from": "2025-01-06", "--to": "2025-02-14"}),
]


@pytest.fixture(scope="module")
def resolve():
    """`getResolvedOptions` of the package that Glue publishes."""
    with skipping():
        if find_spec("awsglue") is None:
            raise Missing("awsgluedataplanepython is not installed: it needs Python 3.11")
    from awsglue.utils import getResolvedOptions

    return getResolvedOptions


def argv(name, arguments):
    """Arguments of a run as its script receives them."""
    own = {"--JOB_NAME": f"bovespa-{name}", "--JOB_ID": "j_1", "--JOB_RUN_ID": "jr_1"}
    return [f"{name}_job.py", *(part for pair in (own | arguments).items() for part in pair)]


def read(name, arguments):
    """Values that our script reads, by the name of the argument."""
    return (_read_by_refine if name == "refine" else _read_by_capture)(argv(name, arguments)[1:])


def _read_by_refine(arguments):
    options = vars(job._parse(arguments))
    named = {"from": options.pop("first"), "to": options.pop("last")}
    values = {name.replace("_", "-"): value for name, value in options.items()} | named
    return {name: value for name, value in values.items() if value != DEFAULTS.get(name)}


def _read_by_capture(arguments):
    with mock.patch.object(capture_job, "capture") as capture:
        capture_job.main(arguments)
    values = zip(("lake", "source"), capture.call_args.args, strict=True)
    return {option: value for option, value in values if value is not None}


def _resolved(resolve, name, arguments):
    """Values that Glue resolves, without those that say what is so anyway."""
    names = [one for one in OURS[name] if f"--{one}" in arguments]
    values = resolve(argv(name, arguments), names)
    texts = {one: values[one.replace("-", "_")] for one in names}
    return {one: text for one, text in texts.items() if text != "false"}


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(("name", "start"), STARTS)
def test_our_scripts_read_what_glue_resolves(ended, resolve, report, name, start):
    """The applied job's arguments and those of the start, which come over them."""
    applied = ended.cloud.client("glue").get_job(JobName=f"bovespa-{name}")["Job"]
    arguments = applied["DefaultArguments"] | start
    report(f"resolved the arguments of {len(STARTS)} runs as Glue's own library does")
    ours = {option: _text(value) for option, value in read(name, arguments).items()}
    assert ours == _resolved(resolve, name, arguments)
    assert ours["lake"] == "s3://example-lake"


def test_our_scripts_read_what_glue_resolves_of_every_run_of_the_chain(ended, resolve):
    """What the schedule, the trigger and a person started."""
    for run in ended.played.runs.values():
        name = run.arguments["--JOB_NAME"].removeprefix("bovespa-")
        ours = {option: _text(value) for option, value in read(name, run.arguments).items()}
        assert ours == _resolved(resolve, name, run.arguments)


@pytest.mark.parametrize(("name", "option"), [(name, one) for name in OURS for one in OURS[name]])
def test_no_argument_of_ours_is_one_that_glue_reserves(resolve, name, option):
    """Glue's library refuses a reserved name, or a name that it has already."""
    assert resolve(argv(name, {f"--{option}": "x"}), [option])[option.replace("-", "_")] == "x"


@pytest.mark.parametrize("option", RESERVED)
def test_an_argument_that_glue_reserves_is_refused(resolve, option):
    """So the test above can fail."""
    with pytest.raises((ArgumentError, RuntimeError), match=r"reserved|conflicting"):
        resolve(argv("refine", {f"--{option}": "x"}), [option])
