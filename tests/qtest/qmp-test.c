/*
 * QMP as strict clients speak it: greeting, negotiation, ids, errors, events,
 * and answers that hold exactly what they should.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqtest.h"

static void expect_class(int fd, const char *text, const char *class)
{
    json_object *answer = qmp_socket_answer(fd, text);

    if (!json_has(answer, "error")) {
        g_error("%s: no error: %s", text, json_object_to_json_string(answer));
    }
    g_assert_cmpstr(json_string(answer, "error.class"), ==, class);
    json_object_put(answer);
}

static void expect_return(int fd, const char *text)
{
    json_object *answer = qmp_socket_answer(fd, text);

    if (!json_has(answer, "return")) {
        g_error("%s: %s", text, json_object_to_json_string(answer));
    }
    json_object_put(answer);
}

static void test_protocol(void)
{
    g_autofree char *path = g_strdup_printf("%s/qmp-raw-%d", g_get_tmp_dir(),
                                            getpid());
    QTestState *s = qtest_initf("-M none -qmp unix:%s,server=on,wait=off",
                                path);
    int fd = qmp_socket_connect(path);
    json_object *answer = qmp_socket_answer(fd, NULL);

    g_assert_cmpint(json_int(answer, "QMP.version.qemu.major"), ==, 7);
    g_assert_true(json_has(json_member(answer, "QMP"), "capabilities"));
    json_object_put(answer);

    expect_class(fd, "{\"execute\":\"query-version\"}", "CommandNotFound");
    expect_class(fd, "{\"execute\":\"qmp_capabilities\","
                 "\"arguments\":{\"enable\":[\"nosuch\"]}}", "GenericError");
    expect_return(fd, "{'execute':'qmp_capabilities'}");
    expect_class(fd, "{'execute':'qmp_capabilities'}", "CommandNotFound");

    /* Bad input of each kind is an error, and the connection goes on. */
    expect_class(fd, "{ 'execute' : }\n", "GenericError");
    expect_class(fd, "[1]\n", "GenericError");
    expect_class(fd, "42\n", "GenericError");
    expect_class(fd, "{}", "GenericError");
    expect_class(fd, "{'execute':1}", "GenericError");
    expect_class(fd, "{'execute':'nosuch'}", "CommandNotFound");
    expect_class(fd, "{'execute':'query-status','arguments':[]}",
                 "GenericError");
    expect_class(fd, "{'execute':'query-status','arguments':{'x':1}}",
                 "GenericError");
    expect_class(fd, "{'execute':'query-status','extra':1}", "GenericError");
    expect_class(fd, "{'execute':'qom-get','arguments':{'path':'/'}}",
                 "GenericError");
    expect_class(fd, "{'execute':'qom-get','arguments':"
                 "{'path':1,'property':'x'}}", "GenericError");
    expect_class(fd, "{'execute':'device-list-properties','arguments':"
                 "{'typename':'nosuch'}}", "DeviceNotFound");

    /* Ids of any type come back; two objects on one line are two commands. */
    answer = qmp_socket_answer(fd, "{'execute':'query-name','id':{'a':[1,null]}}"
                        "{'execute':'query-name','id':7}\n");
    g_assert_true(json_has(json_member(answer, "id"), "a"));
    json_object_put(answer);
    answer = qmp_socket_answer(fd, NULL);
    g_assert_cmpint(json_int(answer, "id"), ==, 7);
    json_object_put(answer);
    close(fd);

    /* The next client is greeted and negotiates anew. */
    fd = qmp_socket_connect(path);
    json_object_put(qmp_socket_answer(fd, NULL));
    expect_class(fd, "{'execute':'query-status'}", "CommandNotFound");
    close(fd);
    qtest_quit(s);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void test_deep_json(void)
{
    QTestState *s = qtest_init("-M none");
    GString *deep = g_string_new(NULL);
    json_object *answer;

    for (unsigned i = 0; i < 100000; i++) {
        g_string_append_c(deep, '[');
    }
    g_string_append_c(deep, '\n');
    qtest_qmp_raw(s, deep->str);
    answer = qtest_qmp_receive(s);
    g_assert_true(json_has(answer, "error"));
    json_object_put(answer);
    g_string_free(deep, true);
    /* Whatever follows may be complained of as well; then it works again. */
    for (unsigned i = 0; i < 100000; i++) {
        answer = qtest_qmp(s, "{'execute':'query-name'}");
        if (json_has(answer, "return")) {
            break;
        }
        json_object_put(answer);
    }
    g_assert_true(json_has(answer, "return"));
    json_object_put(answer);
    qtest_quit(s);
}

