/*
 * Start-up functions: type_init(fn) and its like make @fn known before main();
 * module_call_init() runs those of one kind, in link order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_MODULE_H
#define QEMU_MODULE_H

typedef enum {
    MODULE_INIT_MIGRATION,
    MODULE_INIT_OPTS,       /* option groups */
    MODULE_INIT_QOM,        /* types */
    MODULE_INIT_TRACE,
    MODULE_INIT_LIBQOS,     /* nodes of the test graph */
    MODULE_INIT_MAX
} module_init_type;

/* One start-up function, in the list of its kind; static storage. */
typedef struct ModuleInit {
    void (*fn)(void);
    struct ModuleInit *next;
} ModuleInit;

/* Add @m to the list of @type. Called from constructors. */
void register_module_init(ModuleInit *m, module_init_type type);

/*
 * Run the functions of @type that have not run yet; each runs once. A function
 * may register others. Main thread only.
 */
void module_call_init(module_init_type type);

#define module_init(function, type)                                     \
    static void __attribute__((constructor))                            \
    glue(register_, function)(void)                                     \
    {                                                                   \
        static ModuleInit self = { .fn = function };                    \
                                                                        \
        register_module_init(&self, type);                              \
    }

#define opts_init(function)      module_init(function, MODULE_INIT_OPTS)
#define type_init(function)      module_init(function, MODULE_INIT_QOM)
#define trace_init(function)     module_init(function, MODULE_INIT_TRACE)
#define migration_init(function) module_init(function, MODULE_INIT_MIGRATION)
#define libqos_init(function)    module_init(function, MODULE_INIT_LIBQOS)

#endif
