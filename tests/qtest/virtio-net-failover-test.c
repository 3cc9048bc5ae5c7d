/*
 * A virtio-net that stands by for another card: when the guest sees that one, what
 * is told, what is refused, and how it stays behind when the machine is saved.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "libqos/hotplug.h"
#include "libqos/nodes.h"

#define PORTS "-M q35 -m 32 -nodefaults " \
    "-netdev hubport,id=hs0,hubid=0 -netdev hubport,id=hs1,hubid=1 " \
    "-device pcie-root-port,id=root0,chassis=1,addr=2 " \
    "-device pcie-root-port,id=root1,chassis=2,addr=3 "
#define MAC "mac=52:54:00:11:11:11,romfile="
#define STANDBY "-device virtio-net-pci,failover=on,id=standby0,netdev=hs0," \
    "bus=root0," MAC " "
#define PRIMARY "-device virtio-net-pci,failover_pair_id=standby0,id=primary0," \
    "bus=root1,netdev=hs1," MAC " "
#define PRIMARY_JSON "{'driver':'virtio-net-pci','failover_pair_id':'standby0'," \
    "'id':'primary0','bus':'root1','netdev':'hs1','romfile':''," \
    "'mac':'52:54:00:11:11:11'}"
#define PRIMARY_PORT QPCI_DEVFN(3, 0)
#define F_STANDBY   62

static char *path;

/* --- the machine, and a driver of the standby ------------------------------- */

typedef struct Guest {
    QTestState *qts;
    QPCIMachineBus bus;
    QPCIDevice *pci;
    QVirtioDevice dev;
} Guest;

/* What firmware does, also for the port of the primary, which is bus 2. */
static void firmware(Guest *g)
{
    qpci_init_q35_port(&g->bus.pci, g->qts);
    g->bus.pci.config_write(&g->bus.pci, PRIMARY_PORT, PCI_PRIMARY_BUS,
                            2 << 16 | 2 << 8, 4);
}

static void guest_find(Guest *g)
{
    firmware(g);
    qpci_take(&g->bus.pci, QPCI_DEVFN(QPCI_PORT_SLOT, 0));
    g_free(g->pci);
    g->pci = qpci_device_find_id(&g->bus.pci, 0x1af4, -1);
    g_assert_nonnull(g->pci);
    qvirtio_pci_modern_init(&g->dev, g->pci, &g->bus.alloc);
    qpci_device_enable(g->pci);
}

static Guest *guest_start(const char *args)
{
    Guest *g = g_new0(Guest, 1);

    g->qts = qtest_init(args);
    guest_alloc_init(&g->bus.alloc, 2 << 20, 32 << 20);
    guest_find(g);
    return g;
}

static void guest_end(Guest *g)
{
    g_free(g->pci);
    qtest_quit(g->qts);
    g_free(g);
}

/* The driver takes STANDBY, if @wants, and works. */
static void drive(Guest *g, bool wants)
{
    qvirtio_negotiate(&g->dev, &qvirt_split,
                      wants ? QVIRTIO_F(F_STANDBY) : 0);
    qvirtio_driver_ok(&g->dev);
}

static void expect_event(Guest *g, const char *name, const char *id)
{
    json_object *event = qtest_event(g->qts, name);

    g_assert_cmpstr(json_string(event, "data.device-id"), ==, id);
    json_object_put(event);
}

/* Parts of a device, which have no id, are told of as well. */
static void expect_deleted(Guest *g, const char *id)
{
    json_object *event = qtest_event(g->qts, "DEVICE_DELETED");

    while (!json_has(json_member(event, "data"), "device")) {
        json_object_put(event);
        event = qtest_event(g->qts, "DEVICE_DELETED");
    }
    g_assert_cmpstr(json_string(event, "data.device"), ==, id);
    g_assert_true(g_str_has_suffix(json_string(event, "data.path"), id));
    json_object_put(event);
}

static void accept_standby(Guest *g)
{
    drive(g, true);
    expect_event(g, "FAILOVER_NEGOTIATED", "standby0");
}

static bool there(Guest *g, const char *id)
{
    g_autofree char *member = g_strdup_printf("\"qdev_id\":\"%s\"", id);
    json_object *all = qtest_qmp_return(g->qts, "{'execute':'query-pci'}");
    bool found = strstr(json_object_to_json_string_ext(
                            all, JSON_C_TO_STRING_PLAIN), member);

    json_object_put(all);
    return found;
}

