// Preloaded into servers that run under callgrind.
//
// valgrind 3.19 writes to the mask that sigsuspend is given while it waits, and crashes when that lies in memory that
// cannot be written, as the one of libdispatch's main thread does. Here the kernel gets a copy.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
  sigset_t copy = *mask;
  return (int)syscall(SYS_rt_sigsuspend, &copy, 8);
}
