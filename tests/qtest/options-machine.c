/*
 * Options of the machine, of booting and of the network: what they bring about,
 * seen from the guest, from QMP and from /proc.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include <glib/gstdio.h>
#include "options.h"

static void expect_file(QTestState *s, const char *name, const char *text)
{
    char data[256] = "";
    uint32_t size;
    uint16_t key = options_fw_cfg_file(s, name, &size);

    g_assert_cmpuint(key, !=, 0);
    g_assert_cmpuint(size, ==, strlen(text));
    options_fw_cfg(s, key, data, size);
    g_assert_cmpmem(data, size, text, size);
}

static uint64_t fw_cfg_int(QTestState *s, uint16_t key, unsigned bytes)
{
    uint64_t value = 0;

    options_fw_cfg(s, key, &value, bytes);
    return le64_to_cpu(value);
}

static json_object *qom_get(QTestState *s, const char *path, const char *name)
{
    return qtest_qmp_return(s, "{'execute':'qom-get','arguments':"
                            "{'path':'%s','property':'%s'}}", path, name);
}

/* ---- questions ---- */

static void expect_output(const char *args, const char *text)
{
    g_autofree char *output = NULL;

    g_assert_cmpint(options_run(&output, "%s", args), ==, 0);
    if (!strstr(output, text)) {
        g_error("%s does not print '%s': %s", args, text, output);
    }
}

static void test_questions(void)
{
    expect_output("-help", "-sandbox");
    expect_output("-h", "-sandbox");
    expect_output("-?", "-sandbox");
    expect_output("-version", "7.2.0");
    expect_output("-machine help", "q35");
    expect_output("-machine pc,help", "memory-backend");
    expect_output("-accel help", "tcg");
    expect_output("-cpu help", "qemu64");
    expect_output("-L help", "/");
    expect_output("-smbios help", "type=1 ");
    expect_output("-d help", "guest_errors");
    expect_output("-trace help", "socket_connect_done");
}

/* ---- machine, accelerator, CPUs ---- */

static void test_machine(void)
{
    /* repeated options merge, in whatever order */
    QTestState *s = options_start(
        "-object memory-backend-ram,id=ram,size=64M -m 64 "
        "-machine usb=off -machine type=q35,accel=nosuch:qtest "
        "-machine memory-backend=ram,dump-guest-core=off -M mem-merge=off");
    json_object *type = qom_get(s, "/machine", "type");
    g_autofree char *maps = options_proc(qtest_pid(s), "smaps");

    g_assert_cmpstr(json_object_get_string(type), ==, "pc-q35-7.2-machine");
    json_object_put(type);
    type = qom_get(s, "/objects/ram", "type");
    g_assert_cmpstr(json_object_get_string(type), ==, "memory-backend-ram");
    json_object_put(type);
    /* the only large mapping is kept out of dumps, and is not merged */
    g_assert_true(g_regex_match_simple(
        "Size: +65536 kB\\n([A-Za-z].*\\n)*VmFlags:(?!.* mg).* dd", maps, 0,
        0));
    qtest_quit(s);
}

static void expect_acpi(const char *args, bool there)
{
    QTestState *s = options_start("%s", args);
    uint32_t size;

    options_fw_cfg_file(s, "etc/acpi/tables", &size);
    g_assert_cmpint(size > 0, ==, there);
    qtest_quit(s);
}

static void test_no_acpi(void)
{
    expect_acpi("-M pc", true);
    expect_acpi("-M q35 -no-acpi", false);
    expect_acpi("-M pc,acpi=off,hpet=off,vmport=off,smm=auto -no-hpet", false);
}

static void test_accel(void)
{
    g_autofree char *output = NULL;
    /* libqtest's own comes last: those before it could not be had */
    QTestState *s = options_start("-M pc -accel nosuch -accel kvm");

    qtest_quit(s);
    g_assert_cmpint(options_run(&output, "-enable-kvm"), ==, 1);
    g_assert_nonnull(strstr(output, "-accel tcg"));
}

