// The browser's position, throttled: at most one message in two seconds, at least one in twenty.

const least = 2000;
const most = 20_000;

export class LocationSharing {
  #send;
  #tell;
  #watch = null;
  #timer = 0;
  #latest = null;
  #sentAt = 0;

  /// `send({ lat, lon })` for each position to publish; `tell(text)` when there is something to say, or "" when not.
  constructor(send, tell) {
    this.#send = send;
    this.#tell = tell;
  }

  get active() {
    return this.#watch !== null;
  }

  start() {
    if (this.active) return;
    if (!("geolocation" in navigator)) {
      this.#tell("This browser knows no position, or the page was not loaded over HTTPS. You still see the others.");
      return;
    }
    this.#tell("");
    this.#watch = navigator.geolocation.watchPosition(
      ({ coords }) => this.#found(coords),
      (error) => this.#failed(error),
      { enableHighAccuracy: true, maximumAge: 5000, timeout: 30_000 },
    );
  }

  stop() {
    if (this.#watch !== null) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = null;
    this.#latest = null;
    clearTimeout(this.#timer);
  }

  /// Publishes again at once, such as after a change of name.
  repeat() {
    if (this.#latest) this.#publish();
  }

  #found({ latitude, longitude }) {
    this.#tell("");
    this.#latest = { lat: round(latitude), lon: round(longitude) };
    this.#schedule(Math.max(0, this.#sentAt + least - performance.now()));
  }

  #failed({ code }) {
    if (code === GeolocationPositionError.PERMISSION_DENIED) {
      this.stop();
      this.#tell("You have not allowed this page to know your position. You still see everybody else.");
    } else {
      this.#tell("Your position is not known right now; it is sent as soon as it is.");
    }
  }

  #schedule(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#publish(), delay);
  }

  #publish() {
    this.#sentAt = performance.now();
    this.#send(this.#latest);
    this.#schedule(most); // who stands still is still here
  }
}

/// About a metre: more digits would pretend.
const round = (degrees) => Math.round(degrees * 1e5) / 1e5;
