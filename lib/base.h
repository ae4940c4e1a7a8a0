/* base.h - the words every file of Godwit starts from: integers, units, small macros.
 * Included by: everything.  Pure: the same text compiles for the kernel and for the host.
 * Never: declares anything that needs a kernel.  */
#ifndef LIB_BASE_H
#define LIB_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PACKED __attribute__((packed))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define UNUSED(x) ((void)(x))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define ALIGN_UP(x, a) (((x) + ((a)-1)) & ~((uint32_t)(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((uint32_t)(a)-1))

#define PAGE_SIZE 4096u
#define PAGE_SHIFT 12
#define PAGE_MASK 4095u
#define PAGES(bytes) (((bytes) + PAGE_MASK) >> PAGE_SHIFT)

#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull
#define US_PER_S 1000000ull

/* Units that must not mix: one-member structs, so that the compiler refuses a mix or a dereference. */
typedef struct { uint32_t v; } uaddr_t; /* an address in somebody's user space */
typedef struct { uint32_t v; } paddr_t; /* a physical address of this machine */
static inline uaddr_t uaddr(uint32_t v) { return (uaddr_t){v}; }
static inline paddr_t paddr(uint32_t v) { return (paddr_t){v}; }
static inline uaddr_t uaddr_add(uaddr_t a, uint32_t n) { return (uaddr_t){a.v + n}; }

/** A broken invariant of our own: prints expression, place and two values, and never returns.
 *  The kernel answers with panic(), host tests with abort(). Context: any. */
NORETURN void assert_fail(const char *expr, const char *file, int line, uint64_t a, uint64_t b);

#define KASSERT2(cond, a, b) \
	do { \
		if (!(cond)) assert_fail(#cond, __FILE__, __LINE__, (uint64_t)(a), (uint64_t)(b)); \
	} while (0)
#define KASSERT(cond) KASSERT2(cond, 0, 0)

#endif
