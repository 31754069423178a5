"""The sentences with which Interlock explains a refusal: the one catalogue for pages, API and mail.

Each code has two lines in each language: what is found, and what would clear it. Names in braces are filled by
`sentences.sentence`; `KEYS` lists those that a code takes from the detail of its reason.
"""

from typing import Final, Literal

from inspections.evaluation.reasons import JudgementReason, ReasonCode

Language = Literal["en", "zh-hans"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh-hans")

Lines = tuple[str, str]
R = ReasonCode

ENGLISH: Final[dict[ReasonCode, Lines]] = {
    R.NO_REQUIREMENTS: ("Plan {plan} asks nothing of {gate}.", "Clears when an approved revision does."),
    R.PLAN_NOT_APPROVED: ("Plan {plan} revision {revision} is not approved.", "Clears when two people approve it."),
    R.MISSING_RESULT: ("{subject}: no result for {characteristic}.", "Clears when one is recorded and passes."),
    R.MEASUREMENT_FAILED: (
        "{subject}: {characteristic} is {found}; {required} is required.",
        "Clears when {nonconformance} has a disposition and a later test passes.",
    ),
    R.MEASUREMENT_INDETERMINATE: (
        "{subject}: {characteristic} cannot be judged: {detail}.",
        "Clears when a usable result passes.",
    ),
    R.VERDICT_DISAGREEMENT: (
        "{subject}: rig {rig} says {claimed}, Interlock says {judged} for {characteristic}.",
        "Clears when an engineer reviews it.",
    ),
    R.RIG_OUT_OF_CALIBRATION: (
        "{subject}: {characteristic} was measured on {rig}, not in calibration at {at}.",
        "Clears when the certificate is entered or another rig passes it.",
    ),
    R.RIG_NOT_AUTHORISED: (
        "{subject}: {rig} was not authorised for {procedure} at {at}.",
        "Clears when an authorised rig passes it.",
    ),
    R.SOFTWARE_MISMATCH: (
        "{subject}: tested with {system} {found}; the car has {required}.",
        "Clears when tested with {required}.",
    ),
    R.EVIDENCE_STALE: ("{subject}: {characteristic} is older than {change} of {at}.", "Clears when tested again."),
    R.RETEST_UNEXPLAINED: (
        "{subject}: {characteristic} was repeated {found} {times}; {required} allowed.",
        "Clears when {nonconformance} explains them.",
    ),
    R.SUBMISSION_QUARANTINED: (
        "{subject}: {count} {submissions} naming it cannot be read: {detail}.",
        "Clears when each is read or set aside with a reason.",
    ),
    R.COVERAGE_MISSING: ("{configuration}: nothing covers {procedure}.", "Clears when coverage is signed."),
    R.COVERAGE_EXPIRED: ("Coverage {coverage} for {procedure} ended {at}.", "Clears when renewed."),
    R.COVERAGE_REVOKED: (
        "Coverage {coverage} for {procedure} was revoked {at}: {detail}.",
        "Clears when another is signed.",
    ),
    R.SAMPLE_SHORT: (
        "{procedure}: {found} of {required} samples conform for {period}.",
        "Clears when the rest do; next due {next_due}.",
    ),
    R.SAMPLE_REJECTED: (
        "{procedure}: sample {sample} failed {characteristic}.",
        "Clears when every car is screened or scrapped.",
    ),
    R.CONCESSION_EXPIRED: (
        "{subject}: concession {concession} for {characteristic} ended {at}.",
        "Clears when renewed or the result conforms.",
    ),
    R.TALLY_MISMATCH: (
        "{subject}: stored counts differ from the recount ({found}, {required}).",
        "Clears when an engineer has it recounted and they agree.",
    ),
    R.HOLD_ACTIVE: ("{subject} {is} held by {who} since {at}: {detail}.", "Clears when {hold_ends}."),
    R.NONCONFORMANCE_OPEN: ("{subject}: {nonconformance} is open.", "Clears when closed."),
    R.EVALUATION_PENDING: (
        "{subject}: evidence of {at} is not decided yet.",
        "Clears by itself, usually in seconds.",
    ),
    R.DECISION_EXPIRED: ("{subject}: the decision held until {at}.", "Clears when decided again."),
    R.OPERATOR_UNKNOWN: ("{subject}: operator {found} is nobody we know.", "Clears when mapped to a person."),
    R.NOT_RELEASED: ("{subject} {is} clear; {count} of 2 signatures.", "Clears when signed."),
    R.RELEASE_SUSPENDED: (
        "{subject}: release {release} suspended {at}: something was decided later.",
        "Clears when clear again and signed anew.",
    ),
    R.NOT_FOR_DELIVERY: ("{subject} {is} not meant for a customer: {detail}.", "Nothing clears this; it never leaves."),
}

CHINESE: Final[dict[ReasonCode, Lines]] = {
    R.NO_REQUIREMENTS: ("控制计划{plan}对{gate}没有任何要求。", "解除条件：批准含要求的版本。"),
    R.PLAN_NOT_APPROVED: ("控制计划{plan}第{revision}版未批准。", "解除条件：两人批准。"),
    R.MISSING_RESULT: ("{subject}：缺少{characteristic}的结果。", "解除条件：补录且合格。"),
    R.MEASUREMENT_FAILED: (
        "{subject}：{characteristic}为{found}，要求{required}。",
        "解除条件：{nonconformance}完成处置且之后的检验合格。",
    ),
    R.MEASUREMENT_INDETERMINATE: (
        "{subject}：{characteristic}无法判定：{detail}。",
        "解除条件：取得可判定的合格结果。",
    ),
    R.VERDICT_DISAGREEMENT: (
        "{subject}：{characteristic}台架{rig}判{claimed}，系统判{judged}。",
        "解除条件：工程师复核。",
    ),
    R.RIG_OUT_OF_CALIBRATION: (
        "{subject}：{characteristic}由{rig}于{at}测得，当时不在校准有效期。",
        "解除条件：录入证书，或由其他台架检验合格。",
    ),
    R.RIG_NOT_AUTHORISED: (
        "{subject}：{rig}于{at}未获{procedure}授权。",
        "解除条件：由获授权台架检验合格。",
    ),
    R.SOFTWARE_MISMATCH: (
        "{subject}：检验时{system}为{found}，车上为{required}。",
        "解除条件：以{required}重新检验。",
    ),
    R.EVIDENCE_STALE: ("{subject}：{characteristic}早于{at}的{change}。", "解除条件：重新检验。"),
    R.RETEST_UNEXPLAINED: (
        "{subject}：{characteristic}重复{found}次，允许{required}次。",
        "解除条件：在{nonconformance}中说明。",
    ),
    R.SUBMISSION_QUARANTINED: (
        "{subject}：{count}份相关提交无法读取：{detail}。",
        "解除条件：逐份读取或说明理由搁置。",
    ),
    R.COVERAGE_MISSING: ("{configuration}：{procedure}无覆盖。", "解除条件：签署覆盖。"),
    R.COVERAGE_EXPIRED: ("{procedure}的覆盖{coverage}已于{at}到期。", "解除条件：更新覆盖。"),
    R.COVERAGE_REVOKED: (
        "{procedure}的覆盖{coverage}已于{at}撤销：{detail}。",
        "解除条件：签署新覆盖。",
    ),
    R.SAMPLE_SHORT: (
        "{procedure}：{period}样本合格{found}件，要求{required}件。",
        "解除条件：补足合格样本，下一件为{next_due}。",
    ),
    R.SAMPLE_REJECTED: (
        "{procedure}：样本{sample}的{characteristic}不合格。",
        "解除条件：逐台筛查或报废。",
    ),
    R.CONCESSION_EXPIRED: (
        "{subject}：{characteristic}的让步{concession}已于{at}到期。",
        "解除条件：续批或结果合格。",
    ),
    R.TALLY_MISMATCH: (
        "{subject}：存储计数与重算不符（{found}，{required}）。",
        "解除条件：工程师重算且一致。",
    ),
    R.HOLD_ACTIVE: ("{subject}自{at}被{who}扣留：{detail}。", "解除条件：{hold_ends}。"),
    R.NONCONFORMANCE_OPEN: ("{subject}：{nonconformance}未关闭。", "解除条件：关闭。"),
    R.EVALUATION_PENDING: (
        "{subject}：{at}的证据尚未判定。",
        "解除条件：自动判定，通常数秒。",
    ),
    R.DECISION_EXPIRED: ("{subject}：判定有效期至{at}。", "解除条件：重新判定。"),
    R.OPERATOR_UNKNOWN: ("{subject}：操作员{found}无法对应。", "解除条件：对应到人员。"),
    R.NOT_RELEASED: ("{subject}已具备条件，签名{count}/2。", "解除条件：完成签署。"),
    R.RELEASE_SUSPENDED: (
        "{subject}：放行{release}已于{at}中止：签署后有新的判定。",
        "解除条件：恢复条件并重新签署。",
    ),
    R.NOT_FOR_DELIVERY: ("{subject}不用于交付：{detail}。", "无法解除，永不放行。"),
}

NEVER_MET: Final[dict[Language, Lines]] = {
    "en": (
        " The plan asks {asks}; the car has {states} {has}.",
        " First set the car's software back, or revise the plan: as it stands it can only fail.",
    ),
    "zh-hans": (
        "控制计划要求{asks}，车上{states}为{has}。",
        "须先恢复车辆软件或修订控制计划：按现状只会不合格。",
    ),
}
"""What follows both lines of any reason whose detail says that the car's software can never meet the line."""

SENTENCES: Final[dict[Language, dict[ReasonCode, Lines]]] = {"en": ENGLISH, "zh-hans": CHINESE}

KEYS: Final[dict[ReasonCode, tuple[str, ...]]] = {
    R.NO_REQUIREMENTS: ("plan", "gate"),
    R.PLAN_NOT_APPROVED: ("plan", "revision"),
    R.MEASUREMENT_FAILED: ("nonconformance",),
    R.MEASUREMENT_INDETERMINATE: ("detail",),
    R.VERDICT_DISAGREEMENT: ("rig", "claimed", "judged"),
    R.RIG_OUT_OF_CALIBRATION: ("rig", "at"),
    R.RIG_NOT_AUTHORISED: ("rig", "procedure", "at"),
    R.SOFTWARE_MISMATCH: ("system",),
    R.EVIDENCE_STALE: ("change", "at"),
    R.RETEST_UNEXPLAINED: ("nonconformance",),
    R.SUBMISSION_QUARANTINED: ("count", "detail"),
    R.COVERAGE_MISSING: ("configuration", "procedure"),
    R.COVERAGE_EXPIRED: ("coverage", "procedure", "at"),
    R.COVERAGE_REVOKED: ("coverage", "procedure", "at", "detail"),
    R.SAMPLE_SHORT: ("procedure", "period", "next_due"),
    R.SAMPLE_REJECTED: ("procedure", "sample"),
    R.CONCESSION_EXPIRED: ("concession", "at"),
    R.HOLD_ACTIVE: ("who", "at", "detail"),
    R.NONCONFORMANCE_OPEN: ("nonconformance",),
    R.EVALUATION_PENDING: ("at",),
    R.DECISION_EXPIRED: ("at",),
    R.NOT_RELEASED: ("count",),
    R.RELEASE_SUSPENDED: ("release", "at"),
    R.NOT_FOR_DELIVERY: ("detail",),
}
"""What each code takes from its reason's detail, beyond subject, characteristic, found and required."""

# What stands where a reason does not say: a refusal is told as a whole sentence even when a fact of it is lost.
UNSAID: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "subject": "This vehicle",
        "characteristic": "the whole inspection",
        "nonconformance": "its nonconformance",
        "plan": "of this batch",
        "count": "some",
        "who": "somebody",
        "detail": "no reason given",
        "": "not known",
    },
    "zh-hans": {
        "subject": "本车",
        "characteristic": "整个检验",
        "nonconformance": "该不合格项",
        "plan": "（未指定）",
        "count": "若干",
        "who": "某人",
        "detail": "未说明原因",
        "": "未知",
    },
}

