// What Glibc's Swift module leaves out: epoll, memmem, source ports chosen at connect time, and the counters of the processor.
#ifndef HALLEY_BENCHMARK_CLINUX_H
#define HALLEY_BENCHMARK_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

/// Lets the kernel choose the source port at `connect`, so that one source address gives ports per destination.
/// Returns 0 or -1.
int bench_bind_without_port(int fd);

/// Opens a counter of retired instructions of one thread and its future children, in user mode or in the kernel.
/// Returns a descriptor to `read` a 64-bit count from, or -1 with `errno` (ENOENT: the machine has no such counter).
/// perf_event_open(2); the caller closes the descriptor.
int bench_count_instructions(pid_t thread, int in_kernel);

/// The first occurrence of `needle` among `size` bytes, or NULL. memmem(3)
const void *bench_find(const void *bytes, size_t size, const char *needle, size_t needle_size);

/// Bytes handed out by malloc at the moment, all arenas and mapped blocks. mallinfo2(3)
size_t bench_bytes_in_use(void);

#endif