static void need_members(json_object *object, const char *const *needed)
{
    for (; *needed; needed++) {
        g_assert_true(json_has(object, *needed));
    }
}

static void only_members(json_object *object, const char *const *allowed)
{
    json_object_object_foreach(object, key, value) {
        if (!g_strv_contains(allowed, key)) {
            g_error("unexpected member %s: %s", key,
                    json_object_to_json_string(value));
        }
    }
}

static void test_exact_answers(void)
{
    static const char *const machine_all[] = {
        "name", "alias", "is-default", "cpu-max", "hotpluggable-cpus",
        "numa-mem-supported", "deprecated", "default-cpu-type",
        "default-ram-id", "acpi", NULL
    };
    static const char *const machine_needed[] = {
        "name", "cpu-max", "hotpluggable-cpus", "numa-mem-supported",
        "deprecated", NULL
    };
    static const char *const status_all[] = {
        "running", "singlestep", "status", NULL
    };
    QTestState *s = qtest_init("-M pc");
    json_object *list, *item;
    bool pc = false;

    list = qtest_qmp_return(s, "{'execute':'query-machines'}");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        item = json_object_array_get_idx(list, i);
        need_members(item, machine_needed);
        only_members(item, machine_all);
        pc |= json_has(item, "alias") &&
              g_str_equal(json_string(item, "alias"), "pc");
    }
    g_assert_true(pc);
    json_object_put(list);

    item = qtest_qmp_return(s, "{'execute':'query-status'}");
    only_members(item, status_all);
    g_assert_cmpstr(json_string(item, "status"), ==, "running");
    json_object_put(item);

    list = qtest_qmp_return(s, "{'execute':'query-commands'}");
    g_assert_cmpuint(json_object_array_length(list), >, 20);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        only_members(json_object_array_get_idx(list, i),
                     (const char *const[]) { "name", NULL });
    }
    json_object_put(list);
    qtest_quit(s);
}

/* Every command of query-commands is in the schema, and types resolve. */
static void test_schema(void)
{
    QTestState *s = qtest_init("-M none");
    json_object *schema = qtest_qmp_return(s, "{'execute':'query-qmp-schema'}");
    json_object *list = qtest_qmp_return(s, "{'execute':'query-commands'}");
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    static const char *const refs[] = { "arg-type", "ret-type" };

    for (size_t i = 0; i < json_object_array_length(schema); i++) {
        json_object *item = json_object_array_get_idx(schema, i);

        g_assert_true(g_hash_table_add(names,
                                       (char *)json_string(item, "name")));
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *item = json_object_array_get_idx(list, i);

        g_assert_true(g_hash_table_contains(names, json_string(item, "name")));
    }
    for (size_t i = 0; i < json_object_array_length(schema); i++) {
        json_object *item = json_object_array_get_idx(schema, i);
        json_object *members;

        for (unsigned r = 0; r < ARRAY_SIZE(refs); r++) {
            if (json_has(item, refs[r])) {
                g_assert_true(g_hash_table_contains(
                    names, json_string(item, refs[r])));
            }
        }
        if (g_str_equal(json_string(item, "meta-type"), "object")) {
            members = json_member(item, "members");
            for (size_t m = 0; m < json_object_array_length(members); m++) {
                json_object *member = json_object_array_get_idx(members, m);

                g_assert_true(g_hash_table_contains(
                    names, json_string(member, "type")));
            }
        }
    }
    json_object_put(schema);
    json_object_put(list);
    qtest_quit(s);
}

static void test_qom(void)
{
    QTestState *s = qtest_init("-M pc -device virtio-net-pci,id=net0 -nic none");
    g_autofree char *error = NULL;
    json_object *list, *value;
    bool found = false;

    list = qtest_qmp_return(s, "{'execute':'qom-list','arguments':"
                            "{'path':'/machine/peripheral'}}");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *item = json_object_array_get_idx(list, i);

        only_members(item, (const char *const[]) {
            "name", "type", "description", "default-value", NULL });
        found |= g_str_equal(json_string(item, "name"), "net0") &&
                 g_str_equal(json_string(item, "type"),
                             "child<virtio-net-pci>");
    }
    g_assert_true(found);
    json_object_put(list);
    value = qtest_qmp_return(s, "{'execute':'qom-get','arguments':{'path':"
                             "'/machine/peripheral/net0','property':'realized'}"
                             "}");
    g_assert_true(json_object_get_boolean(value));
    json_object_put(value);
    value = qtest_qmp_return(s, "{'execute':'qom-get','arguments':"
                             "{'path':'net0','property':'mac'}}");
    g_assert_cmpstr(json_object_get_string(value), ==, "52:54:00:12:34:56");
    json_object_put(value);
    error = qtest_qmp_error(s, "DeviceNotFound", "{'execute':'qom-list',"
                            "'arguments':{'path':'/nosuch'}}");
    list = qtest_qmp_return(s, "{'execute':'device-list-properties',"
                            "'arguments':{'typename':'virtio-net-pci'}}");
    g_assert_cmpuint(json_object_array_length(list), >, 20);
    json_object_put(list);
    qtest_quit(s);
}

