#define _GNU_SOURCE
#include "include/halley_openat2.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int halley_open_root(const char *path) {
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return root < 0 ? -errno : root;
}

int halley_open_beneath(int root, const char *path, struct halley_file_status *status) {
  struct open_how how = {
      .flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
  };
  /* EAGAIN: a rename elsewhere made the kernel unsure whether ".." in a link stays below. EINTR: a signal. */
  int file = -1;
  for (int attempt = 0; attempt < 16; attempt++) {
    file = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    if (file >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  if (file < 0) return -errno;
  struct stat found;
  if (fstat(file, &found) != 0) {
    int error = errno;
    close(file);
    return -error;
  }
  status->size = found.st_size;
  status->modified_seconds = found.st_mtim.tv_sec;
  status->modified_nanoseconds = found.st_mtim.tv_nsec;
  status->inode = found.st_ino;
  status->is_regular = S_ISREG(found.st_mode);
  status->is_directory = S_ISDIR(found.st_mode);
  return file;
}

int64_t halley_read_at(int file, void *bytes, size_t count, int64_t offset) {
  size_t got = 0;
  while (got < count) {
    ssize_t n = pread(file, (char *)bytes + got, count - got, offset + (int64_t)got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    if (n == 0) break;
    got += (size_t)n;
  }
  return (int64_t)got;
}

void halley_close(int file) { close(file); }
