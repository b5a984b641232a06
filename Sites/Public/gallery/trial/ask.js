// Single requests for the demonstrations.

/// Text, JSON if it is some, and status of one answer; a refusal is an answer too.
export async function ask(address, options = {}) {
  const answer = await fetch(address, { cache: "no-store", ...options });
  const text = await answer.text();
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    // Not every answer is JSON.
  }
  return { status: answer.status, headers: answer.headers, text, json };
}

/// How a browser lets a request to another origin end: the answer, or "refused by the browser".
export async function outcome(address, options) {
  try {
    return `answered ${(await ask(address, options)).status}`;
  } catch {
    return "refused by the browser";
  }
}

let scripts = 0;

/// One answer by a script element.
export function script(address, parameter = "callback") {
  return new Promise((resolve, reject) => {
    const name = `gallery_call_${(scripts += 1)}`;
    const url = new URL(address, location.href);
    url.searchParams.set(parameter, name);
    const node = document.createElement("script");
    const settle = (how, value) => {
      delete window[name];
      node.remove();
      how(value);
    };
    window[name] = (value) => settle(resolve, value);
    node.onerror = () => settle(reject, new Error("the script was refused"));
    node.src = url.href;
    document.head.append(node);
  });
}
