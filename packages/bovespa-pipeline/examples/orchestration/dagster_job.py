"""The daily run as a Dagster job: `dagster dev -f dagster_job.py`, from this folder.

A run that finds B3 unreachable is tried again; one that finds a refusal fails at once.
"""

from dagster import (
    Definitions,
    Failure,
    OpExecutionContext,
    RetryPolicy,
    ScheduleDefinition,
    job,
    op,
)
from daily_run import Alert, daily_run, published


@op(retry_policy=RetryPolicy(max_retries=6, delay=20 * 60))
def capture_and_refine(context: OpExecutionContext) -> list[str]:
    try:
        sessions = published(daily_run())
    except Alert as error:
        raise Failure(str(error), allow_retries=False) from error
    context.log.info(f"published: {', '.join(sessions) or 'nothing new'}")
    return sessions


@job
def bovespa_daily() -> None:
    capture_and_refine()


definitions = Definitions(
    jobs=[bovespa_daily],
    schedules=[
        ScheduleDefinition(
            job=bovespa_daily,
            cron_schedule="0 8,20 * * 1-5",
            execution_timezone="America/Sao_Paulo",
        )
    ],
)
