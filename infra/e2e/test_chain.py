"""From the exchange to the tables: what each part of the chain did."""

import json

from chain import LAKE
from exchange_days import BROKEN, LARGE, LATE, SESSIONS, large

from b3_contracts.specification import REFINED


def test_an_index_of_more_than_120_positions_comes_in_two_pages(ended):
    """The exchange gives 120 rows at once, and the job asks for the rest."""
    assert [one for one in ended.played.asked if LARGE in one and "PortfolioDay" in one] == [
        f"GetPortfolioDay {LARGE} 1",
        f"GetPortfolioDay {LARGE} 2",
    ]


def test_every_session_and_every_position_of_the_large_index_is_published(tables):
    """None is lost between a page and the Glue Catalog."""
    sessions = [row for row in tables["portfolio"] if row["index_code"] == "IBOV"]
    positions = [row["ticker"] for row in tables["position"] if row["index_code"] == LARGE]
    assert {row["reference_date"] for row in sessions} == set(SESSIONS)
    assert sorted(positions) == sorted(row.ticker for row in large().rows)


def test_of_two_manifests_one_starts_a_run_and_the_other_is_delivered_again(ended):
    """Messages, and how many were given back: S3's own test event is one of the first three."""
    assert ended.played.batches == [(3, 1), (3, 1), (1, 0)]


def test_a_manifest_starts_one_run_however_often_it_is_announced(ended):
    """Three manifests, four deliveries of them and a duplicate: three runs, each of another."""
    woken = [run.arguments.get("--manifest") for run in ended.played.runs.values()]
    manifests = [key for key in woken if key]
    told = [line["key"] for line in ended.played.logged if line["message"] == "started before"]
    assert len(manifests) == len(set(manifests)) == 3
    assert told == [manifests[0]]


def test_a_run_is_told_the_manifest_that_started_it(ended):
    """The argument that the function gives is the one that the job reads."""
    run = ended.played.runs["a portfolio is refused"]
    assert run.said[0]["manifest"] == run.arguments["--manifest"] is not None


def test_the_other_indices_come_through_where_one_is_refused(ended):
    """The run fails, and its last line says for what."""
    run = ended.played.runs["a portfolio is refused"]
    done, failed = run.said
    assert (run.code, done["published"], done["indices"]) == (1, 12, ["IBOV", LARGE])
    assert f"{BROKEN} 2025-02-14: position breaks the rule quantity_excess" in failed["reason"]


def test_a_run_that_fails_is_told_and_no_other(ended):
    """By EventBridge's rule to the topic: the job, its state, its reason and its run."""
    told = {why: len(alarms) for why, alarms in ended.played.alarms.items()}
    assert told == {
        "a portfolio is refused": 1,
        "a session came late": 0,
        "nothing is pending": 0,
        "everything is published anew": 0,
        "watch": 1,
    }
    (alarm,) = ended.played.alarms["a portfolio is refused"]
    reason = f"PortfoliosRefused: 1: {BROKEN} 2025-02-14: position breaks the rule quantity_excess"
    assert alarm.startswith(f'"Glue job bovespa-refine is FAILED: {reason}')
    assert " (run jr_" in alarm


def test_a_refusal_that_stands_fails_no_second_run(ended):
    """It is named, so that nobody forgets it."""
    done = ended.played.runs["a session came late"].said[0]
    assert [BROKEN in prior_findings for prior_findings in done["still_refused"]] == [True]


def test_a_late_session_corrects_the_changes_of_its_successor(ended):
    """A late session takes over the rebalance; one security's change remains."""
    before = ended.played.after_the_late["a portfolio is refused"]
    after = ended.played.after_the_late["a session came late"]
    assert len(before) > 40
    assert {row["previous_reference_date"] for row in after} == {LATE}
    assert [row["ticker"] for row in after] == ["EQTL3"]


def test_a_run_with_nothing_to_do_writes_nothing(ended):
    """An event that comes late costs a minute of Glue, and changes nothing."""
    run, objects = ended.played.runs["nothing is pending"], ended.played.objects
    assert (run.code, run.said[0]["published"]) == (0, 0)
    assert objects["nothing is pending"] == objects["a session came late"]


def test_a_rebuild_publishes_everything_and_leaves_no_snapshot_but_the_newest(ended, tables):
    """Maintenance deletes expired files, under warehouse/ alone."""
    run, objects = ended.played.runs["everything is published anew"], ended.played.objects
    gone = objects["nothing is pending"] - objects["everything is published anew"]
    assert (run.code, run.said[0]["published"]) == (0, len(tables["portfolio"]))
    assert gone
    assert {key.split("/")[0] for key in gone} == {"warehouse"}


def test_the_workflow_exports_the_tables_with_the_right_to_read_them(ended):
    """Every table, in both formats, and what describes them."""
    names = {f"{table}.{kind}" for table in REFINED for kind in ("csv", "parquet")}
    assert names | {"README.md", "datapackage.json", "SHA256SUMS"} <= ended.played.exported


def test_the_watch_names_what_has_no_session_of_today(ended):
    """It was called as the schedule calls it, and tells the topic that people listen to."""
    assert set(ended.played.watched["late"]) == {"IBOV", BROKEN, LARGE}
    assert f"IBOV: newest session {SESSIONS[-1]}" in ended.played.alarms["watch"][0]


def test_the_jobs_run_the_wheels_that_were_uploaded(ended):
    """From the archive, on a machine that has nothing else of ours."""
    run = ended.played.runs["everything is published anew"]
    assert json.loads(run.lines[0])["code"].endswith(
        "bovespa-refine/machine/lib/python3.11/site-packages/lake_io/tables/maintenance.py"
    )


def test_the_jobs_are_given_glues_own_arguments_too(ended):
    """Arguments of the applied job, after those of the run."""
    arguments = ended.played.runs["capture"].arguments
    assert arguments["--lake"] == LAKE
    assert {"--JOB_NAME", "--custom-logGroup-prefix", "--source"} <= arguments.keys()
