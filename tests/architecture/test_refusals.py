"""Whoever is refused reads why in their own language: no refusal that a person can meet is a plain text."""

import ast
import re
from functools import cache

import pytest

from tests.architecture.sources import calls, dotted, modules

ROOMS = (
    "people", "records", "marks", "catalogue", "batches", "rigs", "results", "intake", "dispositions", "gates",
    "releases", "sealing", "notices",
)  # fmt: skip
MACHINES = {
    # What rigs, the MES and scripts are answered is English by the contract.
    "BatchConflict",
    "BodyRefused",
    "KeyRefused",
    "MayNotLeave",
    "RegistrationRefused",
    "UnknownVehicle",
    # Whoever loads files or works on the command line reads English; a second place is a machine.
    "FilesRefused",
    "ArchiveRefused",
    "IndexError",
    "NoCheckpoint",
    "PlaceAway",
    # Its words are the faults of a document by line, as those of a plan file.
    "ProfileRefused",
    # Kept with the file by its code and shown by that.
    "Unmapped",
    # The pages say who may, by its roles.
    "NotAllowed",
    # Its words are those of its faults, which `fault_at` takes as `Said`.
    "ChangeRefused",
    # Faults of the code or the machine: nobody is refused anything.
    "AssertionError",
    "DoesNotExist",
    "ExceptionGroup",
    "FileAltered",
    "FileNotFoundError",
    "InvalidStorageError",
    "LockOutsideTransaction",
    "RuntimeError",
    "StartOver",
    "TypeError",
    "ValueError",
}


@cache
def kinds():
    """The exceptions of the house by name, with the names of their bases."""
    return {
        node.name: [dotted(base).rsplit(".", 1)[-1] for base in node.bases]
        for _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }


def is_a(name, wanted):
    return name == wanted or any(is_a(base, wanted) for base in kinds().get(name, ()))


def raised():
    """Each exception that the rooms raise by calling it, and what is raised through `refuse`, with its place."""
    for path, tree in modules(*ROOMS):
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                yield f"{path}:{node.lineno}", dotted(node.exc.func).rsplit(".", 1)[-1], node.exc


def handed_over():
    """Each call that puts words before people: `say`, `say_count`."""
    for path, tree in modules():
        for call, name in calls(tree):
            if name in {"say", "say_count"} and not path.endswith("saying.py"):
                yield f"{path}:{call.lineno}", name, call


def plain(node):
    """Whether an argument is a text of its own: a literal, an f-string, or one that is put together."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.BinOp):
        return plain(node.left) or plain(node.right)
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Call) and dotted(node.func).rsplit(".", 1)[-1] in {"str", "format", "join", "gettext", "_"}
    )


def faults(name, call):
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    coded = name == "refuse" or is_a(name, "CodedRefusal")
    return [ast.unparse(each) for each in (arguments[1:] if coded else arguments) if plain(each)]


def test_what_people_meet_is_said_and_everything_else_is_named_here():
    """An exception of the rooms is a `Refusal`, or stands above with the reason why nobody reads it on a page."""
    unsaid = {
        f"{place} {name}"
        for place, name, _ in raised()
        if not (is_a(name, "Refusal") or name in MACHINES | {"refuse"} or name.startswith("_"))
    }
    assert unsaid == set()
    assert {name for name in MACHINES if is_a(name, "Refusal")} == set()


def test_no_refusal_is_a_plain_text():
    found = {
        f"{place} {text}"
        for place, name, call in raised()
        if is_a(name, "Refusal") or name == "refuse"
        for text in faults(name, call)
    }
    assert found == set()


def test_each_message_is_written_out_and_has_the_facts_that_it_names():
    """Written out, so that it can be translated; a fact that is not handed in would break the sentence when read."""
    wrong = set()
    for place, name, call in handed_over():
        messages = call.args
        if len(messages) != (2 if name == "say_count" else 1) or not all(
            isinstance(each, ast.Constant) and isinstance(each.value, str) for each in messages
        ):
            wrong.add(f"{place} is not written out")
            continue
        if any(keyword.arg is None for keyword in call.keywords):
            continue
        asked = {fact for each in messages for fact in re.findall(r"%\((\w+)\)", each.value)}
        handed = {keyword.arg for keyword in call.keywords}
        if asked != handed and asked | {"count"} != handed:
            wrong.add(f"{place} asks {sorted(asked)}, is handed {sorted(handed)}")
    assert wrong == set()


PAGES_SAY = {
    "messages.success": 1,
    "messages.info": 1,
    "messages.warning": 1,
    "messages.error": 1,
    "form.add_error": 1,
    "self.add_error": 1,
    "Http404": 0,
    "ValidationError": 0,
}
"""What of the boundary puts words before people, and which argument they are."""


def test_no_page_and_no_form_says_a_plain_text():
    found = {
        f"{path}:{call.lineno} {ast.unparse(said)}"
        for path, tree in modules("web")
        for call, name in calls(tree)
        for said in (call.args[PAGES_SAY[name] :][:1] if name in PAGES_SAY else ())
        if plain_words(said)
    }
    assert found == set()


def plain_words(node):
    """A text of its own, also with facts filled in; what is handed to gettext first is none."""
    if isinstance(node, ast.BinOp):
        return plain_words(node.left)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize(
    "source, found",
    [
        ('raise HoldRefused("It is held.")', ["'It is held.'"]),
        ('raise HoldRefused(f"{vin} is held.")', ["f'{vin} is held.'"]),
        ('raise HoldRefused("It is %s." % state)', ["'It is %s.' % state"]),
        ("raise HoldRefused(str(error))", ["str(error)"]),
        ('raise DispositionRefused("closed", f"{number} is closed.")', ["f'{number} is closed.'"]),
        ('raise DispositionRefused("closed", say("%(number)s is closed.", number=number))', []),
        ('raise ReleaseRefused("four_eyes", text)', []),
    ],
)
def test_a_plain_text_is_seen(source, found):
    call = ast.parse(source).body[0].exc
    assert faults(dotted(call.func), call) == found
