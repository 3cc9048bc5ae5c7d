/*
 * The serial EEPROM beside the chip: a 93C46 (64 words) or 93C56 (128 words) on
 * the Microwire bus, as Atmel's and Microchip's data sheets describe it. An
 * instruction is a start bit, two bits of opcode and the address, all taken at the
 * rising edge of the clock while the chip is selected.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "rtl8139-internal.h"

enum { PHASE_IDLE, PHASE_OPCODE, PHASE_ADDRESS, PHASE_READ, PHASE_WRITE,
       PHASE_DONE };
enum { OP_EXTENDED, OP_WRITE, OP_READ, OP_ERASE };
/* The two upper bits of the address, of OP_EXTENDED. */
enum { EXT_EWDS, EXT_WRAL, EXT_ERAL, EXT_EWEN };

/* Words that the chip loads by itself. */
enum { WORD_ID, WORD_VENDOR, WORD_DEVICE, WORD_SUBVENDOR, WORD_SUBSYSTEM,
       WORD_LATENCY, WORD_MSR_CONFIG3, WORD_MAC, WORD_CONFIG01 = 10,
       WORD_CONFIG4 = 12 };

static unsigned word_count(const RTLEeprom *e)
{
    return e->address_bits == 6 ? 64 : RTL_EEPROM_WORDS;
}

/* A 93C56 has 7 bits of address and takes 8. */
static uint16_t *word_at(RTLEeprom *e)
{
    return &e->words[e->address & (word_count(e) - 1)];
}

static void take_opcode_bit(RTLEeprom *e, bool bit)
{
    e->opcode = (e->opcode << 1 | bit) & 3;
    if (++e->bits == 2) {
        e->phase = PHASE_ADDRESS;
        e->bits = 0;
        e->address = 0;
    }
}

static void run_extended(RTLEeprom *e)
{
    switch (e->address >> (e->address_bits - 2) & 3) {
    case EXT_EWDS:
        e->writable = false;
        break;
    case EXT_EWEN:
        e->writable = true;
        break;
    case EXT_ERAL:
        if (e->writable) {
            memset(e->words, 0xff, word_count(e) * sizeof(e->words[0]));
        }
        break;
    case EXT_WRAL:
        e->phase = PHASE_WRITE;
        return;
    }
    e->phase = PHASE_DONE;
}

static void run(RTLEeprom *e)
{
    e->bits = 0;
    switch (e->opcode) {
    case OP_EXTENDED:
        run_extended(e);
        break;
    case OP_READ:
        e->phase = PHASE_READ;
        e->data_out = false;    /* the dummy bit in front of the word */
        break;
    case OP_WRITE:
        e->phase = PHASE_WRITE;
        break;
    case OP_ERASE:
        if (e->writable) {
            *word_at(e) = 0xffff;
        }
        e->phase = PHASE_DONE;
        break;
    }
}

/* Word after word, for as long as the clock goes on. */
static void give_bit(RTLEeprom *e)
{
    e->data_out = *word_at(e) >> (15 - e->bits) & 1;
    if (++e->bits == 16) {
        e->bits = 0;
        e->address++;
    }
}

static void take_data_bit(RTLEeprom *e, bool bit)
{
    e->shift = e->shift << 1 | bit;
    if (++e->bits < 16) {
        return;
    }
    if (e->writable && e->opcode == OP_WRITE) {
        *word_at(e) = e->shift;
    } else if (e->writable) {
        for (unsigned i = 0; i < word_count(e); i++) {
            e->words[i] = e->shift;
        }
    }
    e->phase = PHASE_DONE;
}

static void rising_edge(RTLEeprom *e, bool bit)
{
    switch (e->phase) {
    case PHASE_IDLE:
        if (bit) {
            e->phase = PHASE_OPCODE;
            e->bits = 0;
        }
        break;
    case PHASE_OPCODE:
        take_opcode_bit(e, bit);
        break;
    case PHASE_ADDRESS:
        e->address = e->address << 1 | bit;
        if (++e->bits == e->address_bits) {
            run(e);
        }
        break;
    case PHASE_READ:
        give_bit(e);
        break;
    case PHASE_WRITE:
        take_data_bit(e, bit);
        break;
    default:
        break;
    }
}

