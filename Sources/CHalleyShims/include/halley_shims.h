/* The C side of Halley: what Swift cannot say to libevent, zlib and OpenSSL. No libevent header is included here. */
#pragma once
#include <sys/select.h>
#include <stddef.h>
#include <stdint.h>
#include "halley_carrier.h"
#include "halley_deflate.h"
#include "halley_digest.h"
#include "halley_memory.h"
#include "halley_openat2.h"
#include "halley_pulse.h"
#include "halley_socket.h"
#include "halley_thread.h"
