from enum import StrEnum


class Role(StrEnum):
    """What a person does here. A role is a Django group of the same name."""

    INSPECTOR = "inspector"
    ENGINEER = "engineer"
    RELEASE_OFFICER = "release_officer"
    CATALOGUE_OWNER = "catalogue_owner"
    AUDITOR = "auditor"


ROLE_LABELS = {
    Role.INSPECTOR: ("QA inspector", "质检员"),
    Role.ENGINEER: ("QA engineer", "质量工程师"),
    Role.RELEASE_OFFICER: ("Release officer", "放行员"),
    Role.CATALOGUE_OWNER: ("Catalogue owner", "目录负责人"),
    Role.AUDITOR: ("Auditor", "审核员"),
}
