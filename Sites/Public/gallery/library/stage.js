// A page with nothing but the client, as every site of this server is offered it; the page around it does the rest.

import { Halley, HalleySocket } from "/_halley/halley.mjs";

Object.assign(window, { Halley, HalleySocket });