static void test_cpu(void)
{
    QTestState *s = options_start("-cpu max,-sse3");
    json_object *type = qom_get(s, "/machine/unattached/device[0]", "type");
    json_object *sse3 = qom_get(s, "/machine/unattached/device[0]", "sse3");

    g_assert_cmpstr(json_object_get_string(type), ==, "max-x86_64-cpu");
    g_assert_false(json_object_get_boolean(sse3));
    json_object_put(type);
    json_object_put(sse3);
    qtest_quit(s);
}

/* The last of the places for CPUs; to be freed. */
static json_object *last_cpu(QTestState *s)
{
    json_object *all = qtest_qmp_return(
        s, "{'execute':'query-hotpluggable-cpus'}");
    json_object *last = json_object_get(json_object_array_get_idx(all, 0));

    json_object_put(all);
    return last;
}

static void test_smp(void)
{
    QTestState *s = options_start(
        "-smp cpus=3,maxcpus=12,sockets=3,dies=1,cores=2,threads=2");
    json_object *cpus = qtest_qmp_return(s, "{'execute':'query-cpus-fast'}");
    json_object *last = last_cpu(s);

    g_assert_cmpuint(json_object_array_length(cpus), ==, 3);
    g_assert_cmpint(json_int(last, "props.socket-id"), ==, 2);
    g_assert_cmpint(json_int(last, "props.core-id"), ==, 1);
    g_assert_cmpint(json_int(last, "props.thread-id"), ==, 1);
    g_assert_cmpuint(fw_cfg_int(s, 0x05, 2), ==, 3);
    g_assert_cmpuint(fw_cfg_int(s, 0x0f, 2), ==, 12);
    g_assert_cmpuint(options_cmos(s, 0x5f), ==, 2);
    json_object_put(cpus);
    json_object_put(last);
    qtest_quit(s);
}

/* ---- memory ---- */

static void test_memory(void)
{
    QTestState *s = options_start("-m size=96,slots=2,maxmem=1G");

    g_assert_cmpuint(fw_cfg_int(s, 0x03, 8), ==, 96 << 20);
    qtest_writeb(s, (96 << 20) - 1, 0x5a);
    g_assert_cmphex(qtest_readb(s, (96 << 20) - 1), ==, 0x5a);
    qtest_quit(s);
    s = options_start("-m 0");
    g_assert_cmpuint(fw_cfg_int(s, 0x03, 8), ==, 128 << 20);
    qtest_quit(s);
}

/* Resident pages of the process, in MiB. */
static unsigned resident(QTestState *s)
{
    g_autofree char *text = options_proc(qtest_pid(s), "statm");

    return atol(strchr(text, ' ')) * (getpagesize() / 1024) / 1024;
}

static unsigned locked_kib(QTestState *s)
{
    g_autofree char *text = options_proc(qtest_pid(s), "status");

    return atol(strstr(text, "VmLck:") + strlen("VmLck:"));
}

static void test_memory_of_the_host(void)
{
    g_autofree char *path = options_path("ram");
    g_autofree char *maps = NULL;
    QTestState *s;

    s = options_start("-m 64 -mem-path %s", path);
    maps = options_proc(qtest_pid(s), "maps");
    g_assert_nonnull(strstr(maps, path));
    g_assert_cmpuint(resident(s), <, 60);
    qtest_quit(s);
    g_unlink(path);
    s = options_start("-m 64 -mem-prealloc -overcommit cpu-pm=off");
    g_assert_cmpuint(resident(s), >=, 64);
    g_assert_cmpuint(locked_kib(s), ==, 0);
    qtest_quit(s);
    if (geteuid() == 0) {
        s = options_start("-m 32 -overcommit mem-lock=on");
#ifndef __SANITIZE_ADDRESS__    /* which locks nothing */
        g_assert_cmpuint(locked_kib(s), >, 32 << 10);
#endif
        qtest_quit(s);
    } else {
        options_note("-overcommit mem-lock=on");
    }
}

