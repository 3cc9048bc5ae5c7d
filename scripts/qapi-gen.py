#!/usr/bin/env python3
#
# Reads the QMP schema (TOML) and writes C tables for checking and dispatch,
# the text of query-qmp-schema and a reference page.
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: qapi-gen.py [--prefix P] -o DIR FILE.toml...

The schema is a set of tables:

  [enum.NAME]       values = ["a", "b"]
  [struct.NAME]     base = "OTHER" (optional), members = {...}, open = true
  [union.NAME]      members = {...}, tag = "member", branches = {case = "T"}
  [alternate.NAME]  types = ["T", ...]
  [command.NAME]    args = {...} or "T", returns = "T", oob = true,
                    features = [...], open = true (any further argument)
  [event.NAME]      data = {...} or "T"

Each takes doc = "...".  A member is  name = "T"  or  name = ["T", "what it
is"];  "name?" is optional.  "[T]" is a list of T.  Builtin types are str, int,
int8 to int64, uint8 to uint64, size, number, bool, null and any.
"""
import argparse
import json
import os
import re
import sys
import tomllib

INTS = {"int": (-2**63, 2**64 - 1), "size": (0, 2**64 - 1)}
for bits in (8, 16, 32, 64):
    INTS[f"int{bits}"] = (-2**(bits - 1), 2**(bits - 1) - 1)
    INTS[f"uint{bits}"] = (0, 2**bits - 1)
SCALARS = {"str": "QAPI_STR", "number": "QAPI_NUMBER", "bool": "QAPI_BOOL",
           "null": "QAPI_NULL", "any": "QAPI_ANY"}
JSON_TYPES = {"str": "string", "int": "int", "number": "number",
              "bool": "boolean", "null": "null", "any": "value"}
NOTICE = "/* Made by scripts/qapi-gen.py; change the schema instead. */\n"


class SchemaError(Exception):
    pass


def c_name(name):
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def c_str(text):
    return json.dumps(text, ensure_ascii=True)


class Member:
    def __init__(self, key, value):
        self.optional = key.endswith("?")
        self.name = key.rstrip("?")
        parts = [value] if isinstance(value, str) else list(value)
        self.type = parts[0]
        self.doc = parts[1] if len(parts) > 1 else ""
        self.features = parts[2] if len(parts) > 2 else []


def members_of(table):
    return [Member(k, v) for k, v in table.items()]


class Schema:
    """All definitions, with their members flattened and names checked."""

    def __init__(self, files):
        self.types = {}         # name -> dict with kind, members, ...
        self.commands = {}
        self.events = {}
        for path in files:
            with open(path, "rb") as f:
                self.add(path, tomllib.load(f))
        self.flatten()
        self.check()

    def add(self, path, doc):
        known = {"enum", "struct", "union", "alternate", "command", "event",
                 "title", "doc"}
        for extra in set(doc) - known:
            raise SchemaError(f"{path}: unknown table '{extra}'")
        for kind in ("enum", "struct", "union", "alternate"):
            for name, d in doc.get(kind, {}).items():
                self.define(name, dict(d, kind=kind))
        for name, d in doc.get("command", {}).items():
            self.commands[name] = d = dict(d)
            d["args"] = self.implicit(f"q_obj_{name}-arg", d.get("args", {}),
                                      d.get("open", False))
        for name, d in doc.get("event", {}).items():
            self.events[name] = d = dict(d)
            d["data"] = self.implicit(f"q_obj_{name}-arg", d.get("data", {}),
                                      False)

    def define(self, name, d):
        if name in self.types:
            raise SchemaError(f"type '{name}' is defined twice")
        self.types[name] = d

    def implicit(self, name, what, is_open):
        if isinstance(what, str):
            return what
        if not what and not is_open:
            name = "q_empty"
            self.types.setdefault(name, {"kind": "struct", "members": {}})
            return name
        self.define(name, {"kind": "struct", "members": what,
                           "open": is_open})
        return name

    def flatten(self):
        for d in self.types.values():
            if d["kind"] in ("struct", "union"):
                d["list"] = self.all_members(d)

    def all_members(self, d):
        out = []
        if "base" in d:
            out = self.all_members(self.types[d["base"]])
        return out + members_of(d.get("members", {}))

    def known(self, name, where):
        bare = name[1:-1] if name.startswith("[") else name
        if bare not in self.types and bare not in SCALARS \
                and bare not in INTS:
            raise SchemaError(f"{where}: unknown type '{bare}'")

    def check(self):
        for name, d in self.types.items():
            for m in d.get("list", []):
                self.known(m.type, f"{name}.{m.name}")
            for t in d.get("types", []):
                self.known(t, name)
            if d["kind"] == "union":
                self.check_union(name, d)
        for name, d in self.commands.items():
            self.known(d["args"], name)
            if "returns" in d:
                self.known(d["returns"], name)
            if not d.get("doc"):
                raise SchemaError(f"command '{name}' has no doc")
        for name, d in self.events.items():
            self.known(d["data"], name)

    def check_union(self, name, d):
        tags = [m for m in d["list"] if m.name == d.get("tag")]
        if not tags or self.types.get(tags[0].type, {}).get("kind") != "enum":
            raise SchemaError(f"union '{name}': its tag is not an enum member")
        values = self.types[tags[0].type]["values"]
        for case, t in d["branches"].items():
            if case not in values:
                raise SchemaError(f"union '{name}': no such case '{case}'")
            self.known(t, name)


class Tables:
    """The C side: one QapiType for each type in use."""

    def __init__(self, schema, prefix):
        self.schema, self.prefix = schema, prefix
        self.lists = {}

    def ref(self, name):
        if name.startswith("["):
            sym = f"{self.prefix}qapi_list_{c_name(name[1:-1])}"
            self.lists[sym] = name[1:-1]
        else:
            sym = f"{self.prefix}qapi_type_{c_name(name)}"
        return sym

    def builtins(self):
        for name, kind in SCALARS.items():
            yield f"const QapiType {self.ref(name)} = " \
                  f"{{ .name = {c_str(name)}, .kind = {kind} }};\n"
        for name, (low, high) in INTS.items():
            shown = name if name in ("int", "size") else name + "_t"
            low = "INT64_MIN" if low == -2**63 else str(low)
            yield f"const QapiType {self.ref(name)} = " \
                  f"{{ .name = {c_str(shown)}, .kind = QAPI_INT,\n" \
                  f"    .min = {low}, .max = {high}u }};\n"

    def members(self, sym, d):
        yield f"static const QapiMember {sym}_members[] = {{\n"
        for m in d["list"]:
            opt = ", true" if m.optional else ""
            yield f"    {{ {c_str(m.name)}, &{self.ref(m.type)}{opt} }},\n"
        yield "    { NULL }\n};\n"

    def variants(self, sym, pairs):
        yield f"static const QapiVariant {sym}_variants[] = {{\n"
        for tag, t in pairs:
            tag = c_str(tag) if tag else "NULL"
            yield f"    {{ {tag}, &{self.ref(t)} }},\n"
        yield "    { NULL }\n};\n"

    def one(self, name, d):
        sym, kind = self.ref(name), d["kind"]
        fields = [f".name = {c_str(name)}"]
        if kind == "enum":
            yield f"static const char *const {sym}_values[] = {{\n"
            for v in d["values"]:
                yield f"    {c_str(v)},\n"
            yield "    NULL\n};\n"
            fields += [".kind = QAPI_ENUM", f".values = {sym}_values"]
        elif kind == "alternate":
            yield from self.variants(sym, [(None, t) for t in d["types"]])
            fields += [".kind = QAPI_ALTERNATE",
                       f".variants = {sym}_variants"]
        else:
            yield from self.members(sym, d)
            fields += [".kind = QAPI_OBJECT", f".members = {sym}_members"]
            if d.get("open"):
                fields.append(".open = true")
            if kind == "union":
                yield from self.variants(sym, d["branches"].items())
                fields += [f".tag = {c_str(d['tag'])}",
                           f".variants = {sym}_variants"]
        yield f"const QapiType {sym} = {{\n    "
        yield ",\n    ".join(fields) + "\n};\n"

    def types_c(self, header):
        body = list(self.builtins())
        for name, d in self.schema.types.items():
            body += self.one(name, d)
        lists = []
        for sym, elem in self.lists.items():
            lists.append(f"const QapiType {sym} = {{ .name = "
                         f"{c_str('[' + elem + ']')}, .kind = QAPI_LIST,\n"
                         f"    .element = &{self.ref(elem)} }};\n")
        return NOTICE + '#include "qemu/osdep.h"\n' + \
            f'#include "{header}"\n\n' + "".join(body + lists)

    def types_h(self):
        out = [NOTICE, "#pragma once\n", '#include "qapi/schema.h"\n\n']
        for name in [*SCALARS, *INTS, *self.schema.types]:
            out.append(f"extern const QapiType {self.ref(name)};\n")
        for sym in self.lists:
            out.append(f"extern const QapiType {sym};\n")
        return "".join(out)

    def commands_h(self, header):
        out = [NOTICE, "#pragma once\n", f'#include "{header}"\n\n']
        for name in sorted(self.schema.commands):
            out.append(f"QapiHandler qmp_{c_name(name)};\n")
        return "".join(out)

    def commands_c(self, header):
        p = self.prefix
        out = [NOTICE, '#include "qemu/osdep.h"\n',
               f'#include "{header}"\n\n',
               f"const QapiCommand {p}qapi_commands[] = {{\n"]
        for name in sorted(self.schema.commands):
            d = self.schema.commands[name]
            oob = ", true" if d.get("oob") else ""
            out.append(f"    {{ {c_str(name)},\n"
                       f"      &{self.ref(d['args'])}, "
                       f"qmp_{c_name(name)}{oob} }},\n")
        out.append("};\n")
        out.append(f"const unsigned {p}qapi_commands_count = "
                   f"ARRAY_SIZE({p}qapi_commands);\n\n")
        out.append(f"const char *const {p}qapi_events[] = {{\n")
        for name in sorted(self.schema.events):
            out.append(f"    {c_str(name)},\n")
        out.append("    NULL\n};\n")
        return "".join(out)


class Introspection:
    """The answer to query-qmp-schema: types by number, from the commands."""

    def __init__(self, schema):
        self.schema = schema
        self.numbers = {}
        self.queue = []
        self.entries = []

    def ref(self, name):
        if name in INTS:
            name = "int"
        if name.startswith("["):
            name = f"[{self.ref(name[1:-1])}]"
            if name not in self.numbers:
                self.numbers[name] = name
                self.entries.append({"name": name, "element-type": name[1:-1],
                                     "meta-type": "array"})
            return name
        if name not in self.numbers:
            if name in SCALARS or name == "int":
                self.numbers[name] = name
                self.entries.append({"name": name,
                                     "json-type": JSON_TYPES[name],
                                     "meta-type": "builtin"})
            else:
                self.numbers[name] = str(
                    sum(n.isdigit() for n in self.numbers.values()))
                self.queue.append(name)
        return self.numbers[name]

    def member(self, m):
        out = {"name": m.name, "type": self.ref(m.type)}
        if m.optional:
            out["default"] = None
        if m.features:
            out["features"] = m.features
        return out

    def describe(self, name):
        d = self.schema.types[name]
        out = {"name": self.numbers[name]}
        if d["kind"] == "enum":
            out.update({"meta-type": "enum", "values": d["values"],
                        "members": [{"name": v} for v in d["values"]]})
        elif d["kind"] == "alternate":
            out.update({"meta-type": "alternate",
                        "members": [{"type": self.ref(t)}
                                    for t in d["types"]]})
        else:
            out.update({"meta-type": "object",
                        "members": [self.member(m) for m in d["list"]]})
        if d["kind"] == "union":
            out.update(self.union(d))
        if d.get("features"):
            out["features"] = d["features"]
        return out

    def union(self, d):
        tag = [m for m in d["list"] if m.name == d["tag"]][0]
        cases = self.schema.types[tag.type]["values"]
        return {"tag": d["tag"],
                "variants": [{"case": c, "type":
                              self.ref(d["branches"].get(c, "q_empty"))}
                             for c in cases]}

    def all(self):
        self.schema.types.setdefault("q_empty", {"kind": "struct",
                                                 "members": {}, "list": []})
        self.ref("q_empty")
        out = []
        for name, d in self.schema.commands.items():
            e = {"name": name, "meta-type": "command",
                 "arg-type": self.ref(d["args"]),
                 "ret-type": self.ref(d.get("returns", "q_empty"))}
            if d.get("oob"):
                e["allow-oob"] = True
            if d.get("features"):
                e["features"] = d["features"]
            out.append(e)
        for name, d in self.schema.events.items():
            out.append({"name": name, "meta-type": "event",
                        "arg-type": self.ref(d["data"])})
        while self.queue:
            self.entries.append(self.describe(self.queue.pop(0)))
        return out + self.entries

    def source(self, prefix, header):
        text = json.dumps(self.all(), separators=(",", ":"))
        out = [NOTICE, '#include "qemu/osdep.h"\n', f'#include "{header}"\n\n',
               f"const char *const {prefix}qapi_introspection[] = {{\n"]
        for i in range(0, len(text), 4000):
            piece = text[i:i + 4000]
            lines = [piece[j:j + 60] for j in range(0, len(piece), 60)]
            out.append("    " + "\n    ".join(c_str(x) for x in lines) + ",\n")
        out.append("    NULL\n};\n")
        return "".join(out)


class Reference:
    """docs: one section for each command, event and type."""

    def __init__(self, schema):
        self.schema = schema

    @staticmethod
    def section(title, mark):
        return [title, mark * len(title), ""]

    def member_lines(self, d):
        out = []
        for m in d.get("list", []):
            opt = ", optional" if m.optional else ""
            out.append(f"``{m.name}`` ({m.type}{opt})")
            out.append(f"    {m.doc or 'See the type.'}")
        for case, t in d.get("branches", {}).items():
            out.append(f"with ``{d['tag']}`` = ``{case}``")
            out.append(f"    the members of {t}")
        if d.get("values"):
            out.append(", ".join(f"``{v}``" for v in d["values"]))
        if d.get("types"):
            out.append("One of: " + ", ".join(d["types"]))
        if d.get("open"):
            out += ["", "Further members are passed on."]
        return out + [""] if out else []

    def page(self):
        s = self.schema
        out = [".. Made by scripts/qapi-gen.py from qapi/.", ""]
        out += self.section("QMP reference", "=")
        out += self.section("Commands", "-")
        for name, d in sorted(s.commands.items()):
            out += self.section(name, "~") + [d["doc"].strip(), ""]
            out += self.member_lines(s.types[d["args"]])
            if "returns" in d:
                out += [f"Returns {d['returns']}.", ""]
            if d.get("features"):
                out += ["Features: " + ", ".join(d["features"]), ""]
            if d.get("oob"):
                out += ["May be executed out of band.", ""]
        out += self.section("Events", "-")
        for name, d in sorted(s.events.items()):
            out += self.section(name, "~") + [d.get("doc", "").strip(), ""]
            out += self.member_lines(s.types[d["data"]])
        out += self.section("Types", "-")
        for name, d in sorted(s.types.items()):
            if name.startswith("q_"):
                continue
            out += self.section(name, "~") + [d.get("doc", "").strip(), ""]
            out += self.member_lines(d)
        return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", default="")
    parser.add_argument("-o", dest="outdir", required=True)
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    try:
        schema = Schema(args.files)
    except (SchemaError, tomllib.TOMLDecodeError, KeyError) as e:
        sys.exit(f"qapi-gen: {e}")
    p = args.prefix
    stem = c_name(p) + "qapi"
    tables = Tables(schema, c_name(p))
    inc = "" if p else "qapi/"
    types_h, commands_h = f"{stem}-types.h", f"{stem}-commands.h"
    out = {
        f"{stem}-introspect.c": Introspection(schema).source(c_name(p),
                                                             inc + types_h),
        f"{stem}-types.c": tables.types_c(inc + types_h),
        commands_h: tables.commands_h(inc + types_h),
        f"{stem}-commands.c": tables.commands_c(inc + commands_h),
        f"{stem}-reference.rst": Reference(schema).page(),
    }
    out[types_h] = tables.types_h()
    for name, text in out.items():
        with open(os.path.join(args.outdir, name), "w") as f:
            f.write(text)


if __name__ == "__main__":
    main()
