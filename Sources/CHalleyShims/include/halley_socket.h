/* Socket calls that are no cancellation points.
 *
 * In a process with more than one thread Glibc's send and recv switch asynchronous cancellation on and off around the
 * system call: some 58 instructions each time, twice what a delivery costs otherwise. Nobody cancels the loop's thread. */
#pragma once
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>

#if defined(__x86_64__)
/* The system call itself: its result, or -errno. */
static inline ssize_t halley_transfer(long call, int fd, const void *bytes, size_t count, int flags) {
  register long r10 __asm__("r10") = flags;
  register long r8 __asm__("r8") = 0;
  register long r9 __asm__("r9") = 0;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(call), "D"((long)fd), "S"(bytes), "d"(count), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#define HALLEY_SEND(fd, bytes, count, flags) halley_transfer(SYS_sendto, fd, bytes, count, flags)
#define HALLEY_RECEIVE(fd, bytes, count, flags) halley_transfer(SYS_recvfrom, fd, bytes, count, flags)
#elif defined(__aarch64__)
/* The system call itself: its result, or -errno. */
static inline ssize_t halley_transfer(long call, int fd, const void *bytes, size_t count, int flags) {
  register long x8 __asm__("x8") = call;
  register long x0 __asm__("x0") = fd;
  register const void *x1 __asm__("x1") = bytes;
  register size_t x2 __asm__("x2") = count;
  register long x3 __asm__("x3") = flags;
  register long x4 __asm__("x4") = 0;
  register long x5 __asm__("x5") = 0;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
#define HALLEY_SEND(fd, bytes, count, flags) halley_transfer(SYS_sendto, fd, bytes, count, flags)
#define HALLEY_RECEIVE(fd, bytes, count, flags) halley_transfer(SYS_recvfrom, fd, bytes, count, flags)
#else
static inline ssize_t halley_or_error(ssize_t result) { return result < 0 ? -errno : result; }
#define HALLEY_SEND(fd, bytes, count, flags) halley_or_error(send(fd, bytes, count, flags))
#define HALLEY_RECEIVE(fd, bytes, count, flags) halley_or_error(recv(fd, bytes, count, flags))
#endif

/* send(2), without being a cancellation point. Returns -errno when it fails and leaves errno alone, so that a loop over many
 * sockets has no call in it. */
static inline ssize_t halley_send(int fd, const void *bytes, size_t count, int flags) {
  return HALLEY_SEND(fd, bytes, count, flags);
}

/* recv(2), in the same way. */
static inline ssize_t halley_receive(int fd, void *bytes, size_t count, int flags) {
  return HALLEY_RECEIVE(fd, bytes, count, flags);
}
