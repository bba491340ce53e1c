"""Terraform's own checks, without any AWS."""


def test_every_file_is_formatted(terraform):
    """`terraform fmt` would change nothing."""
    assert terraform("fmt", "-check", "-recursive", "-diff") == ""


def test_the_configuration_is_valid(terraform):
    """Every reference, type and argument is one that the provider knows."""
    assert "The configuration is valid" in terraform("validate", "-no-color")


def test_the_variables_let_through_what_they_should(terraform):
    """The runs of the .tftest.hcl files pass, on a mocked provider."""
    assert ", 0 failed" in terraform("test", "-no-color")
