#define _GNU_SOURCE
#include "carrier_parts.h"
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Who keeps bytes that the output buffer only refers to. Not reached through the carrier, which the buffer may outlive
 * by a turn of the loop. */
typedef struct kept_bytes {
  void (*release)(void *owner);
  void *owner;
} kept_bytes;

static void let_go(const void *bytes, size_t count, void *context) {
  kept_bytes *kept = context;
  (void)bytes;
  (void)count;
  kept->release(kept->owner);
  free(kept);
}

/* By reference if there is an owner, never with evbuffer_add_buffer_reference (a use after free in unpatched 2.1.12). */
static int queue(struct halley_guard *guard, const void *bytes, size_t count, void *owner) {
  struct evbuffer *output = bufferevent_get_output(guard->bev);
  kept_bytes *kept = owner ? malloc(sizeof *kept) : NULL;
  if (!kept) return evbuffer_add(output, bytes, count);
  const halley_hooks *hooks = &guard->carrier->hooks;
  *kept = (kept_bytes){hooks->release, owner};
  hooks->retain(owner);
  int result = evbuffer_add_reference(output, bytes, count, let_go, kept);
  if (result < 0) let_go(bytes, count, kept);
  return result;
}

/* The kernel's buffer is large, and takes nothing from ours until a third of it is free: a slow reader makes progress
 * there long before it does here. */
size_t halley_guard_left(const struct halley_guard *guard) {
  int unacknowledged = 0;
  if (ioctl(guard->fd, SIOCOUTQ, &unacknowledged) < 0 || unacknowledged < 0) unacknowledged = 0;
  return evbuffer_get_length(bufferevent_get_output(guard->bev)) + (size_t)unacknowledged +
         halley_guard_file_left(guard);
}

int halley_guard_put(struct halley_guard *guard, const void *first, size_t first_count, const void *second,
                     size_t second_count, void *owner) {
  struct evbuffer *output = bufferevent_get_output(guard->bev);
  size_t sent = 0;
  if (evbuffer_get_length(output) == 0) {
    struct iovec parts[2] = {{(void *)first, first_count}, {(void *)second, second_count}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = second_count ? 2 : 1};
    ssize_t result = sendmsg(guard->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (result < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS) return -1;
    sent = result < 0 ? 0 : (size_t)result;
  }
  if (sent == first_count + second_count) return 0;
  size_t left = halley_guard_left(guard);
  if (!guard->queued || left < guard->left_seen) guard->since = halley_milliseconds();
  if (sent < first_count) {
    if (queue(guard, (const char *)first + sent, first_count - sent, NULL) < 0) return -1;
    sent = first_count;
  }
  size_t skipped = sent - first_count;
  if (second_count > skipped &&
      queue(guard, (const char *)second + skipped, second_count - skipped, owner) < 0)
    return -1;
  guard->queued = 1;
  guard->left_seen = halley_guard_left(guard);
  halley_guard_watch(guard, EV_READ | EV_WRITE);
  halley_guard_arm(guard);
  return 0;
}

void halley_guard_reply(halley_guard *guard, const void *head, size_t head_count, const void *body, size_t body_count,
                        void *owner, int close) {
  if (guard->dying || guard->state != GUARD_WORK) return;
  guard->state = GUARD_REPLY;
  guard->closing = close != 0;
  if (halley_guard_put(guard, head, head_count, body, body_count, owner) < 0)
    halley_guard_kill_later(guard);
  else if (!guard->queued)
    halley_guard_finish(guard);
}

size_t halley_guard_stream(halley_guard *guard, const void *first, size_t first_count, const void *second,
                           size_t second_count) {
  if (guard->dying || (guard->state != GUARD_WORK && guard->state != GUARD_STREAM)) return 0;
  if (guard->state == GUARD_WORK) halley_guard_watch(guard, EV_READ);
  guard->state = GUARD_STREAM;
  /* Bytes must not overtake a file. */
  if (guard->file || halley_guard_put(guard, first, first_count, second, second_count, NULL) < 0) {
    halley_guard_kill_later(guard);
    return 0;
  }
  return evbuffer_get_length(bufferevent_get_output(guard->bev));
}

void halley_guard_end(halley_guard *guard, int close) {
  if (guard->dying || guard->state != GUARD_STREAM) return;
  guard->state = GUARD_REPLY;
  guard->closing = close != 0;
  if (!guard->queued) halley_guard_finish(guard);
}