/* Offset of a table in the blob of ACPI tables; the test fails without it. */
static const uint8_t *acpi_table(QTestState *s, const char *signature,
                                 uint8_t *blob, uint32_t room)
{
    uint32_t size;
    uint16_t key = options_fw_cfg_file(s, "etc/acpi/tables", &size);

    g_assert_cmpuint(size, <=, room);
    options_fw_cfg(s, key, blob, size);
    for (uint32_t at = 0; at + 36 <= size; at++) {
        if (!memcmp(blob + at, signature, 4)) {
            return blob + at;
        }
    }
    g_error("there is no %s", signature);
}

static void expect_numa(const char *machine)
{
    static uint8_t blob[65536];
    QTestState *s = options_start(
        "-M %s -m 64 -smp 4,sockets=1,dies=1,cores=2,threads=2"
        " -object memory-backend-ram,id=a,size=40M"
        " -object memory-backend-ram,id=b,size=24M"
        " -numa node,nodeid=1,memdev=b -numa node,nodeid=0,cpus=0,memdev=a"
        " -numa cpu,node-id=1,socket-id=0,die-id=0,core-id=1"
        " -numa cpu,node-id=1,core-id=0,thread-id=1"
        " -numa dist,src=0,dst=1,val=33", machine);
    const uint8_t *table;
    uint64_t item[7];

    options_fw_cfg(s, 0x0d, item, sizeof(item));
    g_assert_cmpuint(item[0], ==, 2);
    for (unsigned cpu = 0; cpu < 4; cpu++) {
        g_assert_cmpuint(item[1 + cpu], ==, cpu != 0);
    }
    g_assert_cmpuint(item[5], ==, 40 << 20);
    g_assert_cmpuint(item[6], ==, 24 << 20);
    /* memory of the second node lies behind that of the first */
    qtest_writeq(s, (40 << 20) - 4, 0x1122334455667788);
    g_assert_cmphex(qtest_readl(s, 40 << 20), ==, 0x11223344);
    table = acpi_table(s, "SLIT", blob, sizeof(blob));
    g_assert_cmpuint(ldl_le_p(table + 36), ==, 2);
    g_assert_cmpmem(table + 44, 4, "\x0a\x21\x21\x0a", 4);
    table = acpi_table(s, "SRAT", blob, sizeof(blob));
    g_assert_cmpuint(ldl_le_p(table + 4), ==, 48 + 4 * 16 + 3 * 40);
    g_assert_cmpuint(table[48 + 16 + 2], ==, 1);            /* CPU 1 */
    table += 48 + 4 * 16 + 2 * 40;                          /* node 1 */
    g_assert_cmpuint(table[2], ==, 1);
    g_assert_cmphex(ldq_le_p(table + 8), ==, 40 << 20);
    g_assert_cmphex(ldq_le_p(table + 16), ==, 24 << 20);
    qtest_quit(s);
}

static void test_numa(void)
{
    QTestState *s = options_start("-M pc -smp 2");
    uint64_t item[4];

    options_fw_cfg(s, 0x0d, item, sizeof(item));
    g_assert_cmpuint(item[0] | item[1] | item[2], ==, 0);
    qtest_quit(s);
    expect_numa("pc");
    expect_numa("q35");
}

/* ---- booting ---- */

