"""The gate: Great Expectations evaluates each candidate portfolio before it is published.

It evaluates `portfolio_audit`, a row of exact differences a portfolio that SQL computed,
once a run: Great Expectations turns decimals into floats, so it is never given a sum to
take. A portfolio that breaks a blocking rule is refused, whole; the others go on.
Great Expectations takes seconds to import, so that happens here and only here, and
beside what leaves Python idle, where there is such: `warm_up`.
"""

import datetime as dt
import importlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts.layout import ENTRY_KEY, RawEntry
from glue_transform.errors import GateFailed, GateMissing
from glue_transform.quality.data_docs import make_offline
from glue_transform.quality.findings import BLOCKING, Finding

if TYPE_CHECKING:
    from b3_contracts.governance.expectations import Expectation

__all__ = ["QualityCheck", "evaluate", "require", "warm_up"]

QualityCheck = Callable[[pa.Table, str, Path], list[Finding]]
"""Evaluates an audit (contract `portfolio_audit`) for a run, leaving its pages in a folder."""

SITE: Final = "quality"
_LIBRARY: Final = "great_expectations"


def require() -> None:
    """Raise GateMissing where Great Expectations, the extra `gate`, is not installed.

    It is found, not imported: the import takes seconds.
    """
    if find_spec(_LIBRARY) is None:
        raise GateMissing("Great Expectations is not installed")


def warm_up() -> None:
    """Begin to import what `evaluate` needs, which takes seconds: Spark's JVM works meanwhile."""
    _quieten()
    threading.Thread(target=importlib.import_module, args=(_LIBRARY,)).start()


def evaluate(audit: pa.Table, run_id: str, docs: Path) -> list[Finding]:
    """Evaluate every rule on `audit` (contract `portfolio_audit`); findings by entry.

    `docs` is an empty folder, for the run's Data Docs: Great Expectations takes out of a site
    every run that it does not remember, which are all but the one it has just evaluated. Raises
    GateFailed where a rule could not be evaluated, GateMissing without Great Expectations.
    """
    require()
    from b3_contracts.governance.expectations import suite
    from b3_contracts.models.tables import AUDIT

    rules = suite(AUDIT)
    results = _validate(audit, rules, run_id, docs)
    return [finding for rule in rules for finding in _findings(rule, results[rule.name], audit)]


def _findings(rule: "Expectation", result: Mapping[str, Any], audit: pa.Table) -> Iterator[Finding]:
    offenders = [_entry(row) for row in result["result"].get("unexpected_index_list") or ()]
    overall = Finding(
        rule.table,
        rule.name,
        rule.column,
        rule.severity,
        success=bool(result["success"]),
        unexpected_count=len(offenders),
        observed_value=_reason(result),
    )
    if overall.success == bool(offenders):
        raise GateFailed(f"the gate could not evaluate {rule.name}: {overall.observed_value}")
    yield overall
    figures = _figures(rule, audit) if offenders else {}
    for entry in offenders:
        yield replace(overall, unexpected_count=1, observed_value=figures.get(entry), entry=entry)


def _validate(
    audit: pa.Table, rules: "tuple[Expectation, ...]", run_id: str, docs: Path
) -> dict[str, Mapping[str, Any]]:
    _quieten()
    import great_expectations as gx
    from great_expectations.expectations.registry import get_expectation_impl

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    context.add_data_docs_site(SITE, _site(docs))
    expectations = [
        get_expectation_impl(rule.type)(
            **rule.kwargs, meta={"name": rule.name}, severity=_severity(rule)
        )
        for rule in rules
    ]
    gx_suite = context.suites.add(
        gx.ExpectationSuite(name="portfolio_audit", expectations=expectations)
    )
    batch = (
        context.data_sources.add_pandas("lake")
        .add_dataframe_asset("portfolio_audit")
        .add_batch_definition_whole_dataframe("run")
    )
    validation = context.validation_definitions.add(
        gx.ValidationDefinition(name="portfolio_audit", data=batch, suite=gx_suite)
    )
    checkpoint = gx.Checkpoint(
        name="refine",
        validation_definitions=[validation],
        actions=[gx.checkpoint.UpdateDataDocsAction(name="docs", site_names=[SITE])],
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": list(ENTRY_KEY),
        },
    )
    outcome = context.checkpoints.add(checkpoint).run(
        batch_parameters={"dataframe": _frame(audit)},
        # Without a time Great Expectations parses the id as one, and takes a suffix of digits for
        # an offset from UTC that it cannot format. A later round of one run has its own page.
        run_id=gx.RunIdentifier(run_name=run_id, run_time=dt.datetime.now(dt.UTC)),
    )
    make_offline(docs)
    results = next(iter(outcome.run_results.values())).results
    return {r.expectation_config.meta["name"]: r.to_json_dict() for r in results}


def _quieten() -> None:
    """Switch off the usage statistics that Great Expectations sends on every run."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")


def _site(docs: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(docs),
        },
    }


def _severity(rule: "Expectation") -> str:
    return "critical" if rule.severity == BLOCKING else "warning"


def _frame(audit: pa.Table) -> Any:
    """As pandas: a difference of zero, and only that, is a float's zero too."""
    columns = [
        pc.cast(column, pa.float64()) if pa.types.is_decimal(column.type) else column
        for column in audit.columns
    ]
    return pa.table(columns, audit.column_names).to_pandas()


def _entry(row: Mapping[str, Any]) -> RawEntry:
    date = row["reference_date"]
    day = date if isinstance(date, dt.date) else dt.date.fromisoformat(str(date)[:10])
    return RawEntry(row["index_code"], day, row["payload_sha256"])


def _figures(rule: "Expectation", audit: pa.Table) -> dict[RawEntry, str]:
    """The exact figures, from the audit and not from what was evaluated as a float."""
    if rule.column is None:
        return {}
    entries = map(_entry, audit.select(ENTRY_KEY).to_pylist())
    return dict(zip(entries, map(str, audit[rule.column].to_pylist()), strict=True))


def _reason(result: Mapping[str, Any]) -> str | None:
    observed = result["result"].get("observed_value")
    raised = (result.get("exception_info") or {}).get("exception_message")
    return raised or (None if observed is None else str(observed))
