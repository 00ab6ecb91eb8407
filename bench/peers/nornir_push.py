"""Replaces the configuration of every switch of an inventory, as the seed system's enforcer did it.

Arguments: folder with hosts.yaml, groups.yaml and one <host>.cfg each; workers; seconds after which no switch is
begun any more. Prints one JSON object: switches done, failed and not begun, seconds, the first error, peak memory (MiB).
"""

import json
import logging
import resource
import sys
import time
from pathlib import Path

from nornir import InitNornir
from nornir_napalm.plugins.tasks import napalm_configure

folder, workers, budget = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
logging.disable(logging.CRITICAL)


def push(task):
    """One switch: open, load, diff, commit, save."""
    if time.monotonic() - started > budget:
        return "not begun"
    text = (folder / f"{task.host.name}.cfg").read_text()
    result = task.run(task=napalm_configure, configuration=text, replace=True)
    task.host.close_connection("napalm")
    return "changed" if result.changed else "unchanged"


nornir = InitNornir(
    inventory={
        "plugin": "SimpleInventory",
        "options": {"host_file": str(folder / "hosts.yaml"), "group_file": str(folder / "groups.yaml")},
    },
    runner={"plugin": "threaded", "options": {"num_workers": workers}},
    logging={"enabled": False},
)
started = time.monotonic()
results = nornir.run(task=push)
seconds = time.monotonic() - started
words = [str(result[0].result) for result in results.values() if not result.failed]
errors = [str(result[-1].exception) for result in results.values() if result.failed]
print(
    json.dumps(
        {
            "seconds": seconds,
            "changed": words.count("changed"),
            "unchanged": words.count("unchanged"),
            "notBegun": words.count("not begun"),
            "failed": len(errors),
            "error": errors[0] if errors else None,
            # Linux counts in KiB.
            "peakMemory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