static void expect_boot(const char *machine)
{
    g_autofree char *picture = options_file("picture", "BMxyz", 5);
    QTestState *s = options_start(
        "-M %s -boot order=nd,once=ca,menu=on,splash=%s,splash-time=300,"
        "reboot-timeout=1000,strict=on"
        " -device rtl8139,addr=7,bootindex=1", machine, picture);
    uint32_t size;

    g_assert_cmphex(options_cmos(s, 0x3d), ==, 0x12);       /* a, c */
    g_assert_cmpuint(fw_cfg_int(s, 0x0c, 2), ==, 'c');
    g_assert_cmpuint(fw_cfg_int(s, 0x0e, 2), ==, 1);
    expect_file(s, "bootsplash.bmp", "BMxyz");
    g_assert_cmpuint(fw_cfg_int(s, options_fw_cfg_file(
        s, "etc/boot-menu-wait", &size), 2), ==, 300);
    g_assert_cmpuint(fw_cfg_int(s, options_fw_cfg_file(
        s, "etc/boot-fail-wait", &size), 4), ==, 1000);
    options_fw_cfg_file(s, "bootorder", &size);
    g_assert_cmpuint(size, ==, strlen("/pci@i0cf8/ethernet@7/ethernet-phy@0\n"
                                      "HALT") + 1);
    qtest_qmp_ok(s, "{'execute':'system_reset'}");
    json_object_put(qtest_event(s, "RESET"));
    g_assert_cmphex(options_cmos(s, 0x3d), ==, 0x34);       /* d, n */
    g_assert_cmpuint(fw_cfg_int(s, 0x0c, 2), ==, 'n');
    qtest_quit(s);
}

static void test_boot(void)
{
    g_autofree char *picture = options_file("jpeg", "\xff\xd8z", 3);
    QTestState *s;
    uint32_t size;

    expect_boot("pc");
    expect_boot("q35");
    s = options_start("-M pc -boot splash=%s", picture);
    g_assert_cmphex(options_cmos(s, 0x3d), ==, 0x12);   /* "cad" is usual */
    g_assert_cmphex(options_cmos(s, 0x38), ==, 0x30);
    g_assert_cmpuint(fw_cfg_int(s, 0x0e, 2), ==, 0);
    g_assert_cmpuint(options_fw_cfg_file(s, "etc/boot-menu-wait", &size), ==,
                     0);
    g_assert_cmpuint(fw_cfg_int(s, options_fw_cfg_file(
        s, "etc/boot-fail-wait", &size), 4), ==, UINT32_MAX);
    expect_file(s, "bootsplash.jpg", "\xff\xd8z");
    qtest_quit(s);
}

/* A head that can be loaded, and behind it what is loaded. */
static char *make_kernel(void)
{
    uint8_t image[4096] = { 0 };

    image[0x1f1] = 1;                           /* one sector of set-up */
    stw_le_p(image + 0x1fe, 0xaa55);
    image[0x201] = 0x66;
    memcpy(image + 0x202, "HdrS", 4);
    stw_le_p(image + 0x206, 0x20f);
    image[0x211] = 1;                           /* loaded high */
    stl_le_p(image + 0x22c, 0x7fffffff);        /* initrd up to there */
    stl_le_p(image + 0x230, 0x200000);          /* alignment */
    image[0x234] = 1;                           /* can be moved */
    image[0x235] = 21;
    stw_le_p(image + 0x236, 1);                 /* 64-bit entry */
    stl_le_p(image + 0x238, 255);               /* length of command line */
    stq_le_p(image + 0x258, 0x1000000);
    stl_le_p(image + 0x260, 0x10000);           /* memory to run */
    stl_le_p(image + 0x1f4, 3072 / 16);
    memcpy(image + 1024, "kernel!", 7);
    return options_file("kernel", image, sizeof(image));
}

static void test_kernel(void)
{
    g_autofree char *kernel = make_kernel();
    g_autofree char *initrd = options_file("initrd", "initial", 7);
    QTestState *s = options_start("-kernel %s -initrd %s -append 'some words'",
                                  kernel, initrd);
    const uint64_t zero_page = 0x8000;
    char text[16];

    qtest_memread(s, 0x1000000, text, 7);
    g_assert_cmpmem(text, 7, "kernel!", 7);
    qtest_memread(s, qtest_readl(s, zero_page + 0x228), text, 11);
    g_assert_cmpmem(text, 11, "some words", 11);
    g_assert_cmpuint(qtest_readl(s, zero_page + 0x21c), ==, 7);
    qtest_memread(s, qtest_readl(s, zero_page + 0x218), text, 7);
    g_assert_cmpmem(text, 7, "initial", 7);
    qtest_quit(s);
}

