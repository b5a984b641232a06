#define _GNU_SOURCE
#include "carrier_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel caps this at net.core.somaxconn. */
enum { BACKLOG = 4096 };

void halley_carrier_report(struct halley_carrier *carrier, halley_event event, int number) {
  uint64_t now = halley_milliseconds();
  uint64_t *last = &carrier->logged[event];
  if (*last != 0 && now - *last < 1000) return;
  *last = now;
  carrier->hooks.log(carrier->hooks.context, event, number);
}

static void arm_retry(struct halley_carrier *carrier) {
  uint32_t wait = carrier->limits.accept_retry;
  struct timeval delay = {wait / 1000, (suseconds_t)(wait % 1000) * 1000};
  event_add(&carrier->retry, &delay);
}

/* One place decides whether we accept: below the limit, with descriptors to accept with and a guard to give. */
void halley_carrier_update_listeners(struct halley_carrier *carrier) {
  if (!carrier->spare && !carrier->stopped) {
    carrier->spare = calloc(1, sizeof *carrier->spare);
    if (!carrier->spare) {
      halley_carrier_report(carrier, HALLEY_EVENT_NO_MEMORY, ENOMEM);
      arm_retry(carrier);
    }
  }
  int listen = !carrier->stopped && !carrier->starved && carrier->spare &&
               carrier->gauges.connections < carrier->limits.connections;
  if (listen == carrier->listening) return;
  carrier->listening = (uint8_t)listen;
  for (halley_port *port = carrier->ports; port; port = port->next) {
    struct evconnlistener *listener = evhttp_bound_socket_get_listener(port->bound);
    if (listen)
      evconnlistener_enable(listener);
    else
      evconnlistener_disable(listener);
  }
}

/* The error callback of a listener is given evhttp's object, which knows nothing of ours: find the carrier by it. Only
 * used when accept fails, so a list of the process's few carriers behind a lock will do. */
static pthread_mutex_t register_lock = PTHREAD_MUTEX_INITIALIZER;
static struct halley_carrier *registered;

void halley_carrier_register(struct halley_carrier *carrier) {
  pthread_mutex_lock(&register_lock);
  carrier->next_registered = registered;
  registered = carrier;
  pthread_mutex_unlock(&register_lock);
}

void halley_carrier_unregister(struct halley_carrier *carrier) {
  pthread_mutex_lock(&register_lock);
  struct halley_carrier **link = &registered;
  while (*link && *link != carrier) link = &(*link)->next_registered;
  if (*link) *link = carrier->next_registered;
  pthread_mutex_unlock(&register_lock);
}

static struct halley_carrier *carrier_of(const struct evhttp *http) {
  pthread_mutex_lock(&register_lock);
  struct halley_carrier *carrier = registered;
  while (carrier && carrier->http != http) carrier = carrier->next_registered;
  pthread_mutex_unlock(&register_lock);
  return carrier;
}

/* Without descriptors the listener would stay readable and spin. The spare descriptor is given up to take one
 * connection off the queue and close it, so that its client learns at once; then nobody is accepted for a while. */
static void accept_failed(struct evconnlistener *listener, void *http) {
  int number = errno;
  struct halley_carrier *carrier = carrier_of(http);
  if (!carrier) return;
  if (carrier->spare_fd >= 0 && (number == EMFILE || number == ENFILE)) {
    close(carrier->spare_fd);
    int fd = accept4(evconnlistener_get_fd(listener), NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) close(fd);
    carrier->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  halley_carrier_report(carrier, HALLEY_EVENT_NO_DESCRIPTORS, number);
  carrier->starved = 1;
  halley_carrier_update_listeners(carrier);
  arm_retry(carrier);
}

/* A peer that has vanished without a word: what it does not acknowledge in this time ends the connection. A stream that
 * only writes notices it by nothing else before the kernel's quarter of an hour. */
static int set_patience(int fd, uint32_t patience) {
  return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
}

void halley_carrier_renew_patience(struct halley_carrier *carrier) {
  for (const halley_port *port = carrier->ports; port; port = port->next)
    set_patience(evhttp_bound_socket_get_fd(port->bound), carrier->limits.patience);
}

/* A listening socket, or -errno. */
static int open_socket(const struct addrinfo *address, int reuse_port, uint32_t patience) {
  int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return -errno;
  int on = 1;
  int failed = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0;
  /* Accepted sockets inherit it on Linux. */
  failed |= setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0;
  failed |= set_patience(fd, patience) < 0;
  if (reuse_port) failed |= setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0;
  /* `::` means IPv6 and nothing else, so that a peer's address has one spelling. */
  if (address->ai_family == AF_INET6) failed |= setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0;
  failed = failed || bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0;
  if (!failed) return fd;
  int number = errno;
  close(fd);
  return -number;
}

static int port_of(int fd) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &size) < 0) return -errno;
  if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

int halley_carrier_listen(halley_carrier *carrier, const char *host, uint16_t number, int reuse_port) {
  char service[8];
  snprintf(service, sizeof service, "%u", number);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;
  if (getaddrinfo(host, service, &hints, &found) != 0) return -EADDRNOTAVAIL;
  const struct addrinfo *address = found;
  while (address && address->ai_family != AF_INET && address->ai_family != AF_INET6) address = address->ai_next;
  int fd = address ? open_socket(address, reuse_port, carrier->limits.patience) : -EADDRNOTAVAIL;
  freeaddrinfo(found);
  if (fd < 0) return fd;
  int actual = port_of(fd);
  halley_port *port = actual < 0 ? NULL : calloc(1, sizeof *port);
  /* Backlog 0: the socket listens already. */
  struct evconnlistener *listener =
      port ? evconnlistener_new(carrier->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd) : NULL;
  struct evhttp_bound_socket *bound = listener ? evhttp_bind_listener(carrier->http, listener) : NULL;
  if (!bound) {
    free(port);
    if (listener)
      evconnlistener_free(listener);
    else
      close(fd);
    return actual < 0 ? actual : -ENOMEM;
  }
  evconnlistener_set_error_cb(listener, accept_failed);
  port->bound = bound;
  port->next = carrier->ports;
  carrier->ports = port;
  /* evhttp_bind_listener enables it; bring it into line with the others. */
  carrier->stopped = 0;
  carrier->listening = 1;
  halley_carrier_update_listeners(carrier);
  if (!carrier->listening) evconnlistener_disable(listener);
  return actual;
}

void halley_carrier_close_ports(struct halley_carrier *carrier) {
  carrier->listening = 0;
  while (carrier->ports) {
    halley_port *port = carrier->ports;
    carrier->ports = port->next;
    evhttp_del_accept_socket(carrier->http, port->bound);
    free(port);
  }
}
