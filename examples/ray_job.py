"""Decide for everybody with Ray Data, on this machine or on the cluster that `ray.init` finds.

python ray_job.py people.parquet decisions --policy tw/covid19-1922/round-19
"""

from __future__ import annotations

import argparse

import ray

from vaxpolicy import catalog
from vaxpolicy.population import arrow_function


def main() -> None:
    """Read, decide, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people")
    parser.add_argument("decisions")
    parser.add_argument("--policy", required=True)
    options = parser.parse_args()

    ray.init(include_dashboard=False, log_to_driver=False)
    people = ray.data.read_parquet(options.people)
    decide = arrow_function(catalog.load(options.policy))
    decisions = people.map_batches(decide, batch_format="pyarrow", zero_copy_batch=True)
    decisions.write_parquet(options.decisions)
    ray.shutdown()


if __name__ == "__main__":
    main()