/* What users and what guests can see of the primary. */
static void expect_primary(Guest *g, bool plugged)
{
    uint32_t id;

    g_assert_true(there(g, "standby0"));
    g_assert_cmpint(there(g, "primary0"), ==, plugged);
    qpci_take(&g->bus.pci, PRIMARY_PORT);
    id = g->bus.pci.config_read(&g->bus.pci, 2 << 8, 0, 4);
    g_assert_cmphex(id & 0xffff, ==, plugged ? 0x1af4 : 0xffff);
}

static void device_del(Guest *g, const char *id)
{
    qtest_qmp_ok(g->qts, "{'execute':'device_del','arguments':{'id':'%s'}}",
                 id);
}

static void device_add(Guest *g, const char *object)
{
    qtest_qmp_ok(g->qts, "{'execute':'device_add','arguments':%s}", object);
}

static void device_add_fails(Guest *g, const char *object, const char *text)
{
    g_autofree char *said = qtest_qmp_error(
        g->qts, "GenericError", "{'execute':'device_add','arguments':%s}",
        object);

    g_assert_cmpstr(said, ==, text);
}

static void guest_lets_go(Guest *g)
{
    qpci_let_go(&g->bus.pci, PRIMARY_PORT);
}

/* --- when the guest sees it -------------------------------------------------- */

static void test_hidden_until_accepted(void)
{
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    expect_primary(g, false);
    accept_standby(g);
    expect_primary(g, true);
    /* Another driver of the same guest: it is told again, nothing is plugged. */
    accept_standby(g);
    expect_primary(g, true);
    guest_end(g);
}

/* FEATURES_OK is still missing. */
static void begin_to_accept(Guest *g)
{
    qvirtio_reset(&g->dev);
    g->dev.transport->set_status(&g->dev, VIRTIO_CONFIG_S_ACKNOWLEDGE |
                                 VIRTIO_CONFIG_S_DRIVER);
    g->dev.transport->set_features(&g->dev, QVIRTIO_F(F_STANDBY) |
                                   QVIRTIO_F(VIRTIO_F_VERSION_1));
}

static void test_never_without_standby(void)
{
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    for (unsigned i = 0; i < 2; i++) {
        drive(g, false);
        expect_primary(g, false);
    }
    begin_to_accept(g);
    expect_primary(g, false);
    g_assert_false(qtest_event_came(g->qts, "FAILOVER_NEGOTIATED"));
    guest_end(g);
}

static void test_not_offered(void)
{
    Guest *g = guest_start(PORTS "-device virtio-net-pci,id=standby0,netdev=hs0,"
                           "bus=root0,romfile= ");

    g_assert_false(g->dev.transport->get_features(&g->dev) &
                   QVIRTIO_F(F_STANDBY));
    guest_end(g);
    g = guest_start(PORTS STANDBY);
    g_assert_true(g->dev.transport->get_features(&g->dev) &
                  QVIRTIO_F(F_STANDBY));
    guest_end(g);
}

/* Which one stands first on the command line does not matter. */
static void test_primary_first(void)
{
    Guest *g = guest_start(PORTS PRIMARY STANDBY);

    expect_primary(g, false);
    accept_standby(g);
    expect_primary(g, true);
    guest_end(g);
}

static void test_added_later(void)
{
    Guest *g = guest_start(PORTS STANDBY);

    accept_standby(g);
    expect_primary(g, false);
    device_add(g, PRIMARY_JSON);
    expect_primary(g, true);
    guest_end(g);

    g = guest_start(PORTS STANDBY);
    begin_to_accept(g);
    device_add(g, PRIMARY_JSON);
    expect_primary(g, false);
    accept_standby(g);
    expect_primary(g, true);
    guest_end(g);
}

/* A machine that starts anew may have a system that does not know STANDBY. */
static void test_reset(void)
{
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    for (unsigned i = 0; i < 3; i++) {
        accept_standby(g);
        expect_primary(g, true);
        qtest_qmp_ok(g->qts, "{'execute':'system_reset'}");
        json_object_put(qtest_event(g->qts, "RESET"));
        guest_find(g);
        expect_primary(g, false);
    }
    drive(g, false);
    expect_primary(g, false);
    g_assert_false(qtest_event_came(g->qts, "DEVICE_DELETED"));
    guest_end(g);
}

