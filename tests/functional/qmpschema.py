# SPDX-License-Identifier: GPL-2.0-or-later
"""What an emulator says over QMP, checked against its own query-qmp-schema.

The same for tests in C is tests/qtest/qmp-schema-check.c.
"""

CLASSES = ("GenericError", "CommandNotFound", "DeviceNotActive",
           "DeviceNotFound", "KVMMissingCap")
BUILTINS = {"string": (str,), "int": (int,), "number": (int, float),
            "boolean": (bool,), "null": (type(None),)}


class Schema:
    """The answer to query-qmp-schema."""

    def __init__(self, entries):
        self.entries = {e["name"]: e for e in entries}

    def check(self, command, message):
        """Assert that an event, or the answer to a command, is as declared."""
        if "event" in message:
            name = message["event"]
            self.value(self.entry(name, "event")["arg-type"],
                       message.get("data", {}), name)
            assert set(message) <= {"event", "data", "timestamp"}, message
            assert set(message["timestamp"]) == {"seconds", "microseconds"}
        elif "error" in message:
            assert set(message) <= {"error", "id"}, message
            assert set(message["error"]) == {"class", "desc"}, message
            assert message["error"]["class"] in CLASSES, message
        else:
            assert set(message) <= {"return", "id"}, message
            self.value(self.entry(command, "command")["ret-type"],
                       message["return"], command)

    def entry(self, name, kind):
        """The command or event of this name."""
        entry = self.entries.get(name)
        assert entry and entry["meta-type"] == kind, f"no {kind} {name}"
        return entry

    def value(self, name, value, where):
        """Assert that a value is of the type @name."""
        entry = self.entries[name]
        kind = entry["meta-type"]
        if kind == "array":
            assert isinstance(value, list), f"{where}: no list"
            for i, one in enumerate(value):
                self.value(entry["element-type"], one, f"{where}[{i}]")
        elif kind == "enum":
            assert value in [m["name"] for m in entry["members"]], \
                f"{where}: {value}"
        elif kind == "object":
            self.object(entry, value, where)
        elif kind == "alternate":
            self.alternate(entry, value, where)
        elif entry["json-type"] != "value":
            # to Python, true is an integer
            assert isinstance(value, BUILTINS[entry["json-type"]]) and \
                isinstance(value, bool) == (name == "bool"), \
                f"{where}: {value} is no {name}"

    def object(self, entry, value, where):
        """An object has its members, those of its branch, and no others."""
        assert isinstance(value, dict), f"{where}: no object"
        members = list(entry["members"])
        for variant in entry.get("variants", ()):
            if variant["case"] == value.get(entry["tag"]):
                members += self.entries[variant["type"]]["members"]
        for member in members:
            at = f"{where}.{member['name']}"
            if member["name"] in value:
                self.value(member["type"], value[member["name"]], at)
            else:
                assert "default" in member, f"{at} is missing"
        extra = set(value) - {m["name"] for m in members}
        assert not extra, f"{where}: {extra} are unknown"

    def alternate(self, entry, value, where):
        """One of the types fits."""
        for member in entry["members"]:
            try:
                self.value(member["type"], value, where)
                return
            except AssertionError:
                continue
        raise AssertionError(f"{where}: none of the alternatives")
