#define _GNU_SOURCE
#include "carrier_parts.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

uint64_t halley_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int64_t halley_wall_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec;
}

static void retry_accept(evutil_socket_t fd, short what, void *context) {
  struct halley_carrier *carrier = context;
  (void)fd;
  (void)what;
  carrier->starved = 0;
  halley_carrier_update_listeners(carrier);
}

halley_carrier *halley_carrier_new(void *base, void *pulse, const halley_hooks *hooks,
                                   const halley_limits *limits) {
  struct halley_carrier *carrier = calloc(1, sizeof *carrier);
  if (!carrier) return NULL;
  carrier->base = base;
  carrier->pulse = pulse;
  carrier->hooks = *hooks;
  carrier->limits = *limits;
  carrier->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  carrier->dummy_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  carrier->spare = calloc(1, sizeof *carrier->spare);
  carrier->http = evhttp_new(base);
  if (!carrier->http || !carrier->spare || carrier->spare_fd < 0 || carrier->dummy_fd < 0 ||
      event_assign(&carrier->retry, base, -1, 0, retry_accept, carrier) < 0) {
    if (carrier->http) evhttp_free(carrier->http);
    if (carrier->spare_fd >= 0) close(carrier->spare_fd);
    if (carrier->dummy_fd >= 0) close(carrier->dummy_fd);
    free(carrier->spare);
    free(carrier);
    return NULL;
  }
  /* evhttp sees nothing but our own request line, so its limits only have to exceed that. */
  evhttp_set_max_headers_size(carrier->http, 4096);
  evhttp_set_max_body_size(carrier->http, 0);
  evhttp_set_allowed_methods(carrier->http, EVHTTP_REQ_GET);
  evhttp_set_default_content_type(carrier->http, NULL);
  evhttp_set_bevcb(carrier->http, halley_guard_accept, carrier);
  evhttp_set_gencb(carrier->http, halley_guard_requested, carrier);
  halley_carrier_register(carrier);
  return carrier;
}

void halley_carrier_free(halley_carrier *carrier) {
  halley_carrier_unregister(carrier);
  carrier->stopped = 1;
  halley_carrier_close_ports(carrier);
  /* evhttp_free runs the close callback of every connection, which frees its guard. A guard that is not attached has
   * no such callback yet. */
  for (struct halley_guard *guard = carrier->guards, *next; guard; guard = next) {
    next = guard->next;
    if (guard->state == GUARD_ATTACHING) halley_guard_free(guard);
  }
  evhttp_free(carrier->http);
  event_del(&carrier->retry);
  free(carrier->spare);
  free(carrier->by_fd);
  close(carrier->spare_fd);
  close(carrier->dummy_fd);
  free(carrier);
}

void halley_carrier_set_limits(halley_carrier *carrier, const halley_limits *limits) {
  carrier->limits = *limits;
  halley_carrier_renew_patience(carrier);
  halley_carrier_update_listeners(carrier);
}

halley_carrier_gauges halley_carrier_read_gauges(const halley_carrier *carrier) { return carrier->gauges; }

void halley_carrier_stop_accepting(halley_carrier *carrier) {
  carrier->stopped = 1;
  halley_carrier_close_ports(carrier);
  for (struct halley_guard *guard = carrier->guards; guard; guard = guard->next)
    if (guard->state == GUARD_IDLE || guard->state == GUARD_FRESH) halley_guard_kill_later(guard);
}

void halley_carrier_released(halley_carrier *carrier) {
  if (carrier->gauges.detached == 0) return;
  carrier->gauges.detached -= 1;
  carrier->gauges.connections -= 1;
  carrier->starved = 0;
  halley_carrier_update_listeners(carrier);
}