static void test_firmware(void)
{
    g_autofree uint8_t *image = g_malloc0(65536);
    g_autofree char *bios = NULL, *folder = NULL, *other = NULL;
    QTestState *s;

    memcpy(image + 65520, "from -bios", 10);
    bios = options_file("bios", image, 65536);
    s = options_start("-bios %s", bios);
    g_assert_cmpint(qtest_readb(s, 0xfffffff5), ==, '-');
    qtest_quit(s);
    memcpy(image + 65520, "from -L !!", 10);
    other = options_file("bios-256k.bin", image, 65536);
    folder = g_path_get_dirname(other);
    s = options_start("-L %s", folder);
    g_assert_cmpint(qtest_readb(s, 0xffff6), ==, 'L');
    qtest_quit(s);
    g_unlink(other);
}

static void expect_fw_cfg(const char *machine)
{
    static const uint8_t uuid[16] = {
        0x46, 0x00, 0xcb, 0x32, 0x38, 0xec, 0x4b, 0x2f,
        0x8a, 0xcb, 0x81, 0xc6, 0xea, 0x54, 0xf2, 0xd8,
    };
    g_autofree char *file = options_file("content", "of\0file", 7);
    QTestState *s = options_start(
        "-M %s -m 80 -uuid 4600cb32-38ec-4b2f-8acb-81c6ea54f2d8"
        " -fw_cfg name=opt/a,string=text,,more -fw_cfg opt/b,file=%s",
        machine, file);
    char data[16];
    uint32_t size;

    options_fw_cfg(s, 0, data, 4);
    g_assert_cmpmem(data, 4, "QEMU", 4);
    g_assert_cmpuint(fw_cfg_int(s, 1, 4), ==, 3);
    options_fw_cfg(s, 2, data, 16);
    g_assert_cmpmem(data, 16, uuid, 16);
    g_assert_cmpuint(fw_cfg_int(s, 3, 8), ==, 80 << 20);
    g_assert_cmpuint(fw_cfg_int(s, 5, 2), ==, 1);
    expect_file(s, "opt/a", "text,more");
    options_fw_cfg(s, options_fw_cfg_file(s, "opt/b", &size), data, 8);
    g_assert_cmpuint(size, ==, 7);
    g_assert_cmpmem(data, 7, "of\0file", 7);
    qtest_quit(s);
}

static void test_fw_cfg(void)
{
    expect_fw_cfg("pc");
    expect_fw_cfg("q35");
}

static void test_uuid(void)
{
    QTestState *s = options_start("-uuid 11111111-2222-3333-4444-555555555555");
    json_object *info = qtest_qmp_return(s, "{'execute':'query-uuid'}");

    g_assert_cmpstr(json_string(info, "UUID"), ==,
                    "11111111-2222-3333-4444-555555555555");
    json_object_put(info);
    qtest_quit(s);
}

static void test_smbios(void)
{
    static const char structure[] = "\x80\x04\x01\x02 from a file\0";
    g_autofree char *file = options_file("smbios", structure,
                                         sizeof(structure));
    static const char *const texts[] = {
        "Acme", "Rocket", "SN-1", "SKU-1", "Family", "OEM words", "BIOS maker",
        "Board maker", "Case maker", "Core maker", "Stick maker",
    };
    QTestState *s = options_start(
        "-smbios type=1,manufacturer=Acme,product=Rocket,version=9,serial=SN-1,"
        "sku=SKU-1,family=Family,uuid=11111111-2222-3333-4444-555555555555"
        " -smbios type=11,value='OEM words' -smbios type=0,vendor='BIOS maker'"
        " -smbios type=2,manufacturer='Board maker'"
        " -smbios type=3,manufacturer='Case maker'"
        " -smbios type=4,manufacturer='Core maker'"
        " -smbios type=17,manufacturer='Stick maker' -smbios file=%s", file);
    uint8_t tables[4096];
    uint32_t size;
    uint16_t key = options_fw_cfg_file(s, "etc/smbios/smbios-tables", &size);

    g_assert_cmpuint(size, <, sizeof(tables));
    options_fw_cfg(s, key, tables, size);
    for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
        g_assert_nonnull(memmem(tables, size, texts[i], strlen(texts[i])));
    }
    g_assert_nonnull(memmem(tables, size, structure, sizeof(structure)));
    qtest_quit(s);
}

