#define _GNU_SOURCE
#include "carrier_parts.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The only head evhttp ever parses. It is not longer than the shortest head there is, so it fits over the end of what
 * it stands for. */
static const char OUR_HEAD[] = "GET / HTTP/1.1\r\n\r\n";
enum { OUR_HEAD_COUNT = sizeof OUR_HEAD - 1 };
static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";

static void run_event(evutil_socket_t fd, short what, void *context);

/* Time. One deadline per phase, absolute from the start of the phase. The timer is armed lazily: a later deadline
 * leaves an earlier timer alone, which then looks again, so a steady connection arms one timer per idle time. */

static uint64_t due(const struct halley_guard *guard) {
  const halley_limits *limits = &guard->carrier->limits;
  switch ((guard_state)guard->state) {
  case GUARD_FRESH: return guard->since + limits->first_byte;
  case GUARD_IDLE: return guard->since + limits->idle;
  case GUARD_HEAD: return guard->since + limits->head;
  case GUARD_BODY: {
    uint32_t rate = limits->body_rate ? limits->body_rate : 1;
    return guard->since + limits->body + guard->body_size * 1000 / rate;
  }
  case GUARD_STREAM:
  case GUARD_REPLY: return guard->queued ? guard->since + limits->stall : 0;
  case GUARD_REFUSING:
  case GUARD_LINGER: return guard->since + limits->linger;
  case GUARD_ATTACHING:
  case GUARD_READY:
  case GUARD_WORK: return 0;
  }
  return 0;
}

static void arm_at(struct halley_guard *guard, uint64_t at, uint64_t now) {
  if (guard->armed != 0 && guard->armed <= at) return;
  uint64_t wait = at > now ? at - now : 1;
  struct timeval delay = {(time_t)(wait / 1000), (suseconds_t)(wait % 1000) * 1000};
  if (event_add(&guard->event, &delay) == 0) guard->armed = at;
}

void halley_guard_arm(struct halley_guard *guard) {
  uint64_t at = due(guard);
  if (at != 0) arm_at(guard, at, halley_milliseconds());
}

static void enter(struct halley_guard *guard, guard_state state) {
  guard->state = (uint8_t)state;
  guard->since = halley_milliseconds();
  halley_guard_arm(guard);
}

void halley_guard_kill_later(struct halley_guard *guard) {
  if (guard->dying) return;
  guard->dying = 1;
  event_active(&guard->event, EV_TIMEOUT, 0);
}

void halley_guard_set_exchange(struct halley_guard *guard, void *exchange) {
  if (!guard->exchange && exchange) guard->carrier->gauges.exchanges += 1;
  if (guard->exchange && !exchange) guard->carrier->gauges.exchanges -= 1;
  guard->exchange = exchange;
}

static void end_exchange(struct halley_guard *guard, halley_finish how) {
  void *exchange = guard->exchange;
  if (!exchange) return;
  halley_guard_set_exchange(guard, NULL);
  guard->carrier->hooks.finished(exchange, how);
}

static void drop_input(struct halley_guard *guard) {
  struct evbuffer *input = bufferevent_get_input(guard->bev);
  evbuffer_drain(input, evbuffer_get_length(input));
}

/* Reading. */

/* The answer goes out from the event: inside a buffer's callback the connection must stay as it is. */
static void refuse(struct halley_guard *guard, const halley_feed *result) {
  drop_input(guard);
  end_exchange(guard, HALLEY_FINISH_GONE);
  guard->carrier->gauges.refused += 1;
  guard->answer = result->answer_count ? malloc(result->answer_count) : NULL;
  if (!guard->answer) {
    halley_guard_kill_later(guard);
    return;
  }
  memcpy(guard->answer, result->answer, result->answer_count);
  guard->answer_count = result->answer_count;
  guard->state = GUARD_REFUSING;
  event_active(&guard->event, EV_TIMEOUT, 0);
}

/* Puts our head in the place of the last bytes of the request, which begins the input. */
static int substitute(struct evbuffer *input, uint8_t *bytes, size_t consumed) {
  if (consumed >= OUR_HEAD_COUNT) {
    memcpy(bytes + consumed - OUR_HEAD_COUNT, OUR_HEAD, OUR_HEAD_COUNT);
    return consumed == OUR_HEAD_COUNT ? 0 : evbuffer_drain(input, consumed - OUR_HEAD_COUNT);
  }
  if (evbuffer_drain(input, consumed) < 0) return -1;
  return evbuffer_prepend(input, OUR_HEAD, OUR_HEAD_COUNT);
}