/* --- what is refused --------------------------------------------------------- */

static void test_refused(void)
{
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    for (unsigned plugged = 0; plugged < 2; plugged++) {
        device_add_fails(g, "{'driver':'virtio-net-pci','bus':'root1',"
                         "'failover_pair_id':'standby0'}",
                         "Device with failover_pair_id needs to have id");
        device_add_fails(g, "{'driver':'virtio-net-pci','bus':'root1',"
                         "'failover_pair_id':'standby0','id':'other'}",
                         "Cannot attach more than one primary device to "
                         "'standby0': 'primary0' and 'other'");
        device_add_fails(g, PRIMARY_JSON, "Duplicate ID 'primary0' for device");
        expect_primary(g, plugged);
        accept_standby(g);
    }
    guest_end(g);
}

/* What is wrong with it is said at once, and nothing of it is kept. */
static void test_refused_while_hidden(void)
{
#define ADD(driver, more) "{'driver':'" driver "','id':'primary0'," \
        "'failover_pair_id':'standby0'," more "}"
    static const struct {
        const char *object, *text;
    } bad[] = {
        { ADD("virtio-net-pci", "'bus':'pcie.0'"),
          "Bus 'pcie.0' does not support hotplugging" },
        { ADD("virtio-net-pci", "'bus':'closed'"),
          "Bus 'closed' does not support hotplugging" },
        { ADD("virtio-rng-pci", "'bus':'root1'"),
          "failover primary device is not an Ethernet device" },
        { ADD("virtio-net-pci", "'bus':'root1','multifunction':true"),
          "failover: primary device must be in its own PCI slot" },
        { ADD("virtio-net-pci", "'bus':'root1','addr':'0.1'"),
          "failover: primary device must be in its own PCI slot" },
        { ADD("virtio-net-pci", "'bus':'root1','nosuch':1"),
          "Property 'virtio-net-pci.nosuch' not found" },
        { ADD("virtio-net-pci", "'bus':'root1','netdev':'hs0'"),
          "Property 'virtio-net-device.netdev' can't take value 'hs0', it's "
          "in use" },
        { "{'driver':'virtio-net-pci','id':'standby0','bus':'root1',"
          "'failover_pair_id':'standby0'}",
          "Duplicate ID 'standby0' for device" },
    };
    Guest *g = guest_start(PORTS "-device pcie-root-port,id=closed,chassis=3,"
                           "addr=4,hotplug=off " STANDBY);

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        device_add_fails(g, bad[i].object, bad[i].text);
    }
    g_assert_false(qtest_event_came(g->qts, "DEVICE_DELETED"));
    accept_standby(g);
    expect_primary(g, false);
    device_add(g, PRIMARY_JSON);
    expect_primary(g, true);
    guest_end(g);
}

/* --- the user takes one away ------------------------------------------------- */

static void test_hidden_goes(void)
{
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    device_del(g, "primary0");
    expect_deleted(g, "primary0");
    accept_standby(g);
    expect_primary(g, false);
    g_free(qtest_qmp_error(g->qts, "DeviceNotFound", "{'execute':'device_del',"
                           "'arguments':{'id':'primary0'}}"));
    device_add(g, PRIMARY_JSON);
    expect_primary(g, true);
    guest_end(g);
}

static void test_plugged_goes(void)
{
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    accept_standby(g);
    for (unsigned i = 0; i < 3; i++) {
        device_del(g, "primary0");
        guest_lets_go(g);
        expect_deleted(g, "primary0");
        expect_primary(g, false);
        /* For good. */
        accept_standby(g);
        expect_primary(g, false);
        device_add(g, PRIMARY_JSON);
        expect_primary(g, true);
    }
    guest_end(g);
}

static void standby_goes(Guest *g)
{
    device_del(g, "standby0");
    qpci_let_go(&g->bus.pci, QPCI_DEVFN(QPCI_PORT_SLOT, 0));
}

