/* Tells the thread sanitizer about two orderings that it cannot see, because they are made inside libraries that are not
 * instrumented: the contended paths of Synchronization.Mutex (a futex that changes hands in the kernel; the uncontended
 * path is inlined and seen) and libdispatch's semaphores. `./halley test` preloads it for the thread sanitizer.
 *
 * Nothing is hidden by this: an unlock that happened before a lock of the same mutex is said to have, and no more. When a
 * toolchain renames the functions, the wrappers are not called and false reports come back; none is lost.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* In the program under test; absent in the tools that start it. */
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

static void acquire(void *address) {
  if (__tsan_acquire) __tsan_acquire(address);
}

static void release(void *address) {
  if (__tsan_release) __tsan_release(address);
}

/* The function that would have been called without us. */
static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

#define SWIFT_METHOD __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

/* _MutexHandle._lockSlow(_: UInt32) */
SWIFT_METHOD void lock_slow(uint32_t thread, SELF) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT_METHOD void lock_slow(uint32_t thread, SELF) {
  typedef SWIFT_METHOD void (*Function)(uint32_t, SELF);
  static Function real;
  if (real == NULL) real = (Function)next("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
  real(thread, self);
  acquire(self);
}

/* _MutexHandle._unlockSlow() */
SWIFT_METHOD void unlock_slow(SELF) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
SWIFT_METHOD void unlock_slow(SELF) {
  typedef SWIFT_METHOD void (*Function)(SELF);
  static Function real;
  if (real == NULL) real = (Function)next("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
  release(self);
  real(self);
}

intptr_t dispatch_semaphore_signal(void *semaphore) {
  static intptr_t (*real)(void *);
  if (real == NULL) real = (intptr_t (*)(void *))next("dispatch_semaphore_signal");
  release(semaphore);
  return real(semaphore);
}

intptr_t dispatch_semaphore_wait(void *semaphore, uint64_t timeout) {
  static intptr_t (*real)(void *, uint64_t);
  if (real == NULL) real = (intptr_t (*)(void *, uint64_t))next("dispatch_semaphore_wait");
  intptr_t result = real(semaphore, timeout);
  if (result == 0) acquire(semaphore);
  return result;
}
