// The floor: WebSocket echo and fan-out on raw libevent events, with nothing else. No limits, no deadlines, no queues;
// it exists so that processor time can be given as a ratio measured in the same run on the same machine.
// Routes: /echo, /async (the same), /sub (WebSocket), /sse (event stream), /pub (publishes to both).
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum kind { HEAD, ECHO, PUBLISH, FRAMES, EVENTS };

struct connection {
  struct event event;
  int fd;
  enum kind kind;
  int slot;              // among the subscribers of its kind
  unsigned char *kept;   // the beginning of a frame that is not complete
  size_t kept_size;
};

struct channel {
  struct connection **subscribers;
  int count, capacity;
  unsigned char run[1 << 16];  // what was published in this turn, encoded
  size_t size;
};

static struct event_base *base;
static struct event flush;
static int flushing;
static unsigned char input[1 << 20], cork[1 << 20];
static struct channel frames, events;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void send_whole(int fd, const void *bytes, size_t size) {
  // A socket that does not take everything has no place in a floor.
  if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) fail("short send");
}

static void join(struct channel *channel, struct connection *connection) {
  if (channel->count == channel->capacity) {
    channel->capacity = channel->capacity ? channel->capacity * 2 : 64;
    channel->subscribers = realloc(channel->subscribers, (size_t)channel->capacity * sizeof *channel->subscribers);
    if (!channel->subscribers) fail("realloc");
  }
  connection->slot = channel->count;
  channel->subscribers[channel->count++] = connection;
}

static void leave(struct channel *channel, struct connection *connection) {
  struct connection *last = channel->subscribers[--channel->count];
  channel->subscribers[connection->slot] = last;
  last->slot = connection->slot;
}

static void end(struct connection *connection) {
  if (connection->kind == FRAMES) leave(&frames, connection);
  if (connection->kind == EVENTS) leave(&events, connection);
  event_del(&connection->event);
  close(connection->fd);
  free(connection->kept);
  free(connection);
}

static void deliver(struct channel *channel) {
  for (int i = 0; i < channel->count; i++) send_whole(channel->subscribers[i]->fd, channel->run, channel->size);
  channel->size = 0;
}

static void end_of_turn(evutil_socket_t fd, short what, void *unused) {
  (void)fd, (void)what, (void)unused;
  flushing = 0;
  if (frames.size) deliver(&frames);
  if (events.size) deliver(&events);
}

static size_t write_frame(unsigned char *out, unsigned char first, const unsigned char *payload, size_t size) {
  size_t head = 2;
  out[0] = first;
  if (size < 126) {
    out[1] = (unsigned char)size;
  } else {
    out[1] = 126, out[2] = (unsigned char)(size >> 8), out[3] = (unsigned char)size;
    head = 4;
  }
  memcpy(out + head, payload, size);
  return head + size;
}

static void publish(const unsigned char *payload, size_t size) {
  if (frames.size + size + 16 > sizeof frames.run || events.size + size + 32 > sizeof events.run) end_of_turn(0, 0, NULL);
  frames.size += write_frame(frames.run + frames.size, 0x81, payload, size);
  events.size += (size_t)sprintf(
      (char *)events.run + events.size, "%zx\r\ndata: %.*s\n\n\r\n", size + 8, (int)size, (const char *)payload);
  if (!flushing) {
    flushing = 1;
    event_active(&flush, EV_READ, 0);
  }
}

// Handles the whole frames among `size` bytes; returns where the first incomplete one begins.
static size_t read_frames(struct connection *connection, unsigned char *bytes, size_t size, size_t *corked) {
  size_t at = 0;
  while (size - at >= 6) {
    size_t length = bytes[at + 1] & 127, head = 6;
    if (length == 126) {
      length = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
      head = 8;
    } else if (length == 127) {
      return size;
    }
    if (size - at < head + length) break;
    unsigned char *mask = bytes + at + head - 4, *payload = bytes + at + head;
    uint32_t word;
    memcpy(&word, mask, 4);
    uint64_t wide = (uint64_t)word << 32 | word, block;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
      memcpy(&block, payload + i, 8);
      block ^= wide;
      memcpy(payload + i, &block, 8);
    }
    for (; i < length; i++) payload[i] ^= mask[i & 3];
    if (connection->kind == ECHO) *corked += write_frame(cork + *corked, bytes[at], payload, length);
    if (connection->kind == PUBLISH) publish(payload, length);
    at += head + length;
  }
  return at;
}

static void upgrade(struct connection *connection, const char *head) {
  // The generator's key is a constant, so its accept value is one too.
  static const char upgraded[] =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  static const char stream[] =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
      "Transfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n";
  if (!strncmp(head, "GET /sse ", 9)) {
    send_whole(connection->fd, stream, sizeof stream - 1);
    connection->kind = EVENTS;
    join(&events, connection);
    return;
  }
  connection->kind = ECHO;
  if (!strncmp(head, "GET /pub ", 9)) connection->kind = PUBLISH;
  send_whole(connection->fd, upgraded, sizeof upgraded - 1);
  if (!strncmp(head, "GET /sub ", 9)) {
    connection->kind = FRAMES;
    join(&frames, connection);
  }
}

static void readable(evutil_socket_t fd, short what, void *argument) {
  (void)what;
  struct connection *connection = argument;
  size_t kept = connection->kept_size, used = 0, corked = 0;
  if (kept) memcpy(input, connection->kept, kept);
  ssize_t got = recv(fd, input + kept, sizeof input - kept - 1, 0);
  if (got <= 0) return end(connection);
  size_t size = kept + (size_t)got;
  if (connection->kind == HEAD) {
    input[size] = 0;
    char *blank = strstr((char *)input, "\r\n\r\n");
    if (blank) {
      upgrade(connection, (char *)input);
      used = (size_t)(blank + 4 - (char *)input);
    }
  }
  if (connection->kind != HEAD) used += read_frames(connection, input + used, size - used, &corked);
  if (corked) send_whole(fd, cork, corked);
  if (used == size && !kept) return;
  free(connection->kept);
  connection->kept = NULL;
  connection->kept_size = size - used;
  if (used < size) {
    connection->kept = malloc(size - used);
    if (!connection->kept) fail("malloc");
    memcpy(connection->kept, input + used, size - used);
  }
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int n, void *unused) {
  (void)listener, (void)peer, (void)n, (void)unused;
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct connection *connection = calloc(1, sizeof *connection);
  if (!connection) fail("calloc");
  connection->fd = fd;
  event_assign(&connection->event, base, fd, EV_READ | EV_PERSIST, readable, connection);
  event_add(&connection->event, NULL);
}

int main(int count, char **arguments) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (count < 2) return 2;
  address.sin_port = htons((uint16_t)atoi(arguments[1]));
  signal(SIGPIPE, SIG_IGN);
  base = event_base_new();
  if (!base) return 1;
  event_assign(&flush, base, -1, 0, end_of_turn, NULL);
  unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
  if (!evconnlistener_new_bind(base, accepted, NULL, flags, 4096, (struct sockaddr *)&address, sizeof address)) fail("bind");
  return event_base_dispatch(base);
}