/* Every type answers device-list-properties or says why not; nothing breaks. */
static void test_introspection(void)
{
    QTestState *s = qtest_init("-M none");
    json_object *types = qtest_qmp_return(s, "{'execute':'qom-list-types'}");

    for (size_t i = 0; i < json_object_array_length(types); i++) {
        const char *name = json_string(json_object_array_get_idx(types, i),
                                       "name");
        json_object *answer = qtest_qmp(s, "{'execute':"
            "'device-list-properties','arguments':{'typename':'%s'}}", name);

        g_assert_true(json_has(answer, "return") || json_has(answer, "error"));
        json_object_put(answer);
        answer = qtest_qmp(s, "{'execute':'qom-list-properties',"
                           "'arguments':{'typename':'%s'}}", name);
        g_assert_true(json_has(answer, "return") || json_has(answer, "error"));
        json_object_put(answer);
    }
    json_object_put(types);
    g_free(qtest_hmp(s, "info qtree"));
    g_free(qtest_hmp(s, "info qom-tree"));
    qtest_quit(s);
}

static void test_events(void)
{
    QTestState *s = qtest_init("-M pc");
    json_object *event;

    qtest_qmp_ok(s, "{'execute':'stop'}");
    json_object_put(qtest_event(s, "STOP"));
    qtest_qmp_ok(s, "{'execute':'cont'}");
    json_object_put(qtest_event(s, "RESUME"));
    qtest_qmp_ok(s, "{'execute':'system_reset'}");
    event = qtest_event(s, "RESET");
    g_assert_false(json_flag(event, "data.guest"));
    g_assert_true(json_has(event, "timestamp"));
    json_object_put(event);
    qtest_qmp_ok(s, "{'execute':'system_powerdown'}");
    json_object_put(qtest_event(s, "POWERDOWN"));
    qtest_qmp_ok(s, "{'execute':'quit'}");
    event = qtest_event(s, "SHUTDOWN");
    g_assert_cmpstr(json_string(event, "data.reason"), ==, "host-qmp-quit");
    json_object_put(event);
    g_assert_cmpint(qtest_wait(s), ==, 0);
}

