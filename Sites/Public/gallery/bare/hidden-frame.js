/// An iframe that nobody sees, with the name of nobody; it goes when its line is over, and its request with it.
export function hiddenFrame(line, address) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "Carries messages";
  frame.src = address;
  document.body.append(frame);
  line.onOver(() => frame.remove());
  return frame;
}
