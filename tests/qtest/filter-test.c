/*
 * Filters from outside: two datagram backends on a hub, between which the test sends
 * frames; files are read back, character devices read and written, and time is the
 * virtual clock's. Limits are in filter-rate-test.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "libqtest.h"

#define MS          1000000
#define WAIT_MS     10000
#define QUIET_MS    30          /* what has not come by then does not come */

/* --- two ends of a hub --- */

static QTestState *qts;
static int ends[2];             /* of the netdevs "a" and "b" */
static char *dir;

static char *path_of(const char *name)
{
    return g_strdup_printf("%s/%s", dir, name);
}

static void start_args(const char *fmt, ...) G_PRINTF(1, 2);

/* In @fmt "@/" stands for the test's directory. */
static void start_args(const char *fmt, ...)
{
    g_autoptr(GString) args = g_string_new("-nodefaults -M none");
    g_autofree char *more = NULL, *slash = NULL;
    int pair[2], fds[2];
    va_list ap;

    dir = g_dir_make_tmp("filter-XXXXXX", NULL);
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), ==, 0);
        fcntl(pair[0], F_SETFD, FD_CLOEXEC);
        ends[i] = pair[0];
        fds[i] = pair[1];
        g_string_append_printf(args, " -netdev dgram,id=%c,local.type=fd,"
                               "local.str=%d -netdev hubport,id=h%c,hubid=1,"
                               "netdev=%c", 'a' + i, pair[1], 'a' + i, 'a' + i);
    }
    va_start(ap, fmt);
    more = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    slash = g_strdup_printf("%s/", dir);
    g_string_append_printf(args, " %s", more);
    g_string_replace(args, "@/", slash, 0);
    qts = qtest_init(args->str);
    close(fds[0]);
    close(fds[1]);
}

static void remove_dir(void)
{
    GDir *open = g_dir_open(dir, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(open))) {
        g_autofree char *path = path_of(name);

        g_unlink(path);
    }
    g_dir_close(open);
    g_rmdir(dir);
    g_clear_pointer(&dir, g_free);
}

static void stop(void)
{
    qtest_quit(qts);
    close(ends[0]);
    close(ends[1]);
    remove_dir();
}

static bool readable(int fd, int ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, ms) == 1;
}

static void send_frame(int fd, char letter, size_t size)
{
    g_autofree char *frame = g_strnfill(size, letter);

    g_assert_cmpint(send(fd, frame, size, 0), ==, size);
}

static void expect_frame(int fd, char letter, size_t size)
{
    g_autofree char *frame = g_strnfill(size, letter);
    char got[70000];

    g_assert_true(readable(fd, WAIT_MS));
    g_assert_cmpint(recv(fd, got, sizeof(got), 0), ==, size);
    g_assert_cmpmem(got, size, frame, size);
}

static void expect_quiet(int fd)
{
    g_assert_false(readable(fd, QUIET_MS));
}

/* A frame in at one end and out at the other. */
static void pass(unsigned from, char letter, size_t size)
{
    send_frame(ends[from], letter, size);
    expect_frame(ends[!from], letter, size);
}

static void object_add(const char *fmt, ...) G_PRINTF(1, 2);

static void object_add(const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    qtest_qmp_ok(qts, "{'execute':'object-add','arguments':{%s}}", text);
}

static void object_del(const char *id)
{
    qtest_qmp_ok(qts, "{'execute':'object-del','arguments':{'id':'%s'}}", id);
}

static void set(const char *id, const char *name, const char *json)
{
    qtest_qmp_ok(qts, "{'execute':'qom-set','arguments':{'path':'/objects/%s',"
                 "'property':'%s','value':%s}}", id, name, json);
}

/* --- pcap --- */

typedef struct Pcap {
    char *bytes;
    size_t size, at;
} Pcap;

static Pcap pcap_open(const char *name, uint32_t snaplen)
{
    const uint32_t header[] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, snaplen, 1 };
    g_autofree char *path = path_of(name);
    Pcap p = { .at = sizeof(header) };

    g_assert_true(g_file_get_contents(path, &p.bytes, &p.size, NULL));
    g_assert_cmpuint(p.size, >=, sizeof(header));
    g_assert_cmpmem(p.bytes, sizeof(header), header, sizeof(header));
    return p;
}

