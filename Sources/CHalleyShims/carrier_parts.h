/* What the carrier's files share. Not visible to Swift. */
#pragma once
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include "include/halley_carrier.h"
#include "include/halley_pulse.h"

typedef enum guard_state {
  GUARD_ATTACHING, /* accepted, evhttp's connection object is not known yet */
  GUARD_FRESH,     /* no byte so far */
  GUARD_IDLE,      /* between two requests */
  GUARD_HEAD,      /* a head is incomplete */
  GUARD_BODY,      /* a body is incomplete */
  GUARD_READY,     /* our request line lies in the input; evhttp will run the generic callback */
  GUARD_WORK,      /* the handler's turn */
  GUARD_STREAM,    /* a response goes on */
  GUARD_REPLY,     /* the last bytes of a response drain */
  GUARD_REFUSING,  /* our own answer drains, input is dropped */
  GUARD_LINGER,    /* output is shut down, input is dropped until the peer ends */
} guard_state;

struct halley_guard {
  struct event event; /* attach, deadline, refusal and kill: everything that must not happen in a buffer's callback */
  struct halley_carrier *carrier;
  struct halley_guard *next, **previous;
  struct bufferevent *bev;
  struct evbuffer_cb_entry *watch;
  struct evhttp_connection *connection;
  struct evhttp_request *request; /* from the generic callback until the exchange ends */
  void *partial;  /* between the first byte of a head and its end, unless both came at once */
  void *exchange; /* from the end of a head on */
  struct guard_file *file; /* part of a file that follows the queued output */
  void *answer; /* a refusal waiting for the event, malloc'ed */
  size_t answer_count;
  uint64_t since;     /* start of the phase, milliseconds */
  uint64_t armed;     /* when the event fires; 0: not armed */
  uint64_t body_size; /* what the body's deadline allows for */
  size_t left_seen;   /* output left when progress was last looked for */
  uint32_t lingered;
  int fd;
  uint8_t state;
  uint8_t feeding; /* the input is being changed by us */
  uint8_t dying;   /* the event will end the connection */
  uint8_t queued;  /* output waits for the socket */
  uint8_t ending;  /* nothing follows the queued output */
  uint8_t closing; /* the connection ends with the exchange */
};

typedef struct halley_port {
  struct halley_port *next;
  struct evhttp_bound_socket *bound;
} halley_port;

struct halley_carrier {
  struct halley_carrier *next_registered;
  struct event_base *base;
  halley_pulse *pulse; /* told of every callback that may take its time */
  struct evhttp *http;
  halley_hooks hooks;
  halley_limits limits;
  halley_carrier_gauges gauges;
  halley_port *ports;
  struct halley_guard *guards;
  struct halley_guard *spare; /* the next connection's guard: no accept without one, so no connection without one */
  struct halley_guard **by_fd; /* a buffer event has no user pointer */
  int by_fd_count;
  struct event retry; /* accepts again after descriptors or memory ran out */
  uint64_t logged[2];
  int spare_fd; /* given up to accept and close one connection when descriptors run out */
  int dummy_fd; /* takes the place of a detached socket */
  uint8_t listening, stopped, starved;
};

uint64_t halley_milliseconds(void);

/* Guard life cycle (guard.c). */
struct bufferevent *halley_guard_accept(struct event_base *base, void *carrier);
void halley_guard_requested(struct evhttp_request *request, void *carrier);
void halley_guard_free(struct halley_guard *guard);
void halley_guard_arm(struct halley_guard *guard);
void halley_guard_watch(struct halley_guard *guard, short events);
void halley_guard_finish(struct halley_guard *guard);
void halley_guard_linger(struct halley_guard *guard);
void halley_guard_kill_later(struct halley_guard *guard);
void halley_guard_set_exchange(struct halley_guard *guard, void *exchange);

/* Output (reply.c): sends what the kernel takes and queues the rest; -1 if the connection is lost. */
int halley_guard_put(struct halley_guard *guard, const void *first, size_t first_count, const void *second,
                     size_t second_count, void *owner);

/* Output that the peer has not acknowledged: ours, the kernel's, and what is left of a file. */
size_t halley_guard_left(const struct halley_guard *guard);

/* Files (file.c). A step sends what the socket takes, up to a limit; 1 if that was the last of the file, which is let
 * go of then. Otherwise it waits for the socket, or the connection is about to end. */
int halley_guard_file_step(struct halley_guard *guard);
size_t halley_guard_file_left(const struct halley_guard *guard);
void halley_guard_drop_file(struct halley_guard *guard);

/* Accepting (listener.c). */
void halley_carrier_update_listeners(struct halley_carrier *carrier);
/* Connections that are accepted from now on have the patience of the limits in force. */
void halley_carrier_renew_patience(struct halley_carrier *carrier);
void halley_carrier_report(struct halley_carrier *carrier, halley_event event, int number);
void halley_carrier_register(struct halley_carrier *carrier);
void halley_carrier_unregister(struct halley_carrier *carrier);
void halley_carrier_close_ports(struct halley_carrier *carrier);
