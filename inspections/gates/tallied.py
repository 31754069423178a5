"""Counting clear cars without a look at every car: most stand as their batch's counts say, few are out of the ordinary.

A batch's gates count its cars by how each gate stands (`BatchGate`, kept by the decider by difference). Where those
counts account for every car that is meant for a customer, a car that nothing of its own stops has three gates that
passed. What stops a car is found by the indexes of what is unusual. A batch whose counts do not account for its cars,
as while some that were registered just now wait to be decided, is *uneven*: its cars are looked at one by one.

Parts of statements, to go behind `with recursive` and `STRANGE_CARS`. `clearance` of one car reads none of them.
"""

from __future__ import annotations

from typing import Final

# The gates of a batch's cars name that batch, but for a moved car that is not decided there yet, and that is marked.
STOPPED: Final = """
stopped as materialized (
    select vehicle_id from inspections_vehiclegate where state <> 0 and batch_id = any({batches})
    union select vehicle_id from inspections_vehiclegate where valid_until <= %(at)s
    union select vehicle_id from inspections_mark where batch_id = any({batches}) and vehicle_id is not null
    union select vehicle_id from inspections_hold where lifted_at is null and vehicle_id is not null
    union select vehicle_id from inspections_nonconformance where state = 'open' and vehicle_id is not null
    union select vehicle_id from strange
)
"""
"""`stopped`: cars of the `{batches}`, an array of ids, of which something of their own is not in order. Others too."""

UNEVEN: Final = """
uneven as materialized (
    select distinct c.batch_id from {counted} c cross join unnest(array['battery', 'crash', 'driving']) as d(domain)
    left join inspections_batchgate g on g.batch_id = c.batch_id and g.domain = d.domain
    where g.passed + g.failed + g.pending is distinct from c.for_delivery
)
"""
"""`uneven`: those of `{counted}` (`batch_id`, `for_delivery`) whose counts do not account for their cars."""
