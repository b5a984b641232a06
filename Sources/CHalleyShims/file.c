#define _GNU_SOURCE
#include "carrier_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  STEP = 256 << 10,   /* most that one turn sends to one connection */
  COPIED = 64 << 10,  /* most that one turn copies where the kernel does not send by itself */
  WINDOW = 2 * STEP,  /* what is read ahead */
};

/* Part of a file on its way. */
struct guard_file {
  void *owner; /* keeps the descriptor open */
  int number;
  int64_t offset;
  int64_t advised; /* up to here the kernel knows what we shall need */
  size_t left;
  int sized; /* was long enough at the start; some say 0 and can be read nevertheless */
};

static int is_long_enough(const struct guard_file *file) {
  struct stat now;
  return fstat(file->number, &now) == 0 && now.st_size - file->offset >= (int64_t)file->left;
}

size_t halley_guard_file_left(const struct halley_guard *guard) { return guard->file ? guard->file->left : 0; }

void halley_guard_drop_file(struct halley_guard *guard) {
  struct guard_file *file = guard->file;
  if (!file) return;
  guard->file = NULL;
  guard->carrier->hooks.release(file->owner);
  free(file);
}

/* A file system that does not know how to send: through our memory. */
static ssize_t copy(int socket, const struct guard_file *file, size_t count) {
  char bytes[COPIED];
  ssize_t got = pread(file->number, bytes, count < COPIED ? count : COPIED, file->offset);
  return got <= 0 ? got : send(socket, bytes, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Reading from the disk may block. So it is asked for two steps ahead, and goes on while we wait for the socket. */
static void read_ahead(struct guard_file *file) {
  int64_t end = file->offset + (int64_t)file->left;
  if (file->advised >= end || file->advised >= file->offset + WINDOW) return;
  int64_t count = end - file->advised < WINDOW ? end - file->advised : WINDOW;
  if (posix_fadvise(file->number, file->advised, count, POSIX_FADV_WILLNEED) == 0) file->advised += count;
}

/* The file has become shorter. Half of it must not look like the whole, so the connection ends. What the kernel has not
 * sent yet goes too: it refers to the file's own pages, and those that were cut off are zeroed. */
static void cut_off(struct halley_guard *guard) {
  struct linger none = {.l_onoff = 1};
  setsockopt(guard->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  halley_guard_kill_later(guard);
}

int halley_guard_file_step(struct halley_guard *guard) {
  struct guard_file *file = guard->file;
  if (guard->dying) return 0;
  if (file->sized && !is_long_enough(file)) {
    cut_off(guard);
    return 0;
  }
  read_ahead(file);
  size_t count = file->left < STEP ? file->left : STEP;
  off_t offset = file->offset;
  ssize_t sent = sendfile(guard->fd, file->number, &offset, count);
  if (sent < 0 && (errno == EINVAL || errno == ENOSYS)) sent = copy(guard->fd, file, count);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)) {
    sent = 0;
  } else if (sent <= 0) {
    cut_off(guard);
    return 0;
  }
  file->offset += sent;
  file->left -= (size_t)sent;
  if (file->left == 0) {
    halley_guard_drop_file(guard);
    return 1;
  }
  /* With nothing of its own to write, a buffer event that is enabled calls back once when the socket takes more. */
  halley_guard_watch(guard, EV_READ | EV_WRITE);
  return 0;
}

size_t halley_guard_send_file(halley_guard *guard, int number, int64_t offset, size_t count, void *owner) {
  if (guard->dying || guard->state != GUARD_STREAM || count == 0) return 0;
  struct guard_file *file = guard->file ? NULL : malloc(sizeof *file);
  if (!file) {
    halley_guard_kill_later(guard);
    return count;
  }
  *file = (struct guard_file){.owner = owner, .number = number, .offset = offset, .advised = offset, .left = count};
  file->sized = is_long_enough(file);
  guard->carrier->hooks.retain(owner);
  guard->file = file;
  if (!guard->queued) guard->since = halley_milliseconds();
  guard->queued = 1;
  guard->left_seen = halley_guard_left(guard);
  /* Else the write callback begins when what is before the file has left. */
  if (evbuffer_get_length(bufferevent_get_output(guard->bev)) == 0 && halley_guard_file_step(guard)) {
    guard->queued = 0;
    return 0;
  }
  halley_guard_arm(guard);
  return count;
}
