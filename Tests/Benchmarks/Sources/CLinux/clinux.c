#define _GNU_SOURCE
#include "clinux.h"

#include <linux/perf_event.h>
#include <malloc.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int bench_bind_without_port(int fd) {
  int on = 1;
  return setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
}

int bench_count_instructions(pid_t thread, int in_kernel) {
  struct perf_event_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
  attributes.exclude_kernel = in_kernel ? 0 : 1;
  attributes.exclude_user = in_kernel ? 1 : 0;
  attributes.exclude_hv = 1;
  attributes.inherit = 1;
  return (int)syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

const void *bench_find(const void *bytes, size_t size, const char *needle, size_t needle_size) {
  return memmem(bytes, size, needle, needle_size);
}

size_t bench_bytes_in_use(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}