static void test_hmp(void)
{
    QTestState *s = qtest_init("-M pc -netdev user,id=n0"
                               " -device virtio-net-pci,netdev=n0,id=net0");
    static const struct { const char *command, *contains; } cases[] = {
        { "info network", "n0: index=0,type=user,net=10.0.2.0,restrict=off" },
        { "info network", "net0: index=0,type=nic,model=virtio-net-pci,"
                          "macaddr=52:54:00:12:34:56" },
        { "info qtree", "dev: virtio-net-pci, id \"net0\"" },
        { "info qom-tree", "/net0 (virtio-net-pci)" },
        { "info pci", "Ethernet controller" },
        { "info mtree", "address-space: memory" },
        { "info version", "7.2" },
        { "info status", "VM status: running" },
        { "help", "info" },
        { "help info", "info network" },
        { "info pic", "pic1: irr=" },
        { "info pic", "  pin 23 0x0000000000010000" },
        { "info lapic", "LVTT\t 0x00010000" },
        { "info lapic 1", "No CPU 1 available" },
        { "info memdev", "memory backend: pc.ram\r\n  size:  134217728" },
        { "info hotpluggable-cpus", "    socket-id: \"0\"" },
        { "info ramblock", "pc.ram" },
        { "info history", "" },
        { "nosuch", "unknown command" },
        { "info nosuch", "nosuch" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *text = qtest_hmp(s, "%s", cases[i].command);

        if (!strstr(text, cases[i].contains)) {
            g_error("'%s' lacks '%s': %s", cases[i].command,
                    cases[i].contains, text);
        }
    }
    qtest_quit(s);
}

/* The serial port raises its line twice; both controllers count. */
static void test_irq_counts(void)
{
    QTestState *s = qtest_init("-M pc -nodefaults -serial null");
    g_autofree char *before = qtest_hmp(s, "info irq"), *after = NULL;
    json_object *same;

    g_assert_nonnull(strstr(before, "IRQ statistics for isa-i8259:"));
    g_assert_nonnull(strstr(before, "IRQ statistics for ioapic:"));
    g_assert_null(strstr(before, " 4: "));
    qtest_outb(s, 0x3fc, 0x08);             /* OUT2: the line is connected */
    for (unsigned i = 0; i < 2; i++) {
        qtest_outb(s, 0x3f9, 0x02);         /* transmitter empty */
        qtest_outb(s, 0x3f9, 0x00);
    }
    after = qtest_hmp(s, "info irq");
    g_assert_nonnull(strstr(after, "\n 4: 2\r\n"));
    g_assert_nonnull(strstr(strstr(after, "ioapic"), "\n 4: 2\r\n"));
    same = qtest_qmp_return(s, "{'execute':'x-query-irq'}");
    g_assert_nonnull(strstr(json_string(same, "human-readable-text"),
                            "\n 4: 2\n"));
    json_object_put(same);
    qtest_quit(s);
}

/* --- everything that can be asked --- */

/* Does a command work without arguments? */
static bool needs_nothing(json_object *schema, const char *type)
{
    for (size_t i = 0; i < json_object_array_length(schema); i++) {
        json_object *item = json_object_array_get_idx(schema, i), *members;

        if (!g_str_equal(json_string(item, "name"), type)) {
            continue;
        }
        members = json_member(item, "members");
        for (size_t m = 0; m < json_object_array_length(members); m++) {
            if (!json_has(json_object_array_get_idx(members, m), "default")) {
                return false;
            }
        }
        return true;
    }
    return false;
}

/* Each query of the schema is answered as the schema says. */
static void test_every_query(void)
{
    static const char *const machines[] = {
        "-M none",
        "-M pc -smp 2 -object iothread,id=t -object memory-backend-ram,id=m,"
        "size=1M -netdev hubport,id=h,hubid=0 -device virtio-net-pci,netdev=h"
        " -device rtl8139 -device virtio-balloon-pci -chardev null,id=c",
        "-M q35 -device pcie-root-port,id=rp -device virtio-rng-pci,bus=rp",
    };

    for (unsigned m = 0; m < ARRAY_SIZE(machines); m++) {
        QTestState *s = qtest_init(machines[m]);
        json_object *schema = qtest_qmp_return(
            s, "{'execute':'query-qmp-schema'}");
        unsigned asked = 0;

        for (size_t i = 0; i < json_object_array_length(schema); i++) {
            json_object *item = json_object_array_get_idx(schema, i);
            const char *name = json_string(item, "name");

            if (g_str_equal(json_string(item, "meta-type"), "command") &&
                (g_str_has_prefix(name, "query-") ||
                 g_str_has_prefix(name, "x-query-")) &&
                needs_nothing(schema, json_string(item, "arg-type"))) {
                json_object *answer = qtest_qmp(s, "{'execute':'%s'}", name);

                /* A machine may lack what is asked about, and says so. */
                g_assert_true(json_has(answer, "return") ||
                              !g_str_equal(json_string(answer, "error.class"),
                                           "CommandNotFound"));
                json_object_put(answer);
                asked++;
            }
        }
        g_assert_cmpuint(asked, >=, 25);
        json_object_put(schema);
        qtest_quit(s);
    }
}

/* What libvirt cannot do without, as it asks when it looks at a binary. */
static void test_probe(void)
{
    static const char *const must[] = {
        "query-version", "query-target", "query-commands", "query-kvm",
        "qom-list-types", "query-machines", "query-command-line-options",
        "query-migrate-capabilities", "query-cpu-definitions",
        "query-hotpluggable-cpus", "query-cpus-fast", "query-chardev",
        "query-iothreads", "query-named-block-nodes", "query-block",
        "query-migrate", "query-migrate-parameters", "query-status",
    };
    static const char *const types[] = {
        "virtio-blk-pci", "scsi-hd", "ide-hd", "PIIX4_PM", "kvm-pit",
        "ICH9-LPC", "virtio-balloon-pci", "virtio-balloon-ccw",
        "virtio-balloon-device", "usb-host", "virtio-net-pci",
    };
    QTestState *s = qtest_init("-M pc -nodefaults -no-user-config");
    json_object *answer, *found = NULL;

    for (unsigned i = 0; i < ARRAY_SIZE(must); i++) {
        json_object_put(qtest_qmp_return(s, "{'execute':'%s'}", must[i]));
    }
    for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
        answer = qtest_qmp(s, "{'execute':'device-list-properties',"
                           "'arguments':{'typename':'%s'}}", types[i]);
        if (json_has(answer, "error")) {
            g_assert_cmpstr(json_string(answer, "error.class"), ==,
                            "DeviceNotFound");
        }
        json_object_put(answer);
    }
    qtest_qmp_ok(s, "{'execute':'qom-list-properties','arguments':"
                 "{'typename':'memory-backend-file'}}");
    answer = qtest_qmp_return(s, "{'execute':'query-qmp-schema'}");
    for (size_t i = 0; i < json_object_array_length(answer); i++) {
        json_object *item = json_object_array_get_idx(answer, i);

        if (g_str_equal(json_string(item, "name"), "device_add")) {
            found = json_member(item, "features");
        }
    }
    g_assert_nonnull(found);
    g_assert_nonnull(strstr(json_object_to_json_string(found),
                            "json-cli-hotplug"));
    json_object_put(answer);
    qtest_quit(s);
}

