/*
 * Human monitor commands that look at memory, ports and numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hmp-internal.h"
#include "hw/core/cpu.h"
#include "qapi/json.h"
#include "system/address-spaces.h"
#include "system/memory.h"

/* What "/4xw" said; what it left out stays as it was the last time. */
typedef struct Format {
    unsigned count, bytes;
    char digits;                /* x d u o c */
} Format;

bool hmp_cpu_exists(int64_t index)
{
    return qemu_get_cpu(index) != NULL;
}

static Format format_of(json_object *args, unsigned bytes)
{
    Format f = { json_get_int(args, "count", 1), bytes, 'x' };
    const char *size = json_get_str(args, "size");
    const char *digits = json_get_str(args, "format");

    if (digits) {
        f.digits = digits[0];
        if (f.digits == 'c') {
            f.bytes = 1;
        }
    }
    if (size) {
        f.bytes = size[0] == 'b' ? 1 : size[0] == 'h' ? 2
                  : size[0] == 'g' ? 8 : 4;
    }
    return f;
}

static void append_value(GString *out, const Format *f, uint64_t value)
{
    int64_t s = (int64_t)(value << (64 - 8 * f->bytes)) >> (64 - 8 * f->bytes);
    int width = f->bytes * 2;

    switch (f->digits) {
    case 'd':
        g_string_append_printf(out, "%" PRId64, s);
        break;
    case 'u':
        g_string_append_printf(out, "%" PRIu64, value);
        break;
    case 'o':
        g_string_append_printf(out, "%#" PRIo64, value);
        break;
    case 'c':
        if (g_ascii_isprint(value)) {
            g_string_append_printf(out, "'%c'", (char)value);
        } else {
            g_string_append_printf(out, "'\\x%02x'", (unsigned)value);
        }
        break;
    default:
        g_string_append_printf(out, "0x%0*" PRIx64, width, value);
    }
}

/* The next page or less at @addr; false if nothing is mapped there. */
static bool read_guest(CPUState *cpu, uint64_t addr, uint8_t *buf, unsigned len)
{
    while (len > 0) {
        unsigned n = MIN(len, 4096 - (addr & 4095));
        hwaddr where = addr;
        AddressSpace *as = &address_space_memory;

        if (cpu) {
            where = CPU_GET_CLASS(cpu)->get_phys_page_debug(cpu, addr & ~4095);
            if (where == (hwaddr)-1) {
                return false;
            }
            where += addr & 4095;
            as = cpu->as ? cpu->as : as;
        }
        address_space_read(as, where, MEMTXATTRS_UNSPECIFIED, buf, n);
        addr += n;
        buf += n;
        len -= n;
    }
    return true;
}

static void dump(Monitor *mon, json_object *args, CPUState *cpu)
{
    Format f = format_of(args, 4);
    uint64_t addr = json_get_int(args, "addr", 0);
    unsigned per_line = MAX(1, 16 / f.bytes / (f.digits == 'c' ? 2 : 1));
    GString *line = g_string_new(NULL);

    for (unsigned i = 0; i < f.count; i++, addr += f.bytes) {
        uint64_t value = 0;

        if (i % per_line == 0) {
            g_string_append_printf(line, "%s%016" PRIx64 ":", i ? "\n" : "",
                                   addr);
        }
        if (!read_guest(cpu, addr, (uint8_t *)&value, f.bytes)) {
            g_string_append(line, " Cannot access memory");
            break;
        }
        g_string_append_c(line, ' ');
        append_value(line, &f, value);
    }
    monitor_printf(mon, "%s\n", line->str);
    g_string_free(line, true);
}

void hmp_memory_physical(Monitor *mon, json_object *args)
{
    dump(mon, args, NULL);
}

void hmp_memory_virtual(Monitor *mon, json_object *args)
{
    CPUState *cpu = qemu_get_cpu(*hmp_cpu_index(mon));

    if (!cpu || !CPU_GET_CLASS(cpu)->get_phys_page_debug) {
        monitor_printf(mon, "there is no CPU whose addresses these are\n");
        return;
    }
    dump(mon, args, cpu);
}

void hmp_ioport_read(Monitor *mon, json_object *args)
{
    Format f = format_of(args, 1);
    unsigned port = json_get_int(args, "addr", 0) & 0xffff;
    unsigned bytes = MIN(f.bytes, 4);
    uint32_t value = 0;

    address_space_read(&address_space_io, port, MEMTXATTRS_UNSPECIFIED, &value,
                       bytes);
    monitor_printf(mon, "port%c[0x%04x] = 0x%0*x\n",
                   bytes == 1 ? 'b' : bytes == 2 ? 'w' : 'l', port, bytes * 2,
                   value);
}

void hmp_ioport_write(Monitor *mon, json_object *args)
{
    Format f = format_of(args, 1);
    unsigned port = json_get_int(args, "addr", 0) & 0xffff;
    uint32_t value = json_get_int(args, "val", 0);

    address_space_write(&address_space_io, port, MEMTXATTRS_UNSPECIFIED,
                        &value, MIN(f.bytes, 4));
}

void hmp_print(Monitor *mon, json_object *args)
{
    Format f = format_of(args, 8);
    int64_t value = json_get_int(args, "val", 0);
    GString *out = g_string_new(NULL);

    if (f.digits == 'x') {
        g_string_append_printf(out, "0x%" PRIx64, (uint64_t)value);
    } else {
        append_value(out, &f, value);
    }
    monitor_printf(mon, "%s\n", out->str);
    g_string_free(out, true);
}
