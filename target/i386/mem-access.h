/*
 * How instruction helpers reach guest memory. Addresses are linear (segment
 * base added, limit checked by the caller). Everything faults precisely:
 * the access either happens whole or raises with env->eip as it is. Values are
 * little endian; naturally aligned accesses are single host accesses.
 *
 * Plain names act with the current privilege; _kernel ones as supervisor,
 * for descriptor tables, TSS and stacks of inner rings. Reads and writes of
 * device memory take the big lock by themselves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_MEM_ACCESS_H
#define TARGET_I386_MEM_ACCESS_H

#include "cpu.h"

uint8_t cpu_ldub(CPUX86State *env, uint64_t addr);
uint16_t cpu_lduw(CPUX86State *env, uint64_t addr);
uint32_t cpu_ldl(CPUX86State *env, uint64_t addr);
uint64_t cpu_ldq(CPUX86State *env, uint64_t addr);
void cpu_stb(CPUX86State *env, uint64_t addr, uint8_t val);
void cpu_stw(CPUX86State *env, uint64_t addr, uint16_t val);
void cpu_stl(CPUX86State *env, uint64_t addr, uint32_t val);
void cpu_stq(CPUX86State *env, uint64_t addr, uint64_t val);

uint8_t cpu_ldub_kernel(CPUX86State *env, uint64_t addr);
uint16_t cpu_lduw_kernel(CPUX86State *env, uint64_t addr);
uint32_t cpu_ldl_kernel(CPUX86State *env, uint64_t addr);
uint64_t cpu_ldq_kernel(CPUX86State *env, uint64_t addr);
void cpu_stb_kernel(CPUX86State *env, uint64_t addr, uint8_t val);
void cpu_stw_kernel(CPUX86State *env, uint64_t addr, uint16_t val);
void cpu_stl_kernel(CPUX86State *env, uint64_t addr, uint32_t val);
void cpu_stq_kernel(CPUX86State *env, uint64_t addr, uint64_t val);

/*
 * Any size up to a page, as bytes (XMM operands, FXSAVE images). A write that
 * crosses a page checks both pages before it changes anything.
 */
void cpu_ld_bytes(CPUX86State *env, uint64_t addr, void *buf, size_t size);
void cpu_st_bytes(CPUX86State *env, uint64_t addr, const void *buf,
                  size_t size);

typedef enum MMUAccessType {
    MMU_DATA_LOAD,
    MMU_DATA_STORE,
    MMU_INST_FETCH,
} MMUAccessType;

/*
 * Checks that [@addr, @addr + @size) may be accessed at the current privilege
 * and raises #PF if not; touches accessed and dirty bits as the access would.
 * @size up to a page; may cross one page boundary.
 */
void cpu_probe(CPUX86State *env, uint64_t addr, size_t size,
               MMUAccessType type);
void cpu_probe_kernel(CPUX86State *env, uint64_t addr, size_t size,
                      MMUAccessType type);

/*
 * Host address of @size bytes within one page if they are plain RAM that may
 * be accessed so right now (raises #PF if not mapped), NULL if the access has
 * to go through the functions above (device memory, or code was decoded from
 * that page and @type is a store). Valid until the helper returns.
 */
void *cpu_host_ptr(CPUX86State *env, uint64_t addr, size_t size,
                   MMUAccessType type);

/*
 * For read-modify-write: raises unless the operand may be written, then gives
 * its host address, or NULL when it is device memory, ROM or crosses a page
 * (then load and store). After changing memory through it call cpu_rmw_done().
 */
void *cpu_rmw_ptr(CPUX86State *env, uint64_t addr, size_t size);
void cpu_rmw_done(CPUX86State *env, uint64_t addr, size_t size);

/* Port I/O; takes the big lock. @size: 1, 2 or 4. No permission check. */
uint32_t cpu_port_in(CPUX86State *env, uint16_t port, unsigned size);
void cpu_port_out(CPUX86State *env, uint16_t port, uint32_t val,
                  unsigned size);

#endif
