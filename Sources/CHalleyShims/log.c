#include "carrier_parts.h"
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

static _Atomic(void (*)(int, const char *)) destination;

static void forward(int severity, const char *message) {
  void (*log)(int, const char *) = atomic_load(&destination);
  if (log) log(severity, message);
}

/* libevent takes a return from its fatal callback for a broken invariant, and by default calls exit(1). The process
 * ends either way; without this it would end silently when standard error goes nowhere. */
static void fatal(int error) {
  (void)error;
  forward(EVENT_LOG_ERR, "libevent ends the process");
  _Exit(70);
}

void halley_log_to(void (*log)(int severity, const char *message)) {
  atomic_store(&destination, log);
  event_set_log_callback(log ? forward : NULL);
  event_set_fatal_callback(log ? fatal : NULL);
}