KEPT: Final[dict[str, Lines]] = {
    "waiting": ("it waits for its vehicle to be registered", "等待车辆登记"),
    "id_conflict": ("its id was used before for other content", "其编号已用于其他内容"),
    "unknown_procedure": ("the catalogue knows no such procedure", "目录中没有该检验规程"),
    "rig_not_authorised_now": ("the rig was not authorised when it posted", "提交时台架未获授权"),
    "finished_in_future": ("it finished ahead of our clock", "结束时间晚于系统时间"),
    "finished_before_started": ("it finished before it started", "结束时间早于开始时间"),
    "malformed_body": ("it is no valid JSON", "不是有效的JSON"),
    "invalid": ("a field is not as agreed", "字段不符合约定"),
    "too_large": ("it is too large", "内容过大"),
    "unreadable": ("the file is damaged or not as its format says", "文件损坏或不符合其格式"),
    "unknown_format": ("no reader knows the file's format", "没有可读取该格式的程序"),
    "file_altered": ("the file on disk is not the one that landed", "磁盘上的文件不是当初收到的文件"),
    "file_missing": ("the file is not on disk any more", "文件已不在磁盘上"),
    "empty": ("there is no test in the file", "文件中没有检验"),
    "subject": ("it names no vehicle or component for certain", "未明确指出车辆或部件"),
    "subject_differs": ("it names two different vehicles", "其中指出了两辆不同的车"),
    "procedure_differs": ("it was sent as another procedure than it holds", "提交的检验规程与文件内容不同"),
    "item_missing": ("an item that the profile makes mandatory is absent", "缺少配置文件规定的必测项"),
    "item_repeated": ("an item comes more often than the profile places it", "某项出现的次数多于配置文件的规定"),
    "not_a_test": ("it is no test that counts", "不是计入记录的检验"),
    "no_profile": ("no profile says how this rig's files are read", "没有配置文件说明如何读取该台架的文件"),
    "profile_not_in_force": ("the rig's profile has no revision in force", "该台架的配置文件没有生效的版次"),
    "recorded_otherwise": (
        "it was recorded from this file before and is read otherwise now",
        "此前已从该文件记录，现在读出的内容不同",
    ),
    "reading_broke_off": ("reading it broke off again and again", "读取一再中断"),
    "not_read_yet": ("a file that was sent for it is not read yet", "为其提交的文件尚未读取"),
    "to_be_read": ("its subject was named; it is read again", "已指明对象，正在重新读取"),
    "not_met_again": ("it was kept before and this reading does not find it", "此前已留存，本次读取未找到"),
}
"""Why something kept in intake is not on the record, in words; `fault_catalogue` has what is wrong with its content."""