static void test_standby_goes(void)
{
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    /* One that is hidden goes with it. */
    standby_goes(g);
    expect_deleted(g, "primary0");
    expect_deleted(g, "standby0");
    g_assert_false(there(g, "primary0"));
    guest_end(g);

    /* One that the guest uses is a card like others from now on. */
    g = guest_start(PORTS STANDBY PRIMARY);
    accept_standby(g);
    expect_primary(g, true);
    standby_goes(g);
    expect_deleted(g, "standby0");
    g_assert_true(there(g, "primary0"));
    qtest_qmp_ok(g->qts, "{'execute':'system_reset'}");
    json_object_put(qtest_event(g->qts, "RESET"));
    firmware(g);
    g_assert_true(there(g, "primary0"));
    device_add(g, "{'driver':'virtio-net-pci','id':'standby0','bus':'root0',"
               "'failover':true,'netdev':'hs0','romfile':''}");
    guest_find(g);
    accept_standby(g);
    expect_primary(g, true);
    guest_end(g);
}

/* --- the machine is saved ---------------------------------------------------- */

static void migrate(Guest *g, const char *uri)
{
    qtest_qmp_ok(g->qts, "{'execute':'migrate','arguments':{'uri':'%s'}}", uri);
}

static void migrate_to_file(Guest *g)
{
    g_autofree char *uri = g_strconcat("file:", path, NULL);

    migrate(g, uri);
}

static char *migration_status(Guest *g)
{
    json_object *info = qtest_qmp_return(g->qts, "{'execute':'query-migrate'}");
    char *status = g_strdup(json_string(info, "status"));

    json_object_put(info);
    return status;
}

static void expect_status(Guest *g, const char *want)
{
    g_autofree char *status = migration_status(g);

    g_assert_cmpstr(status, ==, want);
}

static void wait_status(Guest *g, const char *want, const char *meanwhile)
{
    for (;;) {
        g_autofree char *status = migration_status(g);

        if (g_str_equal(status, want)) {
            return;
        }
        if (!strstr(meanwhile, status)) {
            g_error("status %s before %s", status, want);
        }
        g_usleep(1000);
    }
}

static void expect_run_state(Guest *g, const char *state)
{
    json_object *answer = qtest_qmp_return(g->qts, "{'execute':'query-status'}");

    g_assert_cmpstr(json_string(answer, "status"), ==, state);
    json_object_put(answer);
}

/* A guest with the primary, which it is asked for: the job waits. */
static Guest *asked(const char *uri)
{
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    accept_standby(g);
    expect_primary(g, true);
    if (uri) {
        migrate(g, uri);
    } else {
        migrate_to_file(g);
    }
    expect_event(g, "UNPLUG_PRIMARY", "primary0");
    wait_status(g, "wait-unplug", "setup");
    /* For as long as it takes. */
    g_usleep(50000);
    expect_status(g, "wait-unplug");
    expect_run_state(g, "running");
    expect_primary(g, true);
    return g;
}

/* The other side: hidden until the features have come. */
static void arrive(Guest *g, bool accepted)
{
    qtest_restart(g->qts, "-incoming defer");
    g_assert_false(there(g, "primary0"));
    qtest_qmp_ok(g->qts, "{'execute':'migrate-incoming','arguments':"
                 "{'uri':'file:%s'}}", path);
    qtest_migration_wait(g->qts);
    if (accepted) {
        expect_event(g, "FAILOVER_NEGOTIATED", "standby0");
    }
    expect_primary(g, accepted);
}

static void test_migrate(void)
{
    Guest *g = asked(NULL);

    guest_lets_go(g);
    wait_status(g, "completed", "wait-unplug active");
    g_assert_false(there(g, "primary0"));
    g_assert_false(qtest_event_came(g->qts, "DEVICE_DELETED"));
    arrive(g, true);
    /* And on from there. */
    migrate_to_file(g);
    expect_event(g, "UNPLUG_PRIMARY", "primary0");
    guest_lets_go(g);
    wait_status(g, "completed", "setup wait-unplug active");
    arrive(g, true);
    guest_end(g);
}

/* A guest that never had it is not asked for it. */
static void test_migrate_hidden(void)
{
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    drive(g, false);
    migrate_to_file(g);
    wait_status(g, "completed", "setup active");
    g_assert_false(qtest_event_came(g->qts, "UNPLUG_PRIMARY"));
    arrive(g, false);
    drive(g, true);
    expect_event(g, "FAILOVER_NEGOTIATED", "standby0");
    expect_primary(g, true);
    guest_end(g);
}

