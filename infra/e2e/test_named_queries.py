"""The queries that Athena holds after the apply, by the grammar of Athena's engine."""


def test_every_registered_query_is_of_trinos_grammar(ended, node, report):
    """Terraform's own reading of the files, escapes and all, is what Athena gets."""
    athena = ended.cloud.client("athena")
    workgroup = ended.cloud.outputs["workgroup"]
    identifiers = athena.list_named_queries(WorkGroup=workgroup)["NamedQueryIds"]
    queries = {
        query["Name"]: query["QueryString"]
        for query in (
            athena.get_named_query(NamedQueryId=identifier)["NamedQuery"]
            for identifier in identifiers
        )
    }
    report(f"parsed {len(queries)} named queries by Trino's grammar")
    assert queries
    assert [errors for errors in node.trino_errors(queries).values() if errors] == []
