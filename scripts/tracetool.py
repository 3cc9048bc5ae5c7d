#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make C from a trace-events file.

usage: tracetool.py --group NAME --format h|c [--output FILE] TRACE-EVENTS

A line is empty, a comment (#), or one event:

    name(type arg, type arg, ...) "format" MACRO " more format"

with "(void)" for no arguments and an optional word "disable" in front, for an
event that is compiled to nothing. The header has for each event a function
trace_NAME() that tests one byte; the C file has the events of the group and
registers them before main().
"""
import argparse
import re
import sys

LINE = re.compile(r'(?P<disable>disable\s+)?(?P<name>\w+)\s*'
                  r'\((?P<args>[^)]*)\)\s*(?P<format>".*)$')
ARG = re.compile(r'(?P<type>.*?[\s*])(?P<name>\w+)$')


class Event:
    """One event: its name, arguments as (type, name), and format."""

    def __init__(self, text, where):
        found = LINE.match(text)
        if not found:
            sys.exit(f'{where}: expected NAME(ARGUMENTS) "FORMAT": {text}')
        self.name = found['name']
        self.disabled = bool(found['disable'])
        self.format = found['format'].strip()
        self.args = []
        if found['args'].strip() not in ('', 'void'):
            for piece in found['args'].split(','):
                arg = ARG.match(piece.strip())
                if not arg:
                    sys.exit(f'{where}: argument without a name: {piece}')
                self.args.append((arg['type'].strip(), arg['name']))

    def prototype(self):
        """The arguments as C declares them."""
        pairs = [t + ('' if t.endswith('*') else ' ') + n
                 for t, n in self.args]
        return ', '.join(pairs) or 'void'

    def values(self):
        """The arguments as a call hands them on, with a comma in front."""
        return ''.join(', ' + n for _, n in self.args)


def read_events(path):
    """The events of a file, in order."""
    events, names = [], set()
    with open(path, encoding='utf-8') as f:
        for number, line in enumerate(f, 1):
            line = line.strip()
            if not line or line.startswith('#'):
                continue
            event = Event(line, f'{path}:{number}')
            if event.name in names:
                sys.exit(f'{path}:{number}: {event.name} is there twice')
            names.add(event.name)
            events.append(event)
    return events


def header(group, events):
    """Text of trace-GROUP.h."""
    guard = f'TRACE_{group.upper()}_GENERATED_H'
    out = [f'/* Made from the trace-events of {group}: do not edit. */',
           f'#ifndef {guard}', f'#define {guard}', '',
           '#include "qemu/trace.h"']
    for e in events:
        out.append('')
        if e.disabled:
            out += [f'static inline void trace_{e.name}({e.prototype()})',
                    '{', '}']
            continue
        out += [f'extern TraceEvent trace_ev_{e.name};',
                f'static inline void trace_{e.name}({e.prototype()})',
                '{',
                f'    if (trace_event_enabled({e.name})) {{',
                f'        trace_emit(&trace_ev_{e.name}, {e.format}'
                f'{e.values()});',
                '    }',
                '}']
    return out + ['', '#endif']


def source(group, events):
    """Text of trace-GROUP.c."""
    live = [e for e in events if not e.disabled]
    out = [f'/* Made from the trace-events of {group}: do not edit. */',
           '#include "qemu/osdep.h"',
           f'#include "trace/trace-{group}.h"', '']
    out += [f'TraceEvent trace_ev_{e.name} = {{ "{e.name}", {e.format} }};'
            for e in live]
    out += ['', 'static TraceEvent *const events[] = {']
    out += [f'    &trace_ev_{e.name},' for e in live]
    out += ['    NULL', '};', '',
            'static void __attribute__((constructor)) register_events(void)',
            '{',
            '    static TraceEventGroup group = {',
            f'        "{group}", events, {len(live)}, NULL',
            '    };', '',
            '    trace_register_group(&group);',
            '}']
    return out


def main():
    """Read the command line and write one file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--group', required=True)
    parser.add_argument('--format', required=True, choices=('h', 'c'))
    parser.add_argument('--output')
    parser.add_argument('events')
    args = parser.parse_args()

    make = header if args.format == 'h' else source
    text = '\n'.join(make(args.group, read_events(args.events))) + '\n'
    if args.output:
        with open(args.output, 'w', encoding='utf-8') as f:
            f.write(text)
    else:
        sys.stdout.write(text)


if __name__ == '__main__':
    main()
