"""Whatever is published, in whatever order: the lake holds what a dict would."""

import tempfile
from types import ModuleType

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_io import open_lake

SESSIONS = st.tuples(st.sampled_from(["IBOV", "SMLL"]), st.sampled_from([6, 7, 33]))
QUANTITIES = st.dictionaries(
    st.sampled_from(["PETR4", "VALE3", "WEGE3"]), st.integers(1, 2**61), min_size=1
)
PUBLICATIONS = st.lists(
    st.tuples(st.dictionaries(SESSIONS, QUANTITIES, max_size=3), st.sets(SESSIONS, max_size=2)),
    min_size=1,
    max_size=4,
)


@given(publications=PUBLICATIONS)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_publications_leave_what_a_dict_would_hold(factories: ModuleType, publications) -> None:
    """Put, put again, taken out, taken out though never there, and nothing at all."""
    with tempfile.TemporaryDirectory() as folder:
        refined_tables = open_lake(folder).refined_tables
        model = {}
        for number, (put, taken) in enumerate(publications):
            new = {factories.session(*key): held for key, held in put.items()}
            gone = {factories.session(*key) for key in taken} - new.keys()
            model = {k: v for k, v in {**model, **new}.items() if k not in gone}
            snapshot = factories.publish(refined_tables, f"run {number}", new, removed=gone)
            assert factories.view_of(snapshot) == model
            assert snapshot.read("portfolio").num_rows == len(model)
        assert len(refined_tables.history()) == len(publications)
