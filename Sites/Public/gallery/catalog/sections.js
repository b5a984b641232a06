// The order of the page.

import { polling } from "./polling.js";
import { streaming } from "./streaming.js";
import { serverSentEvents } from "./events.js";
import { origins } from "./origins.js";
import { webSocket } from "./websocket.js";
import { others } from "./others.js";
import { behaviours } from "./behaviours.js";
import { systems } from "./systems.js";

export const sections = [polling, streaming, serverSentEvents, origins, webSocket, others, behaviours, systems];