/* The next record; its time in us. */
static int64_t pcap_expect(Pcap *p, char letter, size_t size, size_t captured)
{
    g_autofree char *frame = g_strnfill(captured, letter);
    uint32_t head[4];

    g_assert_cmpuint(p->size - p->at, >=, sizeof(head));
    memcpy(head, p->bytes + p->at, sizeof(head));
    p->at += sizeof(head);
    g_assert_cmpuint(head[1], <, 1000000);
    g_assert_cmpuint(head[2], ==, captured);
    g_assert_cmpuint(head[3], ==, size);
    g_assert_cmpuint(p->size - p->at, >=, captured);
    g_assert_cmpmem(p->bytes + p->at, captured, frame, captured);
    p->at += captured;
    return (int64_t)head[0] * G_USEC_PER_SEC + head[1];
}

static void pcap_end(Pcap *p)
{
    g_assert_cmpuint(p->at, ==, p->size);
    g_free(p->bytes);
}

static void dump_both_ways(void)
{
    int64_t first, now = g_get_real_time();
    Pcap p;

    start_args("-object filter-dump,id=all,netdev=a,file=@/all"
               " -object filter-dump,id=rx,netdev=a,file=@/rx,queue=rx"
               " -object filter-dump,id=tx,netdev=a,file=@/tx,queue=tx,"
               "maxlen=100 -object filter-dump,id=other,netdev=b,file=@/b");
    pass(0, '1', 60);
    qtest_clock_step(qts, 1500 * MS);
    pass(1, '2', 1514);
    pass(0, '3', 65000);

    p = pcap_open("all", 65536);
    first = pcap_expect(&p, '1', 60, 60);
    g_assert_cmpint(ABS(first - now), <, 60 * G_USEC_PER_SEC);
    g_assert_cmpint(pcap_expect(&p, '2', 1514, 1514), ==, first + 1500000);
    g_assert_cmpint(pcap_expect(&p, '3', 65000, 65000), ==, first + 1500000);
    pcap_end(&p);
    /* The netdev receives what comes out at its end. */
    p = pcap_open("rx", 65536);
    pcap_expect(&p, '2', 1514, 1514);
    pcap_end(&p);
    p = pcap_open("tx", 100);
    pcap_expect(&p, '1', 60, 60);
    pcap_expect(&p, '3', 65000, 100);
    pcap_end(&p);

    set("all", "status", "'off'");
    pass(0, '4', 60);
    set("all", "status", "'on'");
    set("all", "queue", "'tx'");
    pass(1, '5', 60);
    pass(0, '6', 60);
    object_del("all");
    pass(0, '7', 60);
    p = pcap_open("all", 65536);
    pcap_expect(&p, '1', 60, 60);
    pcap_expect(&p, '2', 1514, 1514);
    pcap_expect(&p, '3', 65000, 65000);
    pcap_expect(&p, '6', 60, 60);
    pcap_end(&p);
    p = pcap_open("b", 65536);
    for (unsigned i = 1; i <= 7; i++) {
        size_t size = i == 2 ? 1514 : i == 3 ? 65000 : 60;

        pcap_expect(&p, '0' + i, size, size);
    }
    pcap_end(&p);
    stop();
}

/* More than a pipe takes whole or not at all. */
#define BIG 9000

/* A pipe whose reader sleeps: packets pass, and what it gets are whole records. */
static void dump_to_slow_pipe(void)
{
    g_autofree char *path = NULL;
    struct {
        uint32_t words[4];
    } record;
    char buf[65536];
    unsigned records = 0;
    int fd;

    start_args("-S");
    path = path_of("pipe");
    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    /* Without a reader it is refused, and nobody waits. */
    g_free(qtest_qmp_error(qts, "GenericError", "{'execute':'object-add',"
                           "'arguments':{'qom-type':'filter-dump','id':'f',"
                           "'netdev':'a','file':'%s'}}", path));
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    object_add("'qom-type':'filter-dump','id':'f','netdev':'a','file':'%s'",
               path);
    for (unsigned i = 0; i < 100; i++) {
        pass(0, 'x', BIG);
    }
    g_assert_cmpint(fcntl(fd, F_SETFL, 0), ==, 0);
    g_assert_cmpint(read(fd, buf, 24), ==, 24);
    while (readable(fd, 0)) {
        size_t got = 0;

        g_assert_cmpint(read(fd, &record, sizeof(record)), ==, sizeof(record));
        g_assert_cmpuint(record.words[2], ==, BIG);
        if (records == 3) {
            pass(0, 'x', BIG);      /* what was left of a record comes first */
        }
        while (got < BIG) {
            ssize_t n = read(fd, buf, BIG - got);

            g_assert_cmpint(n, >, 0);
            got += n;
        }
        records++;
    }
    g_assert_cmpuint(records, >, 3);
    g_assert_cmpuint(records, <, 100);
    /* The reader goes: no more is dumped, all else goes on. */
    close(fd);
    pass(0, 'y', 1500);
    pass(1, 'y', 1500);
    stop();
}

