"""Public names, version and import cost of the package."""

import subprocess
import sys

import trigger_lambda


def test_what_is_public_is_listed_sorted_and_there() -> None:
    """The handlers are reached by module, as Lambda reaches them."""
    assert trigger_lambda.__all__ == ["__version__"]
    assert trigger_lambda.__version__ == "0.1.0"


def test_importing_the_handlers_makes_no_client_and_brings_nothing_heavy() -> None:
    """Besides boto3 and what it needs, only the standard library and the light contracts load."""
    code = (
        "import sys, boto3; before = {*sys.modules}\n"
        "import trigger_lambda.start_capture, trigger_lambda.trigger, trigger_lambda.watch\n"
        "new = {name.partition('.')[0] for name in {*sys.modules} - before}\n"
        "new = {name for name in new if not name.startswith('_sysconfigdata')}\n"
        "print(sorted(new - sys.stdlib_module_names), boto3.DEFAULT_SESSION)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "['b3_contracts', 'trigger_lambda'] None\n"