static void test_status_event(void)
{
    static const char *const states[] = { "setup", "wait-unplug", "active",
                                          "completed" };
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    accept_standby(g);
    expect_primary(g, true);
    qtest_qmp_ok(g->qts, "{'execute':'migrate-set-capabilities','arguments':"
                 "{'capabilities':[{'capability':'events','state':true}]}}");
    migrate_to_file(g);
    expect_event(g, "UNPLUG_PRIMARY", "primary0");
    for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
        json_object *event = qtest_event(g->qts, "MIGRATION");

        g_assert_cmpstr(json_string(event, "data.status"), ==, states[i]);
        json_object_put(event);
        if (g_str_equal(states[i], "wait-unplug")) {
            guest_lets_go(g);
        }
    }
    guest_end(g);
}

/* Given up: the guest still has to let go, and then gets it back. */
static void test_cancel(void)
{
    Guest *g = asked(NULL);

    for (unsigned i = 0; i < 3; i++) {
        qtest_qmp_ok(g->qts, "{'execute':'migrate_cancel'}");
        expect_status(g, "cancelling");
        g_free(qtest_qmp_error(g->qts, "GenericError", "{'execute':'migrate',"
                               "'arguments':{'uri':'file:%s'}}", path));
        guest_lets_go(g);
        wait_status(g, "cancelled", "cancelling");
        expect_run_state(g, "running");
        expect_primary(g, true);
        migrate_to_file(g);
        expect_event(g, "UNPLUG_PRIMARY", "primary0");
        wait_status(g, "wait-unplug", "setup");
    }
    g_assert_false(qtest_event_came(g->qts, "DEVICE_DELETED"));
    guest_lets_go(g);
    wait_status(g, "completed", "wait-unplug active");
    guest_end(g);
}

static void test_failure(void)
{
    Guest *g = asked("exec:exit 7");

    guest_lets_go(g);
    wait_status(g, "failed", "wait-unplug active");
    expect_run_state(g, "running");
    expect_primary(g, true);
    g_assert_false(qtest_event_came(g->qts, "DEVICE_DELETED"));
    guest_end(g);
}

/* The user goes on with the machine that was saved. */
static void test_continue(void)
{
    Guest *g = asked(NULL);

    guest_lets_go(g);
    wait_status(g, "completed", "wait-unplug active");
    expect_primary(g, false);
    device_add_fails(g, PRIMARY_JSON, "Duplicate ID 'primary0' for device");
    qtest_qmp_ok(g->qts, "{'execute':'cont'}");
    expect_primary(g, true);
    guest_end(g);
}

/* After that a guest that did not answer may be asked again. */
#define ASKED_LONG_AGO  (6 * INT64_C(1000000000))

/* The user's own request is not turned into one that is taken back. */
static void deleted_before(bool long_ago)
{
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    accept_standby(g);
    expect_primary(g, true);
    device_del(g, "primary0");
    if (long_ago) {
        qtest_clock_step(g->qts, ASKED_LONG_AGO);
    }
    migrate_to_file(g);
    expect_event(g, "UNPLUG_PRIMARY", "primary0");
    wait_status(g, "wait-unplug", "setup");
    qtest_qmp_ok(g->qts, "{'execute':'migrate_cancel'}");
    guest_lets_go(g);
    expect_deleted(g, "primary0");
    wait_status(g, "cancelled", "cancelling");
    expect_primary(g, false);
    guest_end(g);
}

static void test_deleted_before(void)
{
    deleted_before(false);
    deleted_before(true);
}

/* Nor is one that comes while the job waits, which only this device may. */
static void test_deleted_meanwhile(void)
{
    Guest *g = asked(NULL);
    json_object *answer;
    bool taken;

    g_free(qtest_qmp_error(g->qts, "GenericError", "{'execute':'device_del',"
                           "'arguments':{'id':'standby0'}}"));
    qtest_clock_step(g->qts, ASKED_LONG_AGO);
    answer = qtest_qmp(g->qts, "{'execute':'device_del','arguments':"
                       "{'id':'primary0'}}");
    taken = json_has(answer, "return");
    json_object_put(answer);
    guest_lets_go(g);
    wait_status(g, "completed", "wait-unplug active");
    qtest_qmp_ok(g->qts, "{'execute':'cont'}");
    /* By ACPI the first request stands until it is answered. */
    expect_primary(g, !taken);
    if (taken) {
        expect_deleted(g, "primary0");
    }
    guest_end(g);
}

