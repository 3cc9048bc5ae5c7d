#!/usr/bin/env python3
"""A Linux guest reads from its SMBIOS tables what -smbios and the machine say.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import sys

import guestshell
import tap

BINARY = sys.argv[1]
UUID = "12345678-9abc-def0-1122-334455667788"


def dmi(guest, name):
    return guest.run(f"cat /sys/class/dmi/id/{name}").strip()


def test_linux_reads_the_tables():
    guest = guestshell.ShellGuest(
        BINARY, "virtio-net-pci,netdev=n0", "user,id=n0",
        extra=["-uuid", UUID, "-smp", "2",
               "-smbios", "type=0,vendor=V,version=1.2,release=3.4",
               "-smbios", "type=1,serial=one,,two,sku=stock,family=kin",
               "-smbios", "type=2,product=Plank,asset=A7",
               "-smbios", "type=11,value=first,value=second"])
    try:
        said = {"bios_vendor": "V", "bios_version": "1.2",
                "bios_release": "3.4", "sys_vendor": "QEMU",
                "product_serial": "one,two", "product_sku": "stock",
                "product_family": "kin", "product_uuid": UUID,
                "board_name": "Plank", "board_asset_tag": "A7",
                "chassis_vendor": "QEMU"}
        for name, value in said.items():
            assert dmi(guest, name) == value, (name, dmi(guest, name))
        assert dmi(guest, "product_name").startswith("Standard PC (i440FX")
        assert dmi(guest, "product_version").startswith("pc-i440fx-")
        tables = "/sys/firmware/dmi/tables/"
        size = int(guest.run(f"stat -c %s {tables}DMI"))
        assert size == int(guest.run(f"wc -c < {tables}DMI")), size
        assert "second" in guest.run(f"strings {tables}DMI")
        log = guest.run("dmesg | grep -i 'dmi\\|smbios'")
        assert "SMBIOS 2.8" in log, log
        assert "error" not in log.lower(), log
    finally:
        guest.end()


tap.run([test_linux_reads_the_tables])
