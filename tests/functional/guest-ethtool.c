/*
 * The guest's hand on its network card: what ethtool, ip and ifconfig do through
 * ioctls, and UDP flows from every CPU. One command per run; it prints what the
 * test on the host wants to know and ends with 0 if all went well. Linked
 * statically, without any of the emulator's libraries.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#define FLOWS_PER_CPU 2

static const char *ifname;
static int control;             /* a socket to send ioctls through */

static int failed(const char *what)
{
    printf("%s: %s\n", what, strerror(errno));
    return 1;
}

static struct ifreq request(void)
{
    struct ifreq ifr = { 0 };

    strncpy(ifr.ifr_name, ifname, IFNAMSIZ - 1);
    return ifr;
}

static int ethtool(void *command)
{
    struct ifreq ifr = request();

    ifr.ifr_data = command;
    return ioctl(control, SIOCETHTOOL, &ifr);
}

/* Six bytes of "52:54:00:12:34:56". */
static int parse_mac(const char *text, unsigned char *mac)
{
    return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2,
                  mac + 3, mac + 4, mac + 5) == 6 ? 0 : -1;
}

/* --- commands: each gets the words after the interface --- */

static int show_link(char **args)
{
    struct ethtool_link_settings probe = { .cmd = ETHTOOL_GLINKSETTINGS };
    struct ethtool_link_settings *link;

    /* The first call says how many words of link modes there are. */
    if (ethtool(&probe) < 0 || probe.link_mode_masks_nwords >= 0) {
        return failed("GLINKSETTINGS");
    }
    link = calloc(1, sizeof(*link) - 3 * 4 * probe.link_mode_masks_nwords);
    link->cmd = ETHTOOL_GLINKSETTINGS;
    link->link_mode_masks_nwords = -probe.link_mode_masks_nwords;
    if (ethtool(link) < 0) {
        return failed("GLINKSETTINGS");
    }
    printf("speed=%d duplex=%d\n", (int)link->speed, link->duplex);
    free(link);
    return 0;
}

static int set_mtu(char **args)
{
    struct ifreq ifr = request();

    ifr.ifr_mtu = atoi(args[0]);
    return ioctl(control, SIOCSIFMTU, &ifr) < 0 ? failed("SIFMTU") : 0;
}

static int set_mac(char **args)
{
    struct ifreq ifr = request();

    ifr.ifr_hwaddr.sa_family = 1;               /* ARPHRD_ETHER */
    if (parse_mac(args[0], (unsigned char *)ifr.ifr_hwaddr.sa_data) < 0 ||
        ioctl(control, SIOCSIFHWADDR, &ifr) < 0) {
        return failed("SIFHWADDR");
    }
    return 0;
}

static int change_multicast(char **args)
{
    struct ifreq ifr = request();
    int leave = strcmp(args[0], "leave") == 0;

    if (parse_mac(args[1], (unsigned char *)ifr.ifr_hwaddr.sa_data) < 0 ||
        ioctl(control, leave ? SIOCDELMULTI : SIOCADDMULTI, &ifr) < 0) {
        return failed("ADDMULTI");
    }
    return 0;
}

static int set_flags(char **args)
{
    struct ifreq ifr = request();

    if (ioctl(control, SIOCGIFFLAGS, &ifr) < 0) {
        return failed("GIFFLAGS");
    }
    ifr.ifr_flags &= ~(IFF_PROMISC | IFF_ALLMULTI);
    ifr.ifr_flags |= IFF_UP;
    ifr.ifr_flags |= strcmp(args[0], "promisc") == 0 ? IFF_PROMISC : 0;
    ifr.ifr_flags |= strcmp(args[0], "allmulti") == 0 ? IFF_ALLMULTI : 0;
    return ioctl(control, SIOCSIFFLAGS, &ifr) < 0 ? failed("SIFFLAGS") : 0;
}

static int add_vlan(char **args)
{
    struct vlan_ioctl_args vlan = { .cmd = ADD_VLAN_CMD };

    strncpy(vlan.device1, ifname, sizeof(vlan.device1) - 1);
    vlan.u.VID = atoi(args[0]);
    return ioctl(control, SIOCSIFVLAN, &vlan) < 0 ? failed("SIFVLAN") : 0;
}

static int remove_vlan(char **args)
{
    struct vlan_ioctl_args vlan = { .cmd = DEL_VLAN_CMD };

    snprintf(vlan.device1, sizeof(vlan.device1), "%s.%d", ifname,
             atoi(args[0]));
    return ioctl(control, SIOCSIFVLAN, &vlan) < 0 ? failed("SIFVLAN") : 0;
}

static int set_channels(char **args)
{
    struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

    if (ethtool(&channels) < 0) {
        return failed("GCHANNELS");
    }
    channels.cmd = ETHTOOL_SCHANNELS;
    channels.combined_count = atoi(args[0]);
    if (ethtool(&channels) < 0) {
        return failed("SCHANNELS");
    }
    channels.cmd = ETHTOOL_GCHANNELS;
    if (ethtool(&channels) < 0) {
        return failed("GCHANNELS");
    }
    printf("combined=%u max=%u\n", channels.combined_count,
           channels.max_combined);
    return 0;
}

static int set_coalescing(char **args)
{
    struct ethtool_coalesce coalesce = { .cmd = ETHTOOL_GCOALESCE };

    if (ethtool(&coalesce) < 0) {
        return failed("GCOALESCE");
    }
    coalesce.cmd = ETHTOOL_SCOALESCE;
    coalesce.rx_coalesce_usecs = atoi(args[0]);
    coalesce.rx_max_coalesced_frames = atoi(args[1]);
    /* Linux takes 0 for "without NAPI", which it cannot do while it is up. */
    coalesce.tx_max_coalesced_frames = 1;
    if (ethtool(&coalesce) < 0) {
        return failed("SCOALESCE");
    }
    coalesce.cmd = ETHTOOL_GCOALESCE;
    if (ethtool(&coalesce) < 0) {
        return failed("GCOALESCE");
    }
    printf("rx-usecs=%u rx-frames=%u\n", coalesce.rx_coalesce_usecs,
           coalesce.rx_max_coalesced_frames);
    return 0;
}

