/*
 * -sandbox: system calls that the process gives up before the guest runs. What an
 * emulator never needs kills it, since only somebody who took it over would try;
 * what the user denies beside that fails with EPERM.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include "qapi/error.h"
#include "startup.h"
#include "startup-opts.h"

#define CALL(name)  SCMP_SYS(name)

/* Nobody who emulates devices wants these. */
static const int never[] = {
    CALL(reboot), CALL(kexec_load), CALL(kexec_file_load), CALL(init_module),
    CALL(finit_module), CALL(delete_module), CALL(swapon), CALL(swapoff),
    CALL(mount), CALL(umount2), CALL(pivot_root), CALL(move_mount),
    CALL(open_tree), CALL(fsopen), CALL(fsmount), CALL(fsconfig),
    CALL(settimeofday), CALL(clock_settime), CALL(clock_adjtime), CALL(acct),
    CALL(quotactl), CALL(ptrace), CALL(process_vm_readv),
    CALL(process_vm_writev), CALL(bpf), CALL(perf_event_open),
    CALL(userfaultfd), CALL(iopl), CALL(ioperm), CALL(add_key),
    CALL(request_key), CALL(keyctl), CALL(syslog), CALL(vhangup),
    CALL(sethostname), CALL(setdomainname), CALL(open_by_handle_at),
};

/* Left in the kernel for programs of long ago. */
static const int obsolete[] = {
    CALL(uselib), CALL(ustat), CALL(sysfs), CALL(_sysctl), CALL(create_module),
    CALL(get_kernel_syms), CALL(query_module), CALL(nfsservctl),
    CALL(getpmsg), CALL(putpmsg), CALL(afs_syscall), CALL(tuxcall),
    CALL(security), CALL(vserver), CALL(lookup_dcookie), CALL(remap_file_pages),
    CALL(modify_ldt), CALL(epoll_ctl_old), CALL(epoll_wait_old),
};

static const int privileges[] = {
    CALL(setuid), CALL(setgid), CALL(setreuid), CALL(setregid),
    CALL(setresuid), CALL(setresgid), CALL(setfsuid), CALL(setfsgid),
    CALL(setgroups), CALL(capset), CALL(unshare), CALL(setns),
};

static const int spawning[] = {
    CALL(fork), CALL(vfork), CALL(execve), CALL(execveat),
};

static const int resources[] = {
    CALL(setpriority), CALL(sched_setparam), CALL(sched_setscheduler),
    CALL(sched_setaffinity), CALL(sched_setattr), CALL(ioprio_set),
    CALL(setrlimit), CALL(mbind), CALL(set_mempolicy), CALL(migrate_pages),
    CALL(move_pages),
};

/* 0 or -errno. A call that this kernel's architecture has not is no error. */
static int deny(scmp_filter_ctx ctx, uint32_t action, const int *calls,
                unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int ret = calls[i] < 0 ? 0 : seccomp_rule_add(ctx, action, calls[i], 0);

        if (ret < 0 && ret != -EEXIST) {
            return ret;
        }
    }
    return 0;
}
#define DENY(ctx, action, list) deny(ctx, action, list, ARRAY_SIZE(list))

/* Threads must still be made: clone3() hides its flags, clone() shows them. */
static int deny_processes(scmp_filter_ctx ctx)
{
    int ret = DENY(ctx, SCMP_ACT_ERRNO(EPERM), spawning);

    if (ret == 0) {
        ret = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0);
    }
    if (ret == 0) {
        ret = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), CALL(clone), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    }
    return ret;
}

typedef struct Wishes {
    bool obsolete, privileges, spawn, resources;    /* denied */
    bool weak_children;
} Wishes;

/* "allow" or "deny" of @key; the default is to allow. */
static bool read_wish(QemuOpts *opts, const char *key, const char *also,
                      bool *denied, bool *other, Error **errp)
{
    const char *value = qemu_opt_get(opts, key) ?: "allow";

    *denied = !strcmp(value, "deny");
    if (*denied || !strcmp(value, "allow")) {
        return true;
    }
    if (also && !strcmp(value, also)) {
        *denied = *other = true;
        return true;
    }
    error_setg(errp, "%s='%s' is not allow%s deny%s%s", key, value,
               also ? "," : " or", also ? " or " : "", also ?: "");
    return false;
}

static bool read_wishes(QemuOpts *opts, Wishes *w, Error **errp)
{
    bool unused;

    *w = (Wishes){ .obsolete = true };
    if (qemu_opt_get(opts, "obsolete") &&
        !read_wish(opts, "obsolete", NULL, &w->obsolete, &unused, errp)) {
        return false;
    }
    return read_wish(opts, "elevateprivileges", "children", &w->privileges,
                     &w->weak_children, errp) &&
           read_wish(opts, "spawn", NULL, &w->spawn, &unused, errp) &&
           read_wish(opts, "resourcecontrol", NULL, &w->resources, &unused,
                     errp);
}

/* All threads that there are get the filter with the caller. */
static int load_filter(const Wishes *w)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int ret = ctx ? seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1) : -ENOMEM;

    if (ret == 0) {
        ret = DENY(ctx, SCMP_ACT_KILL_PROCESS, never);
    }
    if (ret == 0 && w->obsolete) {
        ret = DENY(ctx, SCMP_ACT_ERRNO(ENOSYS), obsolete);
    }
    if (ret == 0 && w->privileges) {
        ret = DENY(ctx, SCMP_ACT_ERRNO(EPERM), privileges);
    }
    if (ret == 0 && w->spawn) {
        ret = deny_processes(ctx);
    }
    if (ret == 0 && w->resources) {
        ret = DENY(ctx, SCMP_ACT_ERRNO(EPERM), resources);
    }
    if (ret == 0) {
        ret = seccomp_load(ctx);
    }
    if (ctx) {
        seccomp_release(ctx);
    }
    return ret;
}

static bool wanted(QemuOpts *opts)
{
    return opts && qemu_opt_get_bool(opts, "enable", false);
}

bool sandbox_check(Error **errp)
{
    QemuOpts *opts = qemu_opts_find(&startup_sandbox_opts, NULL);
    Wishes w;

    return !opts || read_wishes(opts, &w, errp);
}

bool sandbox_enter(Error **errp)
{
    QemuOpts *opts = qemu_opts_find(&startup_sandbox_opts, NULL);
    Wishes w;
    int ret;

    if (!wanted(opts)) {
        return true;
    }
    if (!read_wishes(opts, &w, errp)) {
        return false;
    }
    if (w.weak_children && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        error_setg_errno(errp, errno, "-sandbox: cannot keep children from "
                         "gaining privileges");
        return false;
    }
    ret = load_filter(&w);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "-sandbox: the kernel does not take the "
                         "filter");
    }
    return ret == 0;
}