/* --- character devices --- */

/* Connects to the chardev that listens at @/@name. */
static int chardev_connect(const char *name)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_autofree char *path = path_of(name);

    g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
    for (unsigned i = 0; connect(fd, (void *)&addr, sizeof(addr)) < 0; i++) {
        g_assert_cmpuint(i, <, 1000);
        g_usleep(1000);
    }
    return fd;
}

#define CHARDEV(id) " -chardev socket,id=" id ",path=@/" id ",server=on,wait=off"

static void read_exactly(int fd, void *bytes, size_t count)
{
    for (size_t got = 0; got < count;) {
        ssize_t n;

        g_assert_true(readable(fd, WAIT_MS));
        n = recv(fd, (char *)bytes + got, count - got, 0);
        g_assert_cmpint(n, >, 0);
        got += n;
    }
}

/* @head words in front, the first of which is the size. */
static void expect_packet(int fd, unsigned head, char letter, size_t size)
{
    g_autofree char *frame = g_strnfill(size, letter);
    char got[70000];
    uint32_t words[2];

    read_exactly(fd, words, head * 4);
    g_assert_cmpuint(ntohl(words[0]), ==, size);
    g_assert_true(head == 1 || words[1] == 0);
    read_exactly(fd, got, size);
    g_assert_cmpmem(got, size, frame, size);
}

static void send_packet(int fd, unsigned head, char letter, size_t size)
{
    g_autofree char *wire = g_strnfill(head * 4 + size, letter);
    uint32_t words[2] = { htonl(size), 0 };

    memcpy(wire, words, head * 4);
    g_assert_cmpint(send(fd, wire, head * 4 + size, MSG_NOSIGNAL), ==,
                    head * 4 + size);
}

/* Until the emulator has seen who connected. */
static void settle(void)
{
    for (unsigned i = 0; i < 5; i++) {
        qtest_qmp_ok(qts, "{'execute':'query-status'}");
        g_usleep(2000);
    }
}

static void mirror(void)
{
    int m, v;

    start_args(CHARDEV("m") CHARDEV("v")
               " -object filter-mirror,id=m,netdev=a,outdev=m"
               " -object filter-mirror,id=v,netdev=a,outdev=v,queue=rx,"
               "vnet_hdr_support=on");
    pass(0, '0', 60);           /* nobody listens: mirrored to nobody */
    m = chardev_connect("m");
    v = chardev_connect("v");
    settle();
    pass(0, '1', 60);
    pass(1, '2', 65000);
    expect_packet(m, 1, '1', 60);
    expect_packet(m, 1, '2', 65000);
    expect_packet(v, 2, '2', 65000);
    /* Who connects anew begins with a whole packet. */
    close(m);
    settle();
    pass(0, '3', 60);
    m = chardev_connect("m");
    settle();
    pass(0, '4', 60);
    expect_packet(m, 1, '4', 60);
    set("m", "status", "'off'");
    pass(0, '5', 60);
    set("m", "status", "'on'");
    pass(1, '6', 70);
    expect_packet(m, 1, '6', 70);
    expect_packet(v, 2, '6', 70);
    expect_quiet(v);
    close(m);
    close(v);
    stop();
}

/* A reader that sleeps costs copies, not packets, and no memory without end. */
static void mirror_slow_reader(void)
{
    unsigned count = 0;
    int m;

    start_args(CHARDEV("m") " -object filter-mirror,id=m,netdev=a,outdev=m");
    m = chardev_connect("m");
    settle();
    for (unsigned i = 0; i < 150; i++) {
        pass(0, 'x', 60000);
    }
    while (readable(m, 200)) {
        expect_packet(m, 1, 'x', 60000);
        count++;
    }
    g_assert_cmpuint(count, >=, 4 << 20 >> 16);
    g_assert_cmpuint(count, <, 150);
    pass(0, 'y', 60);
    expect_packet(m, 1, 'y', 60);
    /* It goes in the middle of a packet: the next one does not get the rest. */
    for (unsigned i = 0; i < 10; i++) {
        pass(0, 'x', 60000);
    }
    close(m);
    settle();
    m = chardev_connect("m");
    settle();
    pass(0, 'z', 60);
    expect_packet(m, 1, 'z', 60);
    close(m);
    stop();
}

