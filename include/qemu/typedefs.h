/*
 * Names of types whose definitions stand in their own headers, so that headers
 * can mention each other's types without including each other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_TYPEDEFS_H
#define QEMU_TYPEDEFS_H

typedef uint64_t hwaddr;            /* a guest physical or bus address */
typedef uint64_t ram_addr_t;        /* an offset in the space of all RAM blocks */
typedef uint64_t dma_addr_t;        /* an address as a device sees it */
typedef uint64_t vaddr;             /* a guest virtual address */

#define HWADDR_PRIx PRIx64
#define HWADDR_PRIX PRIX64
#define HWADDR_FMT_plx "%016" PRIx64
#define RAM_ADDR_FMT "%" PRIx64
#define HWADDR_MAX UINT64_MAX
#define RAM_ADDR_MAX UINT64_MAX

typedef struct AddressSpace AddressSpace;
typedef struct AioContext AioContext;
typedef struct BusClass BusClass;
typedef struct BusState BusState;
typedef struct Chardev Chardev;
typedef struct CharFrontend CharFrontend;
typedef struct CPUState CPUState;
typedef struct DeviceClass DeviceClass;
typedef struct DeviceState DeviceState;
typedef struct Error Error;
typedef struct EventNotifier EventNotifier;
typedef struct FlatView FlatView;
typedef struct FWCfgState FWCfgState;
typedef struct HotplugHandler HotplugHandler;
typedef struct InterfaceClass InterfaceClass;
typedef struct InterfaceInfo InterfaceInfo;
typedef struct IOThread IOThread;
typedef struct ISABus ISABus;
typedef struct ISADevice ISADevice;
typedef struct IRQState *qemu_irq;
typedef struct MACAddr MACAddr;
typedef struct MachineClass MachineClass;
typedef struct MachineState MachineState;
typedef struct MemoryListener MemoryListener;
typedef struct MemoryRegion MemoryRegion;
typedef struct MemoryRegionCache MemoryRegionCache;
typedef struct MemoryRegionOps MemoryRegionOps;
typedef struct MemoryRegionSection MemoryRegionSection;
typedef struct Monitor Monitor;
typedef struct MSIMessage MSIMessage;
typedef struct NetClientState NetClientState;
typedef struct NICConf NICConf;
typedef struct NICState NICState;
typedef struct Notifier Notifier;
typedef struct NotifierList NotifierList;
typedef struct Object Object;
typedef struct ObjectClass ObjectClass;
typedef struct ObjectProperty ObjectProperty;
typedef struct PCIBus PCIBus;
typedef struct PCIDevice PCIDevice;
typedef struct Property Property;
typedef struct QEMUBH QEMUBH;
typedef struct QEMUFile QEMUFile;
typedef struct QEMUTimer QEMUTimer;
typedef struct QEMUTimerList QEMUTimerList;
typedef struct QemuOpt QemuOpt;
typedef struct QemuOpts QemuOpts;
typedef struct QemuOptsList QemuOptsList;
typedef struct RAMBlock RAMBlock;
typedef struct TypeImpl *Type;
typedef struct TypeInfo TypeInfo;
typedef struct VirtIODevice VirtIODevice;
typedef struct VirtQueue VirtQueue;
typedef struct VirtQueueElement VirtQueueElement;
typedef struct Visitor Visitor;
typedef struct VMChangeStateEntry VMChangeStateEntry;
typedef struct VMStateDescription VMStateDescription;
typedef struct VMStateField VMStateField;
typedef struct VMStateInfo VMStateInfo;

#endif
