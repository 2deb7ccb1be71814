// Values on hover: the row of a figure's data that is drawn under the pointer. The numbers are in the page, so that it works from disk too.
// Without scripts the figure is whole, and the link to its data below it gives the same numbers, to the keyboard as well.
document.addEventListener("DOMContentLoaded", () => {
  const NEAR = 24; // pixels
  for (const place of document.querySelectorAll(".zr-figure")) {
    const numbers = place.querySelector("script[type='application/json']");
    if (!numbers) continue;
    const data = JSON.parse(numbers.textContent);
    const tip = element("div", { className: "zr-tip", hidden: true });
    const ring = element("div", { className: "zr-ring", hidden: true });
    // What it says is in the text alternative and in the data; read out on every move it would be noise.
    tip.setAttribute("aria-hidden", "true");
    place.append(ring, tip);
    place.addEventListener("pointermove", show);
    place.addEventListener("pointerdown", show);
    place.addEventListener("pointerleave", hide);
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide());

    function hide() {
      tip.hidden = ring.hidden = true;
    }
    function show(event) {
      const image = [...place.querySelectorAll("img")].find((img) => img.offsetParent !== null);
      const box = image.getBoundingClientRect();
      let best, least = NEAR;
      for (const [x, y, row] of data.points) {
        const distance = Math.hypot(box.left + x * box.width - event.clientX, box.top + y * box.height - event.clientY);
        if (distance < least) [best, least] = [[x, y, row], distance];
      }
      if (!best) return hide();
      const [x, y, row] = best;
      tip.replaceChildren(...data.columns.flatMap((column, i) => data.rows[row][i] === "" ? [] : [line(column, data.rows[row][i])]));
      tip.hidden = ring.hidden = false;
      const frame = place.getBoundingClientRect();
      const [left, top] = [box.left - frame.left + x * box.width, box.top - frame.top + y * box.height];
      Object.assign(ring.style, { left: `${left}px`, top: `${top}px` });
      // Beside the point, on the side that has room, and never outside the figure.
      const right = left + 14 + tip.offsetWidth <= frame.width;
      Object.assign(tip.style, {
        left: `${Math.max(0, right ? left + 14 : left - 14 - tip.offsetWidth)}px`,
        top: `${Math.max(0, Math.min(top - tip.offsetHeight / 2, frame.height - tip.offsetHeight))}px`,
      });
    }
  }
  function line(column, value) {
    const result = element("div");
    result.append(element("span", { textContent: `${column} ` }), element("b", { textContent: value }));
    return result;
  }
  function element(name, properties = {}) {
    return Object.assign(document.createElement(name), properties);
  }
});
