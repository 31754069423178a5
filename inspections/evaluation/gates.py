"""The two decisions: of one vehicle's gate, and of what belongs to the batch itself."""

from .batch_gate import decide_batch
from .vehicle_gate import decide

__all__ = ["decide", "decide_batch"]
