"""Every request of Terraform and of the chain, against AWS's own service models."""

# What a model refuses and the service accepts.
ACCEPTED = {
    # AWS's own SDK for C++, which pyarrow brings, writes the word in lower case.
    "s3 GetObject: ChecksumMode: 'enabled' is none of ENABLED",
}


def test_no_request_violates_the_model_of_its_service(ended, report):
    """Required members, types, patterns, lengths and enumerations: moto validates few of them."""
    requests = ended.cloud.applied.requests
    report(f"checked {requests}")
    assert sorted(requests.violations) == sorted(ACCEPTED)


def test_the_requests_of_terraform_and_of_every_part_of_the_chain_are_among_them(ended):
    """Each of these is sent by another process: the provider, PyIceberg, a function, pyarrow."""
    assert {
        ("lambda", "CreateFunction"),
        ("glue", "UpdateTable"),
        ("glue", "StartJobRun"),
        ("s3", "PutObject"),
    } <= ended.cloud.applied.requests.operations.keys()