static void redirector(void)
{
    int o, i;

    /* Out with what comes from a, back in behind it. */
    start_args(CHARDEV("o") CHARDEV("i")
               " -object filter-redirector,id=o,netdev=a,outdev=o,queue=tx"
               " -object filter-redirector,id=i,netdev=a,indev=i,queue=tx");
    o = chardev_connect("o");
    i = chardev_connect("i");
    settle();
    send_frame(ends[0], '1', 60);
    expect_packet(o, 1, '1', 60);
    expect_quiet(ends[1]);
    send_packet(i, 1, '2', 65000);
    expect_frame(ends[1], '2', 65000);
    pass(1, '3', 60);
    /* Both ways. */
    set("i", "queue", "'all'");
    send_packet(i, 1, '4', 70);
    expect_frame(ends[0], '4', 70);
    expect_frame(ends[1], '4', 70);
    set("i", "queue", "'rx'");
    send_packet(i, 1, '5', 70);
    expect_frame(ends[0], '5', 70);
    /* Off it does not read; on again nothing is missing. */
    set("i", "status", "'off'");
    send_packet(i, 1, '6', 70);
    expect_quiet(ends[0]);
    set("i", "status", "'on'");
    expect_frame(ends[0], '6', 70);
    set("o", "status", "'off'");
    pass(0, '7', 60);
    /* Without a reader it is a cut wire. */
    set("o", "status", "'on'");
    close(o);
    settle();
    send_frame(ends[0], '8', 60);
    expect_quiet(ends[1]);
    object_del("o");
    pass(0, '9', 60);
    close(i);
    stop();
}

/* With the length of a header that the netdev does not have: it is cut off. */
static void redirector_header(void)
{
    uint32_t words[2] = { htonl(72), htonl(12) };
    char wire[80];
    int i;

    start_args(CHARDEV("i") " -object filter-redirector,id=i,netdev=a,indev=i,"
               "queue=tx,vnet_hdr_support=on");
    i = chardev_connect("i");
    memset(wire, 'f', sizeof(wire));
    memcpy(wire, words, sizeof(words));
    memset(wire + 8, 'h', 12);
    g_assert_cmpint(send(i, wire, sizeof(wire), 0), ==, sizeof(wire));
    expect_frame(ends[1], 'f', 60);
    send_packet(i, 2, 'g', 60);
    expect_frame(ends[1], 'g', 60);
    close(i);
    stop();
}

/* Bytes that make no sense end a connection; the next one is as good as new. */
static void redirector_hostile(void)
{
    static const struct {
        const char *bytes;
        size_t count;
        bool closed;
    } streams[] = {
        { "\377\377\377\377", 4, true },
        { "\0\001\020\001", 4, true },
        { "\177\377\377\377garbage", 11, true },
        { "\0\0\0\0\0\0\0\0", 8, false },
        { "\0\0\0\100cut", 7, false },
        { "\0\0", 2, false },
    };

    start_args(CHARDEV("i") " -object filter-redirector,id=i,netdev=a,indev=i,"
               "queue=tx");
    for (unsigned n = 0; n < ARRAY_SIZE(streams); n++) {
        int i = chardev_connect("i");
        char byte;

        send(i, streams[n].bytes, streams[n].count, MSG_NOSIGNAL);
        if (streams[n].closed) {
            g_assert_true(readable(i, WAIT_MS));
            g_assert_cmpint(recv(i, &byte, 1, 0), <=, 0);
        }
        close(i);
        settle();
        i = chardev_connect("i");
        send_packet(i, 1, 'a' + n, 60);
        expect_frame(ends[1], 'a' + n, 60);
        close(i);
        settle();
    }
    stop();
}

/* The reader of a redirector sleeps: senders wait, and nothing is lost. */
static void redirector_slow_reader(void)
{
    unsigned sent = 0, got = 0;
    g_autofree char *frame = g_strnfill(60000, 'x');
    int o;

    start_args(CHARDEV("o") " -object filter-redirector,id=o,netdev=a,outdev=o,"
               "queue=tx");
    o = chardev_connect("o");
    settle();
    /* Until nothing has room for a while. */
    for (unsigned idle = 0; idle < 20;) {
        if (send(ends[0], frame, 60000, MSG_DONTWAIT) == 60000) {
            sent++;
            idle = 0;
        } else {
            g_usleep(2000);
            idle++;
        }
    }
    g_assert_cmpuint(sent, >, 50);
    g_assert_cmpuint(sent, <, 1000);
    pass(1, 'y', 60);
    for (; got < sent; got++) {
        expect_packet(o, 1, 'x', 60000);
    }
    expect_quiet(o);
    close(o);
    stop();
}