static void accepted_head(struct halley_guard *guard, const halley_feed *result) {
  guard->body_size = result->body_size;
  if (guard->state == GUARD_BODY) return;
  if (result->send_continue) {
    ssize_t sent = send(guard->fd, CONTINUE, sizeof CONTINUE - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != sizeof CONTINUE - 1) halley_guard_kill_later(guard);
  }
  enter(guard, GUARD_BODY);
}

static void feed(struct halley_guard *guard) {
  struct evbuffer *input = bufferevent_get_input(guard->bev);
  const halley_hooks *hooks = &guard->carrier->hooks;
  guard->feeding = 1;
  while (guard->state <= GUARD_BODY && !guard->dying && evbuffer_get_length(input) > 0) {
    size_t count = evbuffer_get_contiguous_space(input);
    if (count == 0) count = evbuffer_get_length(input);
    uint8_t *bytes = evbuffer_pullup(input, (ev_ssize_t)count);
    halley_feed result = {.kind = HALLEY_FEED_REFUSED, .partial = guard->partial, .exchange = guard->exchange};
    if (!bytes) {
      halley_guard_kill_later(guard);
      break;
    }
    hooks->feed(hooks->context, guard, bytes, count, &result);
    guard->partial = result.partial;
    halley_guard_set_exchange(guard, result.exchange);
    switch (result.kind) {
    case HALLEY_FEED_MORE_HEAD:
      evbuffer_drain(input, count);
      if (guard->state != GUARD_HEAD) enter(guard, GUARD_HEAD);
      break;
    case HALLEY_FEED_MORE_BODY:
      evbuffer_drain(input, count);
      accepted_head(guard, &result);
      break;
    case HALLEY_FEED_READY:
      guard->state = GUARD_READY;
      if (substitute(input, bytes, result.consumed) < 0) halley_guard_kill_later(guard);
      break;
    case HALLEY_FEED_REFUSED:
      refuse(guard, &result);
      break;
    }
  }
  guard->feeding = 0;
}

/* Runs before evhttp sees the bytes; must not free or write anything. */
static void input_changed(struct evbuffer *input, const struct evbuffer_cb_info *info, void *context) {
  struct halley_guard *guard = context;
  if (info->n_added == 0 || guard->feeding) return;
  const halley_limits *limits = &guard->carrier->limits;
  switch ((guard_state)guard->state) {
  case GUARD_ATTACHING:
    halley_guard_kill_later(guard);
    break;
  case GUARD_FRESH:
  case GUARD_IDLE:
  case GUARD_HEAD:
  case GUARD_BODY:
    if (!guard->dying) feed(guard);
    break;
  case GUARD_READY:
  case GUARD_WORK:
  case GUARD_STREAM:
  case GUARD_REPLY:
    if (evbuffer_get_length(input) > limits->input_cap && !guard->dying) {
      guard->carrier->gauges.flooded += 1;
      halley_guard_kill_later(guard);
    }
    break;
  case GUARD_REFUSING:
  case GUARD_LINGER:
    guard->lingered += (uint32_t)info->n_added;
    drop_input(guard);
    if (guard->lingered > limits->linger_bytes) halley_guard_kill_later(guard);
    break;
  }
}

/* Writing and ending, outside evhttp's callbacks. */

static void go_on_writing(struct halley_guard *guard) {
  if (!guard->queued || evbuffer_get_length(bufferevent_get_output(guard->bev)) > 0) return;
  if (guard->file && !halley_guard_file_step(guard)) return;
  guard->queued = 0;
  switch ((guard_state)guard->state) {
  case GUARD_REPLY:
    halley_guard_finish(guard);
    break;
  case GUARD_STREAM:
    guard->carrier->hooks.drained(guard->exchange);
    break;
  case GUARD_REFUSING:
    halley_guard_linger(guard);
    break;
  default:
    break;
  }
}

/* The guard may be gone after each of these, so the pulse is looked up first. */
static void output_written(struct bufferevent *bev, void *context) {
  struct halley_guard *guard = context;
  halley_pulse *pulse = guard->carrier->pulse;
  uint64_t outer = halley_pulse_enter(pulse);
  (void)bev;
  go_on_writing(guard);
  halley_pulse_leave(pulse, outer);
}

static void connection_failed(struct bufferevent *bev, short what, void *context) {
  struct halley_guard *guard = context;
  halley_pulse *pulse = guard->carrier->pulse;
  uint64_t outer = halley_pulse_enter(pulse);
  (void)bev;
  (void)what;
  evhttp_connection_free(guard->connection);
  halley_pulse_leave(pulse, outer);
}

/* Takes the connection's callbacks over. There is no read callback: evhttp's would end the process if bytes came while
 * a request is in work. evhttp puts its own back when the next request begins. */
