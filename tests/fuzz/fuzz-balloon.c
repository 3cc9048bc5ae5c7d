/*
 * Fuzz target: a memory balloon at work: lists of pages of every shape in all five
 * queues, statistics asked for and answered, rounds of hints begun and ended, resets
 * in between. The first byte chooses the device's properties.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz-driver.h"
#include "hw/core/boards.h"
#include "hw/pci/pci_regs.h"
#include "qemu/bswap.h"
#include "qom/object.h"
#include "system/balloon.h"
#include "system/system.h"

#define LISTS       0x38000u
#define LIST_MAX    256             /* page numbers */
#define PAGES       (SCENE_RAM_BYTES >> 12)

enum {
    OP_BRING_UP, OP_PAGES, OP_CHAIN, OP_INDIRECT, OP_CONFIG, OP_REGISTER,
    OP_TARGET, OP_ASK, OP_ANSWER, OP_HINT_BEGIN, OP_HINT_END, OP_NOTIFY, OP_RAM,
    OP_STEP, OP_RESET, OP_QUEUE_RESET, OP_COUNT,
};

static Scene *scene;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    scene = scene_get();
    current_machine = MACHINE(object_new("none-machine"));
    current_machine->ram_size = SCENE_RAM_BYTES;
    return 0;
}

static void map_bars(PCIDevice *dev)
{
    scene_config_write(dev, PCI_BASE_ADDRESS_4, DRIVER_BAR, 4);
    scene_config_write(dev, PCI_BASE_ADDRESS_5, 0, 4);
    scene_config_write(dev, PCI_COMMAND, 7, 2);
}

/* Pages in a row, mostly of RAM, for the queue that takes or gives them. */
static void give_pages(FuzzInput *in)
{
    uint8_t shape = fuzz_u8(in);
    uint32_t page = shape & 2 ? fuzz_u32(in) : fuzz_u8(in) % PAGES;
    unsigned count = 1 + fuzz_u8(in);
    int step = shape & 4 ? (int8_t)fuzz_u8(in) : 1;

    for (unsigned i = 0; i < MIN(count, LIST_MAX); i++, page += step) {
        stl_le_p(scene->ram + LISTS + 4 * i, page);
    }
    driver_send(shape & 1, in, scene->ram + LISTS, 4 * count - (shape >> 6));
}

/* What the driver knows of its memory: tags and values (section 5.5.6.3). */
static void answer(FuzzInput *in)
{
    uint8_t stats[16 * 10] = { 0 };
    unsigned count = fuzz_u8(in) % 16;

    for (unsigned i = 0; i < count; i++) {
        stw_le_p(stats + 10 * i, fuzz_u8(in));
        stq_le_p(stats + 10 * i + 2, fuzz_u64(in));
    }
    driver_send(2, in, stats, 10 * count + fuzz_u8(in) % 10);
}

static void ask(Object *balloon, FuzzInput *in)
{
    Error *err = NULL;
    bool ok = object_property_set_int(balloon, "guest-stats-polling-interval",
                                      fuzz_u8(in), &err);

    fuzz_expect(ok, &err);
}

static void one_op(PCIDevice *dev, FuzzInput *in)
{
    unsigned op = fuzz_u8(in) % OP_COUNT;
    uint32_t at;

    switch (op) {
    case OP_BRING_UP:
        driver_bring_up(in);
        break;
    case OP_PAGES:
        give_pages(in);
        break;
    case OP_CHAIN:
    case OP_INDIRECT:
        driver_add_chain(in, op == OP_INDIRECT);
        break;
    case OP_CONFIG:
        at = fuzz_u8(in);
        scene_write(false, DRIVER_BAR + 0x2000 + at % 0x18, fuzz_u32(in),
                    1u << (at >> 6 & 3));
        break;
    case OP_REGISTER:
        at = fuzz_u16(in);
        scene_write(false, DRIVER_BAR + (at & 0x3f), fuzz_u64(in),
                    1u << (at >> 14 & 3));
        break;
    case OP_TARGET:
        balloon_set_target(fuzz_u32(in), &error_abort);
        break;
    case OP_ASK:
        ask(OBJECT(dev), in);
        break;
    case OP_ANSWER:
        answer(in);
        break;
    case OP_HINT_BEGIN:
        balloon_hint_begin();
        break;
    case OP_HINT_END:
        balloon_hint_done();
        balloon_hint_end();
        break;
    case OP_NOTIFY:
        driver_notify(fuzz_u8(in));
        break;
    case OP_RAM:
        driver_scribble(in);
        break;
    case OP_STEP:
        scene_step(fuzz_u32(in));
        break;
    case OP_RESET:
        pci_device_reset(dev);
        map_bars(dev);
        break;
    case OP_QUEUE_RESET:
        driver_queue_reset(fuzz_u8(in));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    uint8_t shape = fuzz_u8(&in);
    g_autofree char *properties = g_strdup_printf(
        "packed=%s,in_order=%s,free-page-hint=%s,free-page-reporting=%s,"
        "page-poison=%s", shape & 1 ? "on" : "off", shape & 2 ? "on" : "off",
        shape & 4 ? "off" : "on", shape & 8 ? "off" : "on",
        shape & 16 ? "off" : "on");
    PCIDevice *dev = scene_device_new(NULL, "virtio-balloon-pci", 4,
                                      properties);

    driver_forget(false);
    map_bars(dev);
    for (unsigned ops = 0; in.left && ops < 300; ops++) {
        one_op(dev, &in);
    }
    scene_step(1000000);
    scene_device_end(dev);
    scene_wipe();
    return 0;
}
