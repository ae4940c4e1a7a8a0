/* space.h - a body's address space: areas, page tables, break; the unit of movement.
 * Used by: fault.c, sys_mem.c, exec, fork, kernel/migrate.  Lies where the body lies; home keeps a struct unit (proc.h).
 * Never: knows files (areas know a backing) or nodes.  */
#ifndef KERNEL_MM_SPACE_H
#define KERNEL_MM_SPACE_H
#include "arch/arch.h"
#include "kernel/base/mutex.h"
#include "kernel/mm/backing.h"
#include "kernel/mm/umem.h"

#define AREA_SHARED 1u
#define AREA_GROWSDOWN 2u
#define AREA_STACK 4u    /* for /proc/PID/maps: [stack] */
#define AREA_HEAP 8u     /* [heap] */
#define AREA_LOCKED 32u   /* mlock: counted in locked_pages, filled at once unless AREA_ONFAULT */
#define AREA_ONFAULT 64u
#define AREA_DONTFORK 128u
#define AREA_WIPEONFORK 256u
#define AREA_NOWRITE 16u /* a shared mapping of a file that was not opened for writing: mprotect may not add WRITE (-EACCES) */
struct area {
	struct list_node node;       /* in space->areas, by address */
	uint32_t start, end;         /* page-aligned, end exclusive */
	uint32_t prot;               /* PROT_READ 1 WRITE 2 EXEC 4 */
	uint32_t flags;
	struct backing *backing;     /* NULL: anonymous; one reference */
	uint32_t pgoff;              /* backing's page index at start */
};
struct space {
	struct arch_pd pd;
	struct list_node areas;
	struct area *hint;           /* the area found last */
	uint32_t n_areas, refs;      /* refs: tasks (and a mover) */
	struct mutex lock;           /* MUTEX_SPACE: areas and page tables across sleeps */
	uint32_t brk_start, brk;
	struct list_node in_all;     /* of all spaces here */
	uint32_t total_pages, rss_pages, locked_pages;   /* rss: present entries */
	uint32_t barriers;           /* membarrier(2): what was registered */
	uint32_t lock_future;        /* AREA_LOCKED, AREA_ONFAULT for areas to come: mlockall(2) */
	uint32_t limit_as_pages, limit_data_pages, limit_stack_bytes; /* copies of the rlimits, by LIMITS */
	uint32_t code_start, code_end, data_start, data_end, stack_start, arg_start, arg_end, env_start, env_end;
	uint32_t min_faults, maj_faults;
	struct list_node tasks;      /* of struct body: every task whose body this is */
	struct waitq moved;          /* freezing, thawing */
	/* movement, owned by kernel/migrate */
	bool freeze;                 /* tasks park at the user boundary */
	bool frozen_umem;            /* mirrors every task's umem.frozen */
	void *mover;
};
#define SPACE_AREAS_MAX 4096u /* Linux: 65530; they are found one after another here */
/* An entry that holds a frame but shows it to nobody (PROT_NONE): not present, this bit set. Owed entries have it clear. */
#define PTE_HIDDEN 0x800u
static inline bool pte_resident(uint32_t e) { return (e & (PTE_PRESENT | PTE_HIDDEN)) != 0; }
struct space *space_new(void);                       /* empty, one reference; NULL no memory */
void space_ref(struct space *s);
void space_empty(struct space *s);                   /* unmap everything: its last task ends; may sleep */
void space_unref(struct space *s);                   /* tears everything down at 0; may sleep */
struct area *space_find(struct space *s, uint32_t at);       /* area that contains at, or NULL */
struct area *space_first_after(struct space *s, uint32_t at);/* first area with end > at, or NULL */
/** Map [at, at+len) or choose a place (MAP_FIXED absent; hint at). backing referenced for the area on success. Returns address
 *  or -errno as int32 (addresses above 0x80000000 are fine: errors are -1..-4095). Linux mmap(2) rules. May sleep. */
int32_t space_map(struct space *s, uint32_t at, uint32_t len, uint32_t prot, uint32_t map_flags, uint32_t area_flags, struct backing *b, uint32_t pgoff);
int space_unmap(struct space *s, uint32_t at, uint32_t len);
int space_protect(struct space *s, uint32_t at, uint32_t len, uint32_t prot);
int32_t space_remap(struct space *s, uint32_t old, uint32_t old_len, uint32_t new_len, uint32_t flags, uint32_t new_at);
/** madvise(2), its errors. at page-aligned; len in bytes. */
int space_advise(struct space *s, uint32_t at, uint32_t len, uint32_t advice);
/** mlock(2) and munlock(2): flags AREA_LOCKED, AREA_ONFAULT or 0. limit_pages: what may be locked in all. -ENOMEM: over the limit,
 *  or not all of it is mapped (what is, is changed). */
int space_lock(struct space *s, uint32_t at, uint32_t len, uint32_t flags, uint32_t limit_pages);
void space_lock_all(struct space *s, uint32_t flags);        /* of what is mapped now; lock_future is the caller's */
/** Fault in every page of a range that is mapped throughout: 0, -ENOMEM (a hole, or no memory), -EACCES (not allowed), -EFAULT. */
int space_populate(struct space *s, uint32_t at, uint32_t len, bool write);
/** Which pages of [at, at + n pages) are in memory, as mincore(2) tells: in[i] 0 or 1. -ENOMEM: not all of it is mapped. */
int space_resident(struct space *s, uint32_t at, uint32_t n_pages, uint8_t *in);
uint32_t space_set_brk(struct space *s, uint32_t want);      /* returns the break that is in force: brk(2) of the kernel */
/** Copy for fork: areas, copy-on-write entries. -ENOMEM. */
int space_copy(struct space *from, struct space *to);
bool space_is_movable(struct space *s, const char **why);    /* false: "shm" etc. */
/* ---- faults (fault.c) */
#define FAULT_READ 0u
#define FAULT_WRITE 1u
#define FAULT_EXEC 2u
#define FAULT_NOWAIT 4u   /* or'ed: out of memory gives SIGKILL at once instead of waiting (faults of kernel-mode copies) */
struct fault_result { int sig, code; };                     /* sig 0: resolved */
/** Make `at` accessible. May sleep (backing, memory). heeds cuts while waiting: returns sig -1 when the fault is to be retried
 *  after the user boundary (freeze, signal). Out of memory: SIGKILL. */
struct fault_result space_fault(struct space *s, uint32_t at, uint32_t kind);
/** Bytes from at that can be accessed for reading (writing): faults pages in; stops at the first that cannot. max bytes at most. */
uint32_t space_probe(struct space *s, uint32_t at, uint32_t max, bool write);
/** Put a page that came from elsewhere (capsule): takes over the frame's reference on success. Entry must be empty:
 *  -EEXIST; -EFAULT no area there; -ENOMEM. */
int space_install(struct space *s, uint32_t at, uint32_t pfn);
/** Map the resident pages of the file area at `at` (n pages from there at most) before anybody asks: exec. Never fails, never
 *  waits for a page or for memory. */
void space_prefault(struct space *s, uint32_t at, uint32_t n_pages);
/** Makes the backing of a shared anonymous mapping (one reference for the caller; -ENOMEM). Set by kernel/proc at boot: mm
 *  knows no file system. */
extern int (*space_shared_backing)(uint64_t bytes, struct backing **out);
/** Memory is gone and frame_wait gave up. true: a process was ended, wait again; false: the one that faulted (in s) ends.
 *  Set by kernel/proc at boot; NULL: false. */
extern bool (*space_out_of_memory)(struct space *s);
#endif
