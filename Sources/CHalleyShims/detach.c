#define _GNU_SOURCE
#include "carrier_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* evhttp_connection_free always shuts the socket down, and a shutdown reaches every duplicate of it. So the socket is
 * duplicated and its old number is given to a dummy before evhttp frees the connection: shutdown and close then hit the
 * dummy. Everything that can fail comes before the first step that cannot be taken back. */
int halley_guard_detach(halley_guard *guard, uint8_t **rest, size_t *rest_count) {
  struct halley_carrier *carrier = guard->carrier;
  struct bufferevent *bev = guard->bev;
  struct evhttp_connection *connection = guard->connection;
  struct evbuffer *input = bufferevent_get_input(bev);
  *rest = NULL;
  *rest_count = 0;
  if (guard->dying || guard->state != GUARD_WORK || evbuffer_get_length(bufferevent_get_output(bev)) > 0)
    return -EBUSY;
  int moved = fcntl(guard->fd, F_DUPFD_CLOEXEC, 3);
  if (moved < 0) return -errno;
  size_t count = evbuffer_get_length(input);
  uint8_t *bytes = count ? malloc(count) : NULL;
  if (count && !bytes) {
    close(moved);
    return -ENOMEM;
  }

  /* epoll knows the pair of file and number: it must leave before the number is reused. (The base must not defer that:
   * no EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST.) A deferred callback must find nothing to call. */
  int fd = guard->fd;
  bufferevent_disable(bev, EV_READ | EV_WRITE);
  bufferevent_setcb(bev, NULL, NULL, NULL, NULL);
  if (count) evbuffer_remove(input, bytes, count);
  if (dup3(carrier->dummy_fd, fd, O_CLOEXEC) < 0) { /* never seen; the callbacks are gone, so the connection goes too */
    free(bytes);
    close(moved);
    evhttp_connection_free(connection);
    return -ECONNABORTED;
  }
  evhttp_connection_set_closecb(connection, NULL, NULL);
  evbuffer_remove_cb_entry(input, guard->watch);
  halley_guard_set_exchange(guard, NULL);
  /* It keeps counting against the limit until halley_carrier_released. */
  carrier->gauges.detached += 1;
  carrier->gauges.connections += 1;
  halley_guard_free(guard);
  evhttp_connection_free(connection);
  *rest = bytes;
  *rest_count = count;
  return moved;
}
