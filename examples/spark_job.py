"""Decide for everybody on a Spark cluster.

    spark-submit spark_job.py people.parquet decisions --policy tw/covid19-1922/round-19

The workers need Python with ``vaxpolicy[population]``; PYSPARK_PYTHON names that Python. Without a
cluster, `--master "local[2]"` runs it on this machine.
"""

from __future__ import annotations

import argparse

from pyspark.sql import SparkSession

from vaxpolicy import catalog
from vaxpolicy.population import SPARK_SCHEMA, arrow_function


def main() -> None:
    """Read, decide, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people")
    parser.add_argument("decisions")
    parser.add_argument("--policy", required=True)
    parser.add_argument("--master")
    options = parser.parse_args()

    builder = SparkSession.builder.appName("vaxpolicy")
    if options.master:
        builder = builder.master(options.master)
    # instants are instants: Spark would show them in the zone of the machine
    spark = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    people = spark.read.parquet(options.people)
    decide = arrow_function(catalog.load(options.policy))
    people.mapInArrow(decide, SPARK_SCHEMA).write.mode("overwrite").parquet(options.decisions)
    spark.stop()


if __name__ == "__main__":
    main()
