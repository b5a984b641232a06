/// Another origin that reaches this same server: on a machine of one's own it has two names. Empty elsewhere.
export const otherOrigin = (() => {
  const name = { localhost: "127.0.0.1", "127.0.0.1": "localhost" }[location.hostname];
  return name ? `${location.protocol}//${name}${location.port && `:${location.port}`}` : "";
})();