J = JudgementReason
DETAILS: Final[dict[JudgementReason, Lines]] = {
    J.UNIT_MISMATCH: ("unit {found}, not {required}", "单位为{found}，应为{required}"),
    J.NO_VALUE: ("no value", "无数值"),
    J.NOT_A_NUMBER: ("not a number", "不是数字"),
    J.NUMBER_OUT_OF_RANGE: ("outside number range", "数值超出范围"),
    J.WITHIN_UNCERTAINTY: ("uncertainty crosses the limit", "不确定度跨越限值"),
    J.NO_REQUIREMENT: ("no requirement", "无对应要求"),
    J.NO_PLAN: ("no plan to judge it by", "没有可依据的控制计划"),
    J.UNKNOWN_CHARACTERISTIC: ("not in the catalogue", "目录中没有该特性"),
    J.UNKNOWN_POSITION: ("position not in the plan", "控制计划中没有该位置"),
    J.WRONG_TYPE: ("value of the wrong kind", "数值类型不符"),
    J.UNPARSED_LIMIT: ("limit cannot be read", "限值无法解析"),
    J.NOT_MEASURED: ("not measured", "未测量"),
    J.NO_REQUIREMENTS: ("nothing is required of it", "没有任何要求"),
    J.ABSENT: ("absent from the inspection", "检验中缺少该项"),
    J.NOT_IN_EFFECT: ("requirement not in effect", "要求未生效"),
    J.OUTSIDE_LIMITS: ("outside the limits", "超出限值"),
    J.NO_LIMIT: ("requirement without a limit", "要求没有限值"),
    J.UNCERTAINTY_NOT_STATED: ("uncertainty not stated", "未说明不确定度"),
}
"""Why a measurement could not be judged, English and Chinese. For a unit, found and required are units."""