/* rss KEY-IN-HEX QUEUE...: the queues fill the table again and again. */
static int set_rss(char **args)
{
    struct ethtool_rxfh probe = { .cmd = ETHTOOL_GRSSH };
    struct ethtool_rxfh *rss;
    unsigned char *key;
    unsigned queues = 0;

    if (ethtool(&probe) < 0) {
        return failed("GRSSH");
    }
    rss = calloc(1, sizeof(*rss) + 4 * probe.indir_size + probe.key_size);
    rss->cmd = ETHTOOL_SRSSH;
    rss->indir_size = probe.indir_size;
    rss->key_size = probe.key_size;
    key = (unsigned char *)(rss->rss_config + probe.indir_size);
    if (strlen(args[0]) != 2 * probe.key_size) {
        printf("the key has %u bytes\n", probe.key_size);
        return 1;
    }
    for (unsigned i = 0; i < probe.key_size; i++) {
        sscanf(args[0] + 2 * i, "%2hhx", key + i);
    }
    while (args[1 + queues]) {
        queues++;
    }
    for (unsigned i = 0; queues && i < probe.indir_size; i++) {
        rss->rss_config[i] = atoi(args[1 + i % queues]);
    }
    if (ethtool(rss) < 0) {
        return failed("SRSSH");
    }
    printf("table=%u key=%u\n", probe.indir_size, probe.key_size);
    free(rss);
    return 0;
}

/* The driver's own counters, one a line. */
static int show_stats(char **args)
{
    struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
    struct ethtool_gstrings *names;
    struct ethtool_stats *stats;

    if (ethtool(&info) < 0) {
        return failed("GDRVINFO");
    }
    names = calloc(1, sizeof(*names) + info.n_stats * ETH_GSTRING_LEN);
    stats = calloc(1, sizeof(*stats) + info.n_stats * 8);
    names->cmd = ETHTOOL_GSTRINGS;
    names->string_set = ETH_SS_STATS;
    names->len = info.n_stats;
    stats->cmd = ETHTOOL_GSTATS;
    stats->n_stats = info.n_stats;
    if (ethtool(names) < 0 || ethtool(stats) < 0) {
        return failed("GSTATS");
    }
    for (unsigned i = 0; i < info.n_stats; i++) {
        printf("%.32s=%llu\n", (char *)names->data + i * ETH_GSTRING_LEN,
               (unsigned long long)stats->data[i]);
    }
    free(names);
    free(stats);
    return 0;
}

/* One flow: datagrams to an echo server, each after the answer to the last. */
static int one_flow(unsigned cpu, int source, struct sockaddr_in to, int count)
{
    struct sockaddr_in from = { .sin_family = AF_INET,
                                .sin_port = htons(source) };
    struct timeval wait = { .tv_usec = 500000 };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    int losses = 0;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof(set), &set) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
        bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
        return failed("flow");
    }
    for (int i = 0; i < count;) {
        int answer = -1;

        if (send(fd, &i, sizeof(i), 0) < 0) {
            return failed("send");
        }
        while (recv(fd, &answer, sizeof(answer), 0) == sizeof(answer) &&
               answer != i) {
        }
        if (answer == i) {
            i++;
        } else if (++losses > 40) {
            printf("cpu %u: datagram %d is not answered\n", cpu, i);
            return 1;
        }
    }
    return 0;
}

/* flows ADDRESS PORT COUNT: some from each CPU, all at the same time. */
static int run_flows(char **args)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(atoi(args[1])) };
    unsigned flows = FLOWS_PER_CPU * sysconf(_SC_NPROCESSORS_ONLN);
    int bad = 0, status;

    inet_pton(AF_INET, args[0], &to.sin_addr);
    for (unsigned i = 0; i < flows; i++) {
        if (fork() == 0) {
            exit(one_flow(i / FLOWS_PER_CPU, 20000 + i, to, atoi(args[2])));
        }
    }
    while (wait(&status) > 0) {
        bad += status != 0;
    }
    printf("flows=%u bad=%d\n", flows, bad);
    return bad != 0;
}

static const struct {
    const char *name;
    int min_args;
    int (*run)(char **args);
} commands[] = {
    { "link", 0, show_link },
    { "mtu", 1, set_mtu },
    { "mac", 1, set_mac },
    { "multicast", 2, change_multicast },
    { "flags", 1, set_flags },
    { "vlan-add", 1, add_vlan },
    { "vlan-remove", 1, remove_vlan },
    { "channels", 1, set_channels },
    { "coalesce", 2, set_coalescing },
    { "rss", 1, set_rss },
    { "stats", 0, show_stats },
    { "flows", 3, run_flows },
};

int main(int argc, char **argv)
{
    control = socket(AF_INET, SOCK_DGRAM, 0);
    for (unsigned i = 0; argc >= 3 && i < ARRAY_SIZE(commands); i++) {
        if (strcmp(commands[i].name, argv[1]) == 0 &&
            argc - 3 >= commands[i].min_args) {
            ifname = argv[2];
            return commands[i].run(argv + 3);
        }
    }
    printf("usage: guest-ethtool COMMAND INTERFACE [WORD...]; commands:\n");
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        printf("  %s\n", commands[i].name);
    }
    return 2;
}