void halley_guard_watch(struct halley_guard *guard, short events) {
  bufferevent_setcb(guard->bev, NULL, output_written, connection_failed, guard);
  bufferevent_enable(guard->bev, events);
}

/* Shuts output down and drops input until the peer ends: closing with input unread would make the kernel send a reset,
 * which can destroy our last bytes on their way. */
void halley_guard_linger(struct halley_guard *guard) {
  guard->feeding = 1;
  drop_input(guard);
  guard->feeding = 0;
  enter(guard, GUARD_LINGER);
  bufferevent_disable(guard->bev, EV_WRITE);
  halley_guard_watch(guard, EV_READ);
  if (shutdown(guard->fd, SHUT_WR) < 0) halley_guard_kill_later(guard);
}

void halley_guard_finish(struct halley_guard *guard) {
  end_exchange(guard, HALLEY_FINISH_DONE);
  if (guard->closing || guard->carrier->stopped) {
    halley_guard_linger(guard);
    return;
  }
  struct evhttp_request *request = guard->request;
  guard->request = NULL;
  guard->ending = 0;
  enter(guard, GUARD_IDLE);
  /* Pipelined bytes first: evhttp must not see them before they have been looked at. */
  feed(guard);
  evhttp_send_reply_end(request); /* may free the connection and the guard */
}

static void start_refusal(struct halley_guard *guard) {
  void *answer = guard->answer;
  guard->answer = NULL;
  bufferevent_disable(guard->bev, EV_WRITE);
  halley_guard_watch(guard, EV_READ);
  int result = halley_guard_put(guard, answer, guard->answer_count, NULL, 0, NULL);
  free(answer);
  /* From here the whole refusal has the lingering time. */
  enter(guard, GUARD_REFUSING);
  if (result < 0)
    halley_guard_kill_later(guard);
  else if (!guard->queued)
    halley_guard_linger(guard);
}

static void expire(struct halley_guard *guard) {
  struct halley_carrier *carrier = guard->carrier;
  carrier->gauges.expired += 1;
  if (guard->state != GUARD_HEAD && guard->state != GUARD_BODY) {
    evhttp_connection_free(guard->connection);
    return;
  }
  halley_feed result = {.kind = HALLEY_FEED_REFUSED, .exchange = guard->exchange};
  carrier->hooks.expired(carrier->hooks.context, &result);
  guard->feeding = 1;
  refuse(guard, &result);
  guard->feeding = 0;
}

static void check_deadline(struct halley_guard *guard) {
  uint64_t now = halley_milliseconds(), at;
  if ((guard->state == GUARD_STREAM || guard->state == GUARD_REPLY) && guard->queued) {
    size_t left = halley_guard_left(guard);
    if (left < guard->left_seen) guard->since = now;
    guard->left_seen = left;
    at = due(guard);
    /* Progress is looked for four times in the time that counts as a stall. */
    uint64_t look = now + guard->carrier->limits.stall / 4 + 1;
    if (now < at) {
      arm_at(guard, at < look ? at : look, now);
      return;
    }
  } else {
    at = due(guard);
    if (at == 0) return;
    if (now < at) {
      arm_at(guard, at, now);
      return;
    }
  }
  expire(guard);
}

/* Life cycle. */

static void connection_closed(struct evhttp_connection *connection, void *context) {
  struct halley_guard *guard = context;
  struct evhttp_request *request = guard->request;
  (void)connection;
  /* evhttp lets go of a request that is in work when its peer leaves: then it is ours to free. */
  int orphan = request && !evhttp_request_get_connection(request);
  evbuffer_remove_cb_entry(bufferevent_get_input(guard->bev), guard->watch);
  end_exchange(guard, HALLEY_FINISH_GONE);
  halley_guard_free(guard);
  if (orphan) evhttp_request_free(request);
}

void halley_guard_free(struct halley_guard *guard) {
  struct halley_carrier *carrier = guard->carrier;
  event_del(&guard->event);
  if (guard->partial) carrier->hooks.release(guard->partial);
  halley_guard_drop_file(guard);
  free(guard->answer);
  if (guard->fd >= 0) carrier->by_fd[guard->fd] = NULL;
  *guard->previous = guard->next;
  if (guard->next) guard->next->previous = guard->previous;
  if (carrier->spare) {
    free(guard);
  } else {
    carrier->spare = memset(guard, 0, sizeof *guard);
  }
  carrier->gauges.connections -= 1;
  carrier->starved = 0;
  halley_carrier_update_listeners(carrier);
}

