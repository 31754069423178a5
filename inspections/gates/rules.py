from ..batches.choices import VehicleStatus
from ..saying import Refusal, Said, say


class CoverageRefused(Refusal):
    """Type-level evidence that cannot be entered or taken back; says what was found and what to do."""


class RemovalRefused(Refusal):
    """A car that cannot be taken out of delivery so; says what was found and what to do."""


class MoveRefused(Refusal):
    """A car that cannot be moved so; says what was found and what to do."""


class RepinRefused(Refusal):
    """A batch that cannot be judged on this revision; says what was found and what to do."""


def became(status: str) -> Said:
    """What a car became that is not in process, to follow its VIN in a sentence."""
    return {
        VehicleStatus.IN_PROCESS: say("is in process"),
        VehicleStatus.RELEASED: say("is released"),
        VehicleStatus.DELIVERED: say("has left the plant"),
        VehicleStatus.DESTROYED: say("was destroyed for a test already"),
        VehicleStatus.SCRAPPED: say("was scrapped already"),
        VehicleStatus.TRANSFERRED: say("was transferred"),
    }[VehicleStatus(status)]