/* --- buffer, order, and what goes with what --- */

static void buffer(void)
{
    start_args("-object filter-dump,id=h,netdev=a,file=@/h"
               " -object filter-buffer,id=f,netdev=a,interval=10000,queue=tx"
               " -object filter-dump,id=t,netdev=a,file=@/t");
    qtest_clock_step(qts, 4 * MS);
    send_frame(ends[0], '1', 60);
    send_frame(ends[0], '2', 60);
    pass(1, '3', 60);
    expect_quiet(ends[1]);
    qtest_clock_step(qts, 5 * MS);
    expect_quiet(ends[1]);
    qtest_clock_step(qts, 1 * MS);
    expect_frame(ends[1], '1', 60);
    expect_frame(ends[1], '2', 60);
    {
        Pcap h = pcap_open("h", 65536), t = pcap_open("t", 65536);
        int64_t before;

        pcap_expect(&h, '1', 60, 60);
        pcap_expect(&h, '2', 60, 60);
        pcap_expect(&h, '3', 60, 60);
        pcap_end(&h);
        before = pcap_expect(&t, '3', 60, 60);
        g_assert_cmpint(pcap_expect(&t, '1', 60, 60) - before, ==, 6000);
        pcap_expect(&t, '2', 60, 60);
        pcap_end(&t);
    }
    send_frame(ends[0], '4', 60);
    settle();
    object_del("f");
    expect_frame(ends[1], '4', 60);
    stop();
}

static void info_network(void)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    static const char *const expected[] = {
        "n: index=0,type=user,",
        "filters:",
        "  - m: type=filter-mirror,vnet_hdr_support=false,outdev=c,"
        "position=head,status=on,insert=behind,netdev=n,queue=all",
        "  - b: type=filter-buffer,interval=1000,position=id=f,status=off,"
        "insert=before,netdev=n,queue=all",
        "  - f: type=filter-dump,file=/dev/null,maxlen=65536,position=tail,"
        "status=on,insert=behind,netdev=n,queue=rx",
        "  - r: type=filter-redirector,vnet_hdr_support=true,indev=,outdev=d,"
        "position=tail,status=on,insert=behind,netdev=n,queue=all",
    };

    qts = qtest_init("-M none -nodefaults -netdev hubport,hubid=7,id=x"
                     " -netdev hubport,id=y,hubid=8,netdev=x"
                     " -chardev null,id=c -chardev null,id=d"
                     " -netdev user,id=n,restrict=on"
                     " -object filter-dump,id=f,netdev=n,file=/dev/null,"
                     "queue=rx -object filter-mirror,id=m,netdev=n,outdev=c,"
                     "position=head -object filter-buffer,id=b,netdev=n,"
                     "interval=1000,position=id=f,insert=before,status=off"
                     " -object filter-redirector,id=r,netdev=n,outdev=d,"
                     "vnet_hdr_support=on");
    text = qtest_hmp(qts, "info network");
    lines = g_strsplit(text, "\r\n", -1);
    for (unsigned i = 0, line = 0; i < ARRAY_SIZE(expected); line++) {
        g_assert_nonnull(lines[line]);
        if (i == 0) {
            i += g_str_has_prefix(lines[line], expected[0]);
        } else {
            g_assert_cmpstr(lines[line], ==, expected[i]);
            i++;
        }
    }
    /* They go with their netdev, and give back what they used. */
    qtest_qmp_ok(qts, "{'execute':'netdev_del','arguments':{'id':'n'}}");
    qtest_qmp_ok(qts, "{'execute':'chardev-remove','arguments':{'id':'c'}}");
    g_free(qtest_qmp_error(qts, "GenericError", "{'execute':'object-del',"
                           "'arguments':{'id':'f'}}"));
    qtest_quit(qts);
}

