/* The guarded HTTP carrier: evhttp behind a guard that reads every byte first.
 *
 * evhttp's parser is lenient in ways that let one request hide inside another. So it never sees a client's head or
 * body: the guard hands the raw input to `feed`, and only when a whole request has been read and accepted does evhttp
 * get a request line of our own, `GET / HTTP/1.1`, which starts its life cycle: the generic callback, keep-alive, the
 * pipelined request after it. What is refused is answered here and closed.
 *
 * Everything in this header is confined to the loop's thread. No libevent type shows here.
 *
 * Calls of libevent that end the process, and what keeps us away from them: the illegal read state (a connection in
 * work never has evhttp's read callback, see halley_guard_hold), and getnameinfo failing at accept (only AF_INET and
 * AF_INET6 sockets are ever listened on). */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* One loop's evhttp with its listeners and limits. */
typedef struct halley_carrier halley_carrier;
/* One connection on evhttp. Gone after `finished` with HALLEY_FINISH_GONE, or after a detach. */
typedef struct halley_guard halley_guard;

/* Limits in force; a change is seen by live connections at their next deadline. Times are milliseconds. */
typedef struct halley_limits {
  uint32_t connections;    /* most connections at once, detached ones included */
  uint32_t first_byte;     /* accept until the first byte */
  uint32_t head;           /* first byte of a head until its end */
  uint32_t body;           /* end of the head until the end of the body, plus 1 s per `body_rate` bytes */
  uint32_t body_rate;      /* bytes per second */
  uint32_t stall;          /* output queued and not one byte drained */
  uint32_t patience;       /* the kernel's own: output and no acknowledgement, or a peer's window that stays closed */
  uint32_t idle;           /* between two requests of a connection */
  uint32_t linger;         /* after our last byte until the peer's end of input */
  uint32_t accept_retry;   /* after running out of descriptors until the next accept */
  uint32_t linger_bytes;   /* most bytes dropped while lingering */
  uint32_t input_cap;      /* most bytes kept for later while a request is in work or its reply drains */
} halley_limits;

typedef enum halley_feed_kind {
  HALLEY_FEED_MORE_HEAD, /* all bytes taken, the head is not complete */
  HALLEY_FEED_MORE_BODY, /* all bytes taken, the head is accepted, the body is not complete */
  HALLEY_FEED_READY,     /* `consumed` bytes taken, the request is complete */
  HALLEY_FEED_REFUSED,   /* write `answer`, drop all input, close */
} halley_feed_kind;

/* What `feed` has to say about the bytes it was given. The guard owns one reference to each object in here; `feed`
 * releases what it takes out. */
typedef struct halley_feed {
  halley_feed_kind kind;
  size_t consumed;               /* READY: bytes that belong to the request, at least 1 */
  void *_Nullable partial;       /* in and out: the object that holds an incomplete head */
  void *_Nullable exchange;      /* in and out: the object of a request whose head is accepted */
  uint64_t body_size;            /* MORE_BODY: bytes the body's deadline allows for */
  int send_continue;             /* MORE_BODY: the client waits for 100 Continue */
  const void *_Nullable answer;  /* REFUSED: a complete response; copied before `feed` is called again */
  size_t answer_count;
} halley_feed;

typedef enum halley_finish {
  HALLEY_FINISH_DONE, /* the last byte of the reply was handed to the kernel */
  HALLEY_FINISH_GONE, /* the connection ended first */
} halley_finish;

typedef enum halley_event {
  HALLEY_EVENT_NO_DESCRIPTORS, /* accept failed for want of descriptors; the number is errno */
  HALLEY_EVENT_NO_MEMORY,      /* a connection was dropped because memory ran out */
} halley_event;

/* The Swift side. None may free or stop the carrier from inside. */
typedef struct halley_hooks {
  void *_Nullable context;
  /* Raw input of a connection whose request is not complete. */
  void (*_Nonnull feed)(void *_Nullable context, halley_guard *_Nonnull guard, const uint8_t *_Nonnull bytes,
                        size_t count, halley_feed *_Nonnull result);
  /* The deadline of a head or body passed: fill in `answer`. `exchange` is set for a body. */
  void (*_Nonnull expired)(void *_Nullable context, halley_feed *_Nonnull result);
  /* The request is complete: answer now, or hold and answer later. */
  void (*_Nonnull request)(void *_Nullable context, void *_Nonnull exchange);
  /* Streamed output that had queued up is gone. */
  void (*_Nonnull drained)(void *_Nonnull exchange);
  /* The exchange is over; the guard's reference goes with this call. Called exactly once for each exchange. */
  void (*_Nonnull finished)(void *_Nonnull exchange, halley_finish how);
  /* Reference counting of partial heads and of owners of bytes sent by reference and of files. */
  void (*_Nonnull retain)(void *_Nonnull owner);
  void (*_Nonnull release)(void *_Nonnull owner);
  /* At most one call per second and kind. */
  void (*_Nonnull log)(void *_Nullable context, halley_event event, int number);
} halley_hooks;