static int remember(struct halley_guard *guard) {
  struct halley_carrier *carrier = guard->carrier;
  int fd = bufferevent_getfd(guard->bev);
  if (fd < 0) return -1;
  if (fd >= carrier->by_fd_count) {
    int count = (fd | 255) + 1;
    struct halley_guard **table = realloc(carrier->by_fd, (size_t)count * sizeof *table);
    if (!table) return -1;
    memset(table + carrier->by_fd_count, 0, (size_t)(count - carrier->by_fd_count) * sizeof *table);
    carrier->by_fd = table;
    carrier->by_fd_count = count;
  }
  guard->fd = fd;
  carrier->by_fd[fd] = guard;
  return 0;
}

/* Runs in the same pass over the active queue as the accept, before the socket can be polled. */
static void attach(struct halley_guard *guard) {
  bufferevent_data_cb on_read, on_write;
  bufferevent_event_cb on_event;
  void *connection;
  bufferevent_getcb(guard->bev, &on_read, &on_write, &on_event, &connection);
  if (!on_event || !connection) { /* evhttp gave the connection up */
    halley_guard_free(guard);
    return;
  }
  guard->connection = connection;
  evhttp_connection_set_closecb(guard->connection, connection_closed, guard);
  enter(guard, GUARD_FRESH);
  if (remember(guard) < 0) {
    halley_carrier_report(guard->carrier, HALLEY_EVENT_NO_MEMORY, ENOMEM);
    evhttp_connection_free(guard->connection);
  }
}

static void run_event(evutil_socket_t fd, short what, void *context) {
  struct halley_guard *guard = context;
  halley_pulse *pulse = guard->carrier->pulse;
  uint64_t outer = halley_pulse_enter(pulse);
  (void)fd;
  (void)what;
  guard->armed = 0;
  if (guard->state == GUARD_ATTACHING)
    attach(guard);
  else if (guard->dying)
    evhttp_connection_free(guard->connection);
  else if (guard->answer)
    start_refusal(guard);
  else
    check_deadline(guard);
  halley_pulse_leave(pulse, outer);
}

/* Makes the buffer event of a new connection. The caller, evhttp, makes an unguarded one when this returns NULL; its
 * requests are dropped below. */
struct bufferevent *halley_guard_accept(struct event_base *base, void *context) {
  struct halley_carrier *carrier = context;
  struct halley_guard *guard = carrier->spare;
  struct bufferevent *bev = guard ? bufferevent_socket_new(base, -1, 0) : NULL;
  struct evbuffer_cb_entry *watch =
      bev ? evbuffer_add_cb(bufferevent_get_input(bev), input_changed, guard) : NULL;
  if (!watch || event_assign(&guard->event, base, -1, 0, run_event, guard) < 0) {
    halley_carrier_report(carrier, HALLEY_EVENT_NO_MEMORY, ENOMEM);
    if (bev) bufferevent_free(bev);
    return NULL;
  }
  carrier->spare = NULL;
  guard->carrier = carrier;
  guard->bev = bev;
  guard->watch = watch;
  guard->fd = -1;
  guard->next = carrier->guards;
  guard->previous = &carrier->guards;
  if (guard->next) guard->next->previous = &guard->next;
  carrier->guards = guard;
  event_active(&guard->event, EV_TIMEOUT, 0);
  carrier->gauges.accepted += 1;
  carrier->gauges.connections += 1;
  if (carrier->gauges.connections > carrier->gauges.peak) carrier->gauges.peak = carrier->gauges.connections;
  halley_carrier_update_listeners(carrier);
  return bev;
}

void halley_guard_requested(struct evhttp_request *request, void *context) {
  struct halley_carrier *carrier = context;
  struct evhttp_connection *connection = evhttp_request_get_connection(request);
  int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
  struct halley_guard *guard = fd >= 0 && fd < carrier->by_fd_count ? carrier->by_fd[fd] : NULL;
  if (!guard || guard->connection != connection || guard->state != GUARD_READY || guard->dying) {
    evhttp_connection_free(connection);
    return;
  }
  guard->request = request;
  guard->state = GUARD_WORK;
  guard->closing = 0;
  halley_pulse *pulse = carrier->pulse;
  uint64_t outer = halley_pulse_enter(pulse);
  carrier->hooks.request(carrier->hooks.context, guard->exchange);
  halley_pulse_leave(pulse, outer);
}

void halley_guard_hold(halley_guard *guard) {
  if (guard->state == GUARD_WORK && !guard->dying) halley_guard_watch(guard, EV_READ);
}

void halley_guard_abort(halley_guard *guard) { evhttp_connection_free(guard->connection); }

const char *halley_guard_peer(halley_guard *guard) {
  char *address = NULL;
  uint16_t port = 0;
  evhttp_connection_get_peer(guard->connection, &address, &port);
  return address ? address : "";
}