/* The check that all tests stand on does notice. */
static void test_schema_check(void)
{
    static const struct {
        const char *command, *message, *says;
    } bad[] = {
        { "query-status", "{'return':{'running':true,'singlestep':false}}",
          "query-status.status: is missing" },
        { "query-status", "{'return':{'running':true,'singlestep':false,"
          "'status':'running','more':1}}", "query-status.more: is unknown" },
        { "query-status", "{'return':{'running':1,'singlestep':false,"
          "'status':'running'}}", "query-status.running: is not of type" },
        { "query-status", "{'return':{'running':true,'singlestep':false,"
          "'status':'dancing'}}", "'dancing' is none of the values" },
        { "query-status", "{'return':[]}", "query-status: is not an object" },
        { "query-commands", "{'return':[{'name':'a'},{'name':2}]}",
          "query-commands[1].name: is not of type string" },
        { "query-migrate", "{'return':{'socket-address':[{'type':'inet',"
          "'host':'h'}]}}", "query-migrate.socket-address[0].port: is missing" },
        { "query-migrate", "{'return':{'socket-address':[{'type':'unix',"
          "'path':'p','port':'1'}]}}", "socket-address[0].port: is unknown" },
        { "cont", "{'return':{'a':1}}", "cont.a: is unknown" },
        { "nosuch", "{'return':{}}", "nosuch: is an unknown command" },
        { "cont", "{'return':{},'extra':1}", "extra: is unknown" },
        { NULL, "{'event':'NOSUCH','timestamp':{'seconds':1,'microseconds':2}}",
          "NOSUCH: is an unknown event" },
        { NULL, "{'event':'STOP'}", "STOP: has no timestamp" },
        { NULL, "{'event':'STOP','data':{'a':1},'timestamp':{'seconds':1,"
          "'microseconds':2}}", "STOP.a: is unknown" },
        { NULL, "{'event':'RESET','timestamp':{'seconds':1,'microseconds':2}}",
          "RESET.guest: is missing" },
        { NULL, "{'error':{'class':'Odd','desc':'x'}}", "'Odd' is none" },
        { NULL, "{'error':{'class':'GenericError','desc':''}}",
          "error.desc: is not one line" },
        { NULL, "{'hello':1}", "is neither event, error nor return" },
    };
    QTestState *s = qtest_init("-M none");

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        json_object *message = json_tokener_parse(bad[i].message);
        g_autofree char *wrong = qtest_qmp_mismatch(bad[i].command, message);

        if (!wrong || !strstr(wrong, bad[i].says)) {
            g_error("%s: %s, not %s", bad[i].message, wrong, bad[i].says);
        }
        json_object_put(message);
    }
    qtest_quit(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("qmp/protocol", test_protocol);
    qtest_add_func("qmp/deep-json", test_deep_json);
    qtest_add_func("qmp/exact-answers", test_exact_answers);
    qtest_add_func("qmp/schema", test_schema);
    qtest_add_func("qmp/qom", test_qom);
    qtest_add_func("qmp/introspection", test_introspection);
    qtest_add_func("qmp/events", test_events);
    qtest_add_func("qmp/hmp", test_hmp);
    qtest_add_func("qmp/irq-counts", test_irq_counts);
    qtest_add_func("qmp/every-query", test_every_query);
    qtest_add_func("qmp/probe", test_probe);
    qtest_add_func("qmp/schema-check", test_schema_check);
    return g_test_run();
}