/* What ends the wait without the guest: a reset, and the standby going. */
static void test_reset_while_asked(void)
{
    Guest *g = asked(NULL);

    qtest_qmp_ok(g->qts, "{'execute':'system_reset'}");
    wait_status(g, "completed", "wait-unplug active");
    qtest_qmp_ok(g->qts, "{'execute':'cont'}");
    guest_find(g);
    expect_primary(g, false);
    accept_standby(g);
    expect_primary(g, true);
    guest_end(g);
}

static void test_standby_goes_while_asked(void)
{
    Guest *g = guest_start(PORTS STANDBY PRIMARY);

    accept_standby(g);
    expect_primary(g, true);
    device_del(g, "standby0");
    migrate_to_file(g);
    expect_event(g, "UNPLUG_PRIMARY", "primary0");
    wait_status(g, "wait-unplug", "setup");
    qpci_let_go(&g->bus.pci, QPCI_DEVFN(QPCI_PORT_SLOT, 0));
    expect_deleted(g, "standby0");
    wait_status(g, "completed", "wait-unplug active");
    /* The guest's answer comes late, and is to the end of a card like others. */
    qtest_qmp_ok(g->qts, "{'execute':'cont'}");
    guest_lets_go(g);
    expect_deleted(g, "primary0");
    guest_end(g);
}

/* The user ends it all, with every state that there is. */
static void test_quit_while_asked(void)
{
    Guest *g = asked(NULL);

    guest_end(g);
    g = asked(NULL);
    qtest_qmp_ok(g->qts, "{'execute':'migrate_cancel'}");
    expect_status(g, "cancelling");
    guest_end(g);
}

/* Half a minute, which is too long for every day. */
static void test_guest_keeps_it(void)
{
    Guest *g;

    if (!g_getenv("FAILOVER_SLOW")) {
        g_test_skip("takes half a minute: FAILOVER_SLOW=1");
        return;
    }
    g = asked(NULL);
    qtest_qmp_ok(g->qts, "{'execute':'migrate_cancel'}");
    wait_status(g, "cancelled", "cancelling");
    expect_primary(g, true);
    /* When it lets go at last it gets it back. */
    guest_lets_go(g);
    g_usleep(50000);
    expect_primary(g, true);
    g_assert_false(qtest_event_came(g->qts, "DEVICE_DELETED"));
    guest_end(g);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        { "hidden-until-accepted", test_hidden_until_accepted },
        { "never-without-standby", test_never_without_standby },
        { "not-offered", test_not_offered },
        { "primary-first", test_primary_first },
        { "added-later", test_added_later },
        { "reset", test_reset },
        { "refused", test_refused },
        { "refused-while-hidden", test_refused_while_hidden },
        { "hidden-goes", test_hidden_goes },
        { "plugged-goes", test_plugged_goes },
        { "standby-goes", test_standby_goes },
        { "migrate", test_migrate },
        { "migrate-hidden", test_migrate_hidden },
        { "status-event", test_status_event },
        { "cancel", test_cancel },
        { "failure", test_failure },
        { "continue", test_continue },
        { "deleted-before", test_deleted_before },
        { "deleted-meanwhile", test_deleted_meanwhile },
        { "reset-while-asked", test_reset_while_asked },
        { "standby-goes-while-asked", test_standby_goes_while_asked },
        { "quit-while-asked", test_quit_while_asked },
        { "guest-keeps-it", test_guest_keeps_it },
    };
    g_autofree char *folder = g_dir_make_tmp("failover-XXXXXX", NULL);
    int status;

    g_test_init(&argc, &argv, NULL);
    path = g_build_filename(folder, "state", NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *name = g_strconcat("failover/", cases[i].name, NULL);

        qtest_add_func(name, cases[i].run);
    }
    status = g_test_run();
    g_unlink(path);
    g_rmdir(folder);
    g_free(path);
    return status;
}