static void netdev_goes_with_packets_held(void)
{
    start_args("-object filter-buffer,id=f,netdev=a,interval=10000"
               " -object filter-rate-limit,id=r,netdev=b,"
               "rx-packets-per-second=1");
    send_frame(ends[0], '1', 60);
    send_frame(ends[1], '2', 60);
    send_frame(ends[1], '3', 60);
    settle();
    qtest_qmp_ok(qts, "{'execute':'netdev_del','arguments':{'id':'a'}}");
    qtest_clock_step(qts, 100 * MS);
    send_frame(ends[1], '4', 60);
    qtest_clock_step(qts, 5000 * INT64_C(1000000));
    qtest_qmp_ok(qts, "{'execute':'netdev_del','arguments':{'id':'b'}}");
    qtest_qmp_ok(qts, "{'execute':'query-status'}");
    stop();
}

/* What is said of a filter that cannot be, and nothing of it is left. */
static void mistakes(void)
{
    static const struct {
        const char *args, *text;
    } cases[] = {
        { "'qom-type':'filter-dump','netdev':'z','file':'/dev/null'",
          "Parameter 'netdev' expects a network backend id, not 'z'" },
        { "'qom-type':'filter-dump','netdev':'a'",
          "Parameter 'file' is missing" },
        { "'qom-type':'filter-dump','netdev':'a','file':'/nosuch/x'",
          "net dump: can't open /nosuch/x: No such file or directory" },
        { "'qom-type':'filter-dump','netdev':'a','file':'/dev/null',"
          "'status':'no'", "Invalid value 'no' for netfilter status, should be"
          " 'on' or 'off'" },
        { "'qom-type':'filter-dump','netdev':'a','file':'/dev/null',"
          "'position':'id=b'", "filter 'b' not found" },
        { "'qom-type':'filter-buffer','netdev':'a','interval':0",
          "Property 'filter-buffer.interval' requires a positive value" },
        { "'qom-type':'filter-redirector','netdev':'a'",
          "filter redirector needs 'indev' or 'outdev' at least one property"
          " set" },
        { "'qom-type':'filter-redirector','netdev':'a','indev':'c',"
          "'outdev':'c'", "'indev' and 'outdev' could not be same for filter"
          " redirector" },
        { "'qom-type':'filter-redirector','netdev':'a','indev':'c',"
          "'outdev':'used'", "Device 'used' is in use" },
        { "'qom-type':'filter-rate-limit','netdev':'a','queue':'tx',"
          "'tx-bytes-per-second':1000", "queue=tx is what the guest receives:"
          " tx- limits need queue=all or queue=rx" },
        { "'qom-type':'filter-rate-limit','netdev':'a',"
          "'rx-packets-burst':9223372036854775808",
          "Property 'filter-rate-limit.rx-packets-burst' doesn't take value"
          " 9223372036854775808 (maximum: 9223372036854775807)" },
    };

    start_args("-chardev null,id=c -chardev null,id=used"
               " -object filter-mirror,id=m,netdev=a,outdev=used");
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *text = qtest_qmp_error(
            qts, "GenericError", "{'execute':'object-add','arguments':"
            "{'id':'f',%s}}", cases[i].args);

        g_assert_cmpstr(text, ==, cases[i].text);
    }
    for (unsigned i = 0; i < 2; i++) {
        static const char *const fixed[][2] = {
            { "netdev", "b" }, { "outdev", "c" },
        };
        g_autofree char *text = qtest_qmp_error(
            qts, "GenericError", "{'execute':'qom-set','arguments':{'path':"
            "'/objects/m','property':'%s','value':'%s'}}", fixed[i][0],
            fixed[i][1]);

        g_assert_nonnull(strstr(text, "can only be set when the filter is made"));
    }
    /* The devices are free. */
    object_add("'qom-type':'filter-redirector','id':'f','netdev':'a',"
               "'indev':'c'");
    pass(0, 'x', 60);
    stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/filter/dump/both-ways", dump_both_ways);
    qtest_add_func("/filter/dump/slow-pipe", dump_to_slow_pipe);
    qtest_add_func("/filter/mirror/copies", mirror);
    qtest_add_func("/filter/mirror/slow-reader", mirror_slow_reader);
    qtest_add_func("/filter/redirector/out-and-in", redirector);
    qtest_add_func("/filter/redirector/header", redirector_header);
    qtest_add_func("/filter/redirector/hostile", redirector_hostile);
    qtest_add_func("/filter/redirector/slow-reader", redirector_slow_reader);
    qtest_add_func("/filter/buffer", buffer);
    qtest_add_func("/filter/info-network", info_network);
    qtest_add_func("/filter/netdev-goes", netdev_goes_with_packets_held);
    qtest_add_func("/filter/mistakes", mistakes);
    return g_test_run();
}
