"""Run by the tests of the engines: start a cluster, say so, and hold it until told otherwise."""

import json
import sys
import time

from qa.embedded.cluster import for_tests
from qa.embedded.refusal import CannotStart

try:
    cluster = for_tests()
    try:
        cluster.start()
        pids = {started.running.name: started.running.pid for started in cluster.watched}
        guard = cluster.guard.pid if cluster.guard else 0
        print(json.dumps({"role": cluster.places.role, "guard": guard, **pids, **cluster.addresses()}), "\nstarted")
        while sys.argv[1:] != ["once"]:
            time.sleep(0.1)
    finally:
        cluster.stop()
except CannotStart as refusal:
    sys.exit(f"refused: {refusal}")
except KeyboardInterrupt:
    print("stopped")