/* Counts since the start, and what is alive now. */
typedef struct halley_carrier_gauges {
  uint32_t connections; /* alive, detached ones included */
  uint32_t detached;    /* alive and detached */
  uint32_t peak;        /* most connections at once so far */
  uint32_t exchanges;   /* requests being read or in work */
  uint64_t accepted;
  uint64_t refused;     /* answered by the guard without a handler */
  uint64_t expired;     /* closed by a deadline */
  uint64_t flooded;     /* closed by the input cap */
} halley_carrier_gauges;

/* A carrier on `base` (struct event_base *), or NULL when memory or descriptors run out. It tells `pulse`
 * (halley_pulse *) what it is called back for. */
halley_carrier *_Nullable halley_carrier_new(void *_Nonnull base, void *_Nonnull pulse,
                                             const halley_hooks *_Nonnull hooks,
                                             const halley_limits *_Nonnull limits);
/* Ends every connection (each exchange is finished as gone), closes the listeners and frees the carrier. */
void halley_carrier_free(halley_carrier *_Nonnull carrier);
void halley_carrier_set_limits(halley_carrier *_Nonnull carrier, const halley_limits *_Nonnull limits);
halley_carrier_gauges halley_carrier_read_gauges(const halley_carrier *_Nonnull carrier);

/* Listens on a numeric IPv4 or IPv6 address or a host name (its first address); port 0 lets the kernel choose.
 * Returns the port, or -errno, or -EADDRNOTAVAIL for a name without an address. Backlog 4096, TCP_NODELAY. */
int halley_carrier_listen(halley_carrier *_Nonnull carrier, const char *_Nonnull host, uint16_t port, int reuse_port);
/* Closes the listeners and the idle connections; requests in work may still be answered. */
void halley_carrier_stop_accepting(halley_carrier *_Nonnull carrier);
/* A detached connection has ended: it no longer counts against the limit. */
void halley_carrier_released(halley_carrier *_Nonnull carrier);

/* Answers the exchange in work with a whole response and ends it; `close` ends the connection too, lingering.
 * `body` is copied only if the kernel does not take it at once, and not even then if `owner` is given: then the owner
 * is retained for as long as the bytes are needed. The guard may be gone when this returns. */
void halley_guard_reply(halley_guard *_Nonnull guard, const void *_Nonnull head, size_t head_count,
                        const void *_Nullable body, size_t body_count, void *_Nullable owner, int close);
/* Sends a piece of a response that goes on. Returns the number of bytes queued in this process afterwards; if it is
 * not 0, `drained` follows, unless the connection ends first. */
size_t halley_guard_stream(halley_guard *_Nonnull guard, const void *_Nonnull first, size_t first_count,
                           const void *_Nullable second, size_t second_count);
/* Sends `count` bytes of a file from `offset` on as part of a response that goes on, without a copy where the file
 * system allows it, and a bounded part in each turn of the loop. `owner`, which keeps the descriptor open, is retained
 * for as long. Returns 0 when the kernel has taken all of it; otherwise `drained` follows, unless the connection ends
 * first, as it does when the file is shorter or cannot be read. Nothing may be streamed before that. */
size_t halley_guard_send_file(halley_guard *_Nonnull guard, int file, int64_t offset, size_t count,
                              void *_Nonnull owner);
/* Ends a response begun with halley_guard_stream once everything is drained. The guard may be gone on return. */
void halley_guard_end(halley_guard *_Nonnull guard, int close);
/* Watches the peer of an exchange in work without reading on: its end of input or a reset finishes it as gone. */
void halley_guard_hold(halley_guard *_Nonnull guard);
/* Ends the connection at once; the exchange is finished as gone before this returns. */
void halley_guard_abort(halley_guard *_Nonnull guard);
/* Takes the socket of an exchange in work away from evhttp. On success returns the descriptor, non-blocking, which the
 * caller owns; the guard is gone without a call of `finished`; `*rest` (to be freed with free()) holds `*rest_count`
 * input bytes that followed the request. On failure returns -errno: -ECONNABORTED means that the connection is gone
 * (`finished` was called); after any other the guard is as before and the caller answers 503. */
int halley_guard_detach(halley_guard *_Nonnull guard, uint8_t *_Nullable *_Nonnull rest, size_t *_Nonnull rest_count);
/* The peer's numeric address without the port, as long as the guard lives. */
const char *_Nonnull halley_guard_peer(halley_guard *_Nonnull guard);

/* Routes libevent's own messages (process-wide) to `log`; NULL restores standard error. `severity` is 0 debug, 1
 * message, 2 warning, 3 error. A fatal error of libevent is logged and then ends the process, as libevent demands. */
void halley_log_to(void (*_Nullable log)(int severity, const char *_Nonnull message));
/* Seconds since 1970 by the wall clock, at a resolution of some milliseconds. */
int64_t halley_wall_seconds(void);