/* ---- the clock ---- */

static unsigned from_bcd(uint8_t value)
{
    return (value >> 4) * 10 + (value & 15);
}

static void test_rtc(void)
{
    QTestState *s = options_start(
        "-rtc base=2006-06-17T16:01:21,clock=vm,driftfix=none");
    time_t now = time(NULL);
    struct tm tm;
    unsigned hour;

    g_assert_cmphex(options_cmos(s, 9), ==, 0x06);
    g_assert_cmphex(options_cmos(s, 8), ==, 0x06);
    g_assert_cmphex(options_cmos(s, 7), ==, 0x17);
    g_assert_cmphex(options_cmos(s, 4), ==, 0x16);
    g_assert_cmphex(options_cmos(s, 2), ==, 0x01);
    qtest_clock_step(s, 2 * 3600 * 1000000000ll);
    g_assert_cmphex(options_cmos(s, 4), ==, 0x18);
    qtest_quit(s);
    for (unsigned local = 0; local < 2; local++) {
        g_setenv("TZ", "XYZ-5", true);
        tzset();
        s = options_start("-rtc base=%s,clock=host",
                          local ? "localtime" : "utc");
        hour = from_bcd(options_cmos(s, 4));
        now = time(NULL) + (local ? 5 * 3600 : 0);
        gmtime_r(&now, &tm);
        g_assert_true(hour == (unsigned)tm.tm_hour ||
                      hour == (tm.tm_hour + 23u) % 24);
        g_assert_true(local || hour != (tm.tm_hour + 5u) % 24);
        qtest_quit(s);
    }
    g_unsetenv("TZ");
}

/* ---- devices and objects ---- */

static void expect_device_at(QTestState *s, unsigned devfn, uint32_t id)
{
    qtest_outl(s, 0xcf8, 0x80000000u | devfn << 8);
    g_assert_cmphex(qtest_inl(s, 0xcfc), ==, id);
}

static void test_device(void)
{
    QTestState *s = options_start(
        "-M pc -device rtl8139,addr=04.0,id=a -device rtl8139,addr=5.0"
        " -device rtl8139,addr=0x6 -device rtl8139,addr=7"
        " -device '{\"driver\":\"virtio-net-pci\",\"id\":\"j\",\"addr\":\"0x1e\""
        ",\"vectors\":5,\"rx_queue_size\":512}'"
        " -device virtio-rng-pci,addr=0x1d.0x0,vectors=0x2");
    json_object *value = qom_get(s, "/machine/peripheral/j", "rx_queue_size");

    g_assert_cmpint(json_object_get_int(value), ==, 512);
    json_object_put(value);
    for (unsigned slot = 4; slot <= 7; slot++) {
        expect_device_at(s, slot << 3, 0x813910ec);
    }
    expect_device_at(s, 0x1e << 3, 0x10001af4);
    expect_device_at(s, 0x1d << 3, 0x10051af4);
    qtest_quit(s);
}