PART_NOT_MEASURED: Final[Lines] = ("{part} in it has no result of its own", "车上的{part}没有自己的结果")
"""Why what another part of its kind showed does not count for a part."""

CHANGES: Final[dict[str, Lines]] = {
    "rework": ("rework", "返工"),
    "former_car": ("the end of the car that it was in", "其原车报废或试验损毁"),
}
"""What made a result stale, where that is no part or version by its name. A sentence goes on with when it was."""

DRAWN: Final[dict[Language, Lines]] = {
    "en": ("this batch", "a drawn car of the batch"),
    "zh-hans": ("本批次", "本批次被抽中的车"),
}
"""What a sample per batch is short for, and what is due next."""

GATES: Final[dict[str, Lines]] = {
    "battery": ("battery", "电池"),
    "crash": ("crash", "碰撞"),
    "driving": ("driving", "行驶"),
}

VERDICTS: Final[dict[str, Lines]] = {
    "pass": ("pass", "合格"),
    "fail": ("fail", "不合格"),
    "indeterminate": ("unclear", "无法判定"),
    "not_judged": ("not judged", "未判定"),
}

HOLD_ENDS: Final[dict[str, Lines]] = {
    "cause": ("its cause ends", "原因消除"),
    "person": ("an engineer lifts it", "质量工程师解除"),
}
