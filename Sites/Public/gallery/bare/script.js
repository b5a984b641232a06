// JSONP: a script element asks, and the answer is a call of the function it named. Scripts may come from any origin.

let scripts = 0;

/// `origin` is another one; a held script cannot be aborted, so its hold is short.
export const scriptPoll = (origin) => async (line) => {
  const name = `gallery_${(scripts += 1)}`;
  const script = document.createElement("script");
  const hold = line.cursor ? 5 : 0;
  script.src = line.get({ transport: "jsonp", callback: name, hold }, { origin });
  const loaded = new Promise((resolve, reject) => {
    window[name] = (answer) => {
      line.unseenHead("jsonp");
      line.hear(JSON.stringify(answer), () => line.answer(answer), `/**/${name}();`.length);
    };
    script.onload = resolve;
    script.onerror = () => reject(new Error("no answer"));
  });
  document.head.append(script);
  try {
    await loaded;
  } finally {
    script.remove();
    delete window[name];
  }
};
