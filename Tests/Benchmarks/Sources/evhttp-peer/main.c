// evhttp as it is, answering one GET: what a plain request through Halley is compared with.
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdlib.h>

static void answer(struct evhttp_request *request, void *unused) {
  (void)unused;
  struct evbuffer *body = evbuffer_new();
  if (!body) return;
  evbuffer_add(body, "hello", 5);
  evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "text/plain; charset=utf-8");
  evhttp_send_reply(request, 200, "OK", body);
  evbuffer_free(body);
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  struct event_base *base = event_base_new();
  struct evhttp *http = base ? evhttp_new(base) : NULL;
  if (!http || count < 2 || evhttp_bind_socket(http, "127.0.0.1", (unsigned short)atoi(arguments[1]))) return 1;
  evhttp_set_gencb(http, answer, NULL);
  return event_base_dispatch(base);
}
