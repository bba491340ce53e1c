"""Terraform's own checks, without any AWS."""

import re

from applied import INFRA


def test_every_file_is_formatted(terraform):
    """`terraform fmt` would change nothing."""
    assert terraform("fmt", "-check", "-recursive", "-diff") == ""


def test_the_configuration_is_valid(terraform):
    """Every reference, type and argument is one that the provider knows."""
    assert "The configuration is valid" in terraform("validate", "-no-color")


def test_the_variables_let_through_what_they_should(terraform):
    """The runs of the .tftest.hcl files pass, on a mocked provider."""
    assert ", 0 failed" in terraform("test", "-no-color")


def test_the_floor_of_terraform_is_the_version_that_ci_runs():
    """An older version was never tried: each module refuses it."""
    workflow = (INFRA.parent / ".github/workflows/infra.yml").read_text(encoding="utf-8")
    modules = [INFRA, *(path for path in (INFRA / "modules").iterdir() if path.is_dir())]
    floors = {
        floor
        for module in modules
        for floor in re.findall(
            r'required_version = ">= (.+)"', (module / "versions.tf").read_text(encoding="utf-8")
        )
    }
    assert floors == set(re.findall(r'terraform_version: "(.+)"', workflow))
