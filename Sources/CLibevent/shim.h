/* <sys/select.h> comes first: Debian's event-config.h defines _GNU_SOURCE in mid-header, which would otherwise give
 * fd_set another layout name than Swift's Glibc module has, and a clean build would fail. */
#include <sys/select.h>
#include <sys/eventfd.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