void rtl8139_eeprom_wires(RTLEeprom *e, bool select, bool clock, bool data_in)
{
    if (!select || !e->selected) {
        e->phase = PHASE_IDLE;
        e->data_out = true;     /* also "ready": writing takes no time here */
    }
    if (select && e->selected && clock && !e->clock) {
        rising_edge(e, data_in);
    }
    e->selected = select;
    e->clock = clock;
    e->data_in = data_in;
}

void rtl8139_eeprom_init(RTLEeprom *e, bool is_9356, const uint8_t *mac,
                         uint16_t subsystem_vendor, uint16_t subsystem)
{
    memset(e, 0, sizeof(*e));
    e->address_bits = is_9356 ? 8 : 6;
    e->data_out = true;
    e->words[WORD_ID] = 0x8129;
    e->words[WORD_VENDOR] = PCI_VENDOR_ID_REALTEK;
    e->words[WORD_DEVICE] = PCI_DEVICE_ID_REALTEK_8139;
    e->words[WORD_SUBVENDOR] = subsystem_vendor;
    e->words[WORD_SUBSYSTEM] = subsystem;
    e->words[WORD_LATENCY] = 0x4020;
    e->words[WORD_MSR_CONFIG3] = 0x0110;    /* CONFIG3 in the upper byte */
    for (unsigned i = 0; i < 3; i++) {
        e->words[WORD_MAC + i] = mac[2 * i] | mac[2 * i + 1] << 8;
    }
    e->words[WORD_CONFIG01] = 0x0d00;       /* CONFIG1 above CONFIG0 */
}

void rtl8139_eeprom_get_mac(const RTLEeprom *e, uint8_t *mac)
{
    for (unsigned i = 0; i < 3; i++) {
        mac[2 * i] = e->words[WORD_MAC + i];
        mac[2 * i + 1] = e->words[WORD_MAC + i] >> 8;
    }
}

uint8_t rtl8139_eeprom_get_config(const RTLEeprom *e, unsigned number)
{
    switch (number) {
    case 0:
        return e->words[WORD_CONFIG01];
    case 1:
        return e->words[WORD_CONFIG01] >> 8;
    case 3:
        return e->words[WORD_MSR_CONFIG3] >> 8;
    case 4:
        return e->words[WORD_CONFIG4];
    default:
        return 0;
    }
}

bool rtl8139_eeprom_state_valid(const RTLEeprom *e)
{
    static const uint8_t bits_below[] = {
        [PHASE_IDLE] = 17, [PHASE_OPCODE] = 2, [PHASE_ADDRESS] = 8,
        [PHASE_READ] = 16, [PHASE_WRITE] = 16, [PHASE_DONE] = 17,
    };

    return e->phase <= PHASE_DONE && e->bits < bits_below[e->phase] &&
           e->opcode <= OP_ERASE &&
           (e->phase != PHASE_ADDRESS || e->bits < e->address_bits);
}

const VMStateDescription vmstate_rtl8139_eeprom = {
    .name = "rtl8139/eeprom",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16_ARRAY(words, RTLEeprom, RTL_EEPROM_WORDS),
        VMSTATE_UINT8_EQUAL(address_bits, RTLEeprom, "x-eeprom-9356"),
        VMSTATE_BOOL(selected, RTLEeprom),
        VMSTATE_BOOL(clock, RTLEeprom),
        VMSTATE_BOOL(data_in, RTLEeprom),
        VMSTATE_BOOL(data_out, RTLEeprom),
        VMSTATE_BOOL(writable, RTLEeprom),
        VMSTATE_UINT8(phase, RTLEeprom),
        VMSTATE_UINT8(bits, RTLEeprom),
        VMSTATE_UINT8(opcode, RTLEeprom),
        VMSTATE_UINT8(address, RTLEeprom),
        VMSTATE_UINT16(shift, RTLEeprom),
        VMSTATE_END_OF_LIST()
    },
};
