"""Reads and fills the entry form as a browser does: what the page drew is sent back with what was typed."""

from html.parser import HTMLParser


class _Fields(HTMLParser):
    """The controls of the form with the id `entry-form`, as a browser would send them untouched."""

    def __init__(self):
        super().__init__()
        self.sent, self.names, self.inside = {}, [], False

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.inside = found.get("id") == "entry-form"
        if tag != "input" or not self.inside or "name" not in found:
            return
        self.names.append(found["name"])
        if found.get("type") in ("radio", "checkbox"):
            if "checked" in found:
                self.sent[found["name"]] = found.get("value", "on")
        else:
            self.sent[found["name"]] = found.get("value", "")


def fields_of(response):
    """What the form of the page would send, by name. The proof of origin is left out: the client needs none."""
    parser = _Fields()
    parser.feed(response.content.decode())
    parser.sent.pop("csrfmiddlewaretoken", None)
    return parser.sent


def name_of(characteristic, position=""):
    from inspections.catalogue.models import Characteristic

    return f"m{Characteristic.objects.get(code=characteristic).pk}-{position}"


def address(plant, procedure="BAT-EOL", vin=None):
    return f"/entry/{vin or plant.vehicle.vin}/{procedure}/"


def good_values():
    """Values of BAT-EOL that pass, as they are typed."""
    return {
        name_of("BOND", "charge-port"): "0.043",
        name_of("BOND", "pack"): "0.040",
        name_of("ISO"): "812.0",
        name_of("HVIL"): "conforms",
    }


def draw(client, plant, procedure="BAT-EOL"):
    """The fields of a form newly drawn, with what a person ticks beside the values."""
    response = client.get(address(plant, procedure))
    assert response.status_code == 200
    return {**fields_of(response), "software_seen": "on"}


def save(client, plant, changed=None, procedure="BAT-EOL", **more):
    """Draw a form, type values that pass with some changed, and save. `changed` maps names to what is typed."""
    sent = {**draw(client, plant, procedure), **good_values(), **(changed or {})}
    return client.post(address(plant, procedure), sent, **more)
