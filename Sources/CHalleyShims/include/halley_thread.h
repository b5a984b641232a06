/* Which thread this is, for checks that every event makes. */
#pragma once
#include <pthread.h>
#include <stdint.h>

/* A number that no other living thread has: the thread pointer where the compiler can read it in one instruction. */
static inline uintptr_t halley_thread(void) {
#if defined(__x86_64__) || defined(__aarch64__)
  return (uintptr_t)__builtin_thread_pointer();
#else
  return (uintptr_t)pthread_self();
#endif
}
