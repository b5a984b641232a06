// Runs in the page that reloads itself (the Refresh field): reads what is new since the cursor in its address, at once,
// and hands it to the page around it. The next address was written before this was read, so a message may come again;
// none is missed.
const query = new URLSearchParams(location.search);
const name = "galleryNews";
window[name] = (answer) => parent.postMessage({ kind: "refresh", answer }, location.origin);
const script = document.createElement("script");
script.src = `/gallery/feed?callback=${name}&hold=0&cursor=${encodeURIComponent(query.get("cursor") ?? "")}`;
document.head.append(script);