static void test_object(void)
{
    g_autofree char *file = options_file("secret", "aGVsbG8=\n", 9);
    QTestState *s = options_start(
        "-object '{\"qom-type\":\"secret\",\"id\":\"s0\",\"data\":\"x\"}'"
        " -object secret,id=s1,file=%s,format=base64"
        " -object '{\"qom-type\":\"memory-backend-ram\",\"id\":\"m0\",\"size\":"
        "1048576}' -object rng-random,id=r0,filename=/dev/urandom", file);
    json_object *value = qom_get(s, "/objects/m0", "size");
    g_autofree char *refused = NULL;

    g_assert_cmpint(json_object_get_int64(value), ==, 1 << 20);
    json_object_put(value);
    value = qom_get(s, "/objects/s1", "format");
    g_assert_cmpstr(json_object_get_string(value), ==, "base64");
    json_object_put(value);
    /* a secret is not shown */
    refused = qtest_qmp_error(s, "GenericError", "{'execute':'qom-get',"
                              "'arguments':{'path':'/objects/s0',"
                              "'property':'data'}}");
    qtest_qmp_ok(s, "{'execute':'object-del','arguments':{'id':'s0'}}");
    qtest_quit(s);
}

static void expect_default(const char *args, int64_t expected)
{
    QTestState *s = options_start("%s -device virtio-net-pci,id=n", args);
    json_object *value = qom_get(s, "/machine/peripheral/n", "rx_queue_size");

    g_assert_cmpint(json_object_get_int(value), ==, expected);
    json_object_put(value);
    qtest_quit(s);
}

static void test_global_and_set(void)
{
    expect_default("-global virtio-net-pci.rx_queue_size=1024", 1024);
    expect_default("-global driver=virtio-net-pci,property=rx_queue_size,"
                   "value=512", 512);
    options_note("-global driver=x,property=y,value=z");
    {
        QTestState *s = options_start("-device virtio-net-pci,id=n"
                                      " -set device.n.rx_queue_size=512");
        json_object *value = qom_get(s, "/machine/peripheral/n",
                                     "rx_queue_size");

        g_assert_cmpint(json_object_get_int(value), ==, 512);
        json_object_put(value);
        qtest_quit(s);
    }
}

/* ---- the network ---- */

static void expect_network(const char *args, const char *text)
{
    QTestState *s = options_start("%s", args);
    g_autofree char *info = qtest_hmp(s, "info network");

    if (!strstr(info, text)) {
        g_error("%s: no '%s' in %s", args, text, info);
    }
    qtest_quit(s);
}

static void test_network(void)
{
    expect_network("-netdev user,id=u0", "u0: index=0,type=user");
    expect_network("-netdev '{\"type\":\"hubport\",\"id\":\"h0\",\"hubid\":3}'",
                   "h0");
    expect_network("-nic user,model=rtl8139,mac=52:54:00:12:34:99",
                   "model=rtl8139,macaddr=52:54:00:12:34:99");
    expect_network("-nic none", "");
    expect_network("-net nic,model=rtl8139,macaddr=52:54:00:00:00:07 -net user",
                   "52:54:00:00:00:07");
}

void options_machine_cases(void)
{
    qtest_add_func("options/questions", test_questions);
    qtest_add_func("options/machine", test_machine);
    qtest_add_func("options/no-acpi", test_no_acpi);
    qtest_add_func("options/accel", test_accel);
    qtest_add_func("options/cpu", test_cpu);
    qtest_add_func("options/smp", test_smp);
    qtest_add_func("options/memory", test_memory);
    qtest_add_func("options/memory-of-the-host", test_memory_of_the_host);
    qtest_add_func("options/numa", test_numa);
    qtest_add_func("options/boot", test_boot);
    qtest_add_func("options/kernel", test_kernel);
    qtest_add_func("options/firmware", test_firmware);
    qtest_add_func("options/fw_cfg", test_fw_cfg);
    qtest_add_func("options/uuid", test_uuid);
    qtest_add_func("options/smbios", test_smbios);
    qtest_add_func("options/rtc", test_rtc);
    qtest_add_func("options/device", test_device);
    qtest_add_func("options/object", test_object);
    qtest_add_func("options/global-and-set", test_global_and_set);
    qtest_add_func("options/network", test_network);
}
