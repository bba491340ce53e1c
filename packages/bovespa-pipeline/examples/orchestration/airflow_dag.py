"""The daily run as an Airflow DAG (Airflow 3). Copy both files into the folder of DAGs.

A run that finds B3 unreachable is tried again; one that finds a refusal fails at once, and
Airflow's own alerts tell of it.
"""

from datetime import timedelta

import pendulum
from airflow.exceptions import AirflowFailException
from airflow.sdk import dag, task
from daily_run import Alert, daily_run, published


@task(retries=6, retry_delay=timedelta(minutes=20))
def capture_and_refine() -> list[str]:
    try:
        return published(daily_run())
    except Alert as error:
        raise AirflowFailException(str(error)) from error


@dag(
    schedule="0 8,20 * * 1-5",
    start_date=pendulum.datetime(2026, 1, 1, tz="America/Sao_Paulo"),
    catchup=False,  # B3 serves the current session only
    max_active_runs=1,
)
def bovespa_daily() -> None:
    capture_and_refine()


bovespa_daily()
