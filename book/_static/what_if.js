// The calculator of class zr-what-if: what a change in final demand for one good does to every sector. Its numbers are
// in the page, so that it works from disk too. Without scripts the page keeps the sentence that stands in its place.
document.addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll(".zr-what-if")) {
    const data = JSON.parse(place.querySelector("script").textContent);
    const SHOWN = 10;

    const box = element("div", { className: "zr-what-if-box" });
    const controls = element("fieldset");
    controls.append(element("legend", { textContent: data.caption }));
    const sector = element("select", { id: `${data.id}-sector` });
    sector.append(...data.sectors.map((name, i) => new Option(name, i)));
    const change = element("input", { id: `${data.id}-change`, type: "number", min: -data.limit, max: data.limit, step: 1, value: 100 });
    change.setAttribute("aria-describedby", `${data.id}-summary`);
    const all = element("input", { id: `${data.id}-all`, type: "checkbox" });
    controls.append(
      labelled(sector, "Sector whose final demand changes"),
      labelled(change, `Change, up or down (in ${data.unit})`),
      labelled(all, `List all ${data.sectors.length} sectors`),
    );
    const summary = element("p", { id: `${data.id}-summary` });
    summary.setAttribute("role", "status");
    const scroll = element("div", { className: "zr-table-box" });
    box.append(controls, summary, scroll);
    place.append(box);
    place.classList.add("zr-live");
    for (const control of [sector, change, all]) control.addEventListener("input", show);
    show();

    function show() {
      const valid = change.value !== "" && change.checkValidity();
      change.setAttribute("aria-invalid", String(!valid));
      scroll.hidden = !valid;
      if (!valid) {
        summary.textContent = `Nothing computed: enter a whole number from ${text(-data.limit, 0)} to ${text(data.limit, 0)}.`;
        return;
      }
      const size = Number(change.value);
      const output = data.effects[sector.value].map((effect) => effect * size);
      const effects = data.measures.map((measure) => output.map((value, i) => measure.per_output[i] * value));
      const order = data.sectors.map((_, i) => i).sort((a, b) => Math.abs(effects[0][b]) - Math.abs(effects[0][a]));
      const listed = all.checked ? order : order.slice(0, SHOWN);
      const rest = order.slice(listed.length);
      const part = order.filter((i) => data.part[i]);
      const totals = effects.map((column) => sum(column, order));
      const shares = effects.map((column, k) => totals[k] === 0 ? "–" : text(100 * sum(column, part) / totals[k], 1));
      const written = (rows) => effects.map((column, k) => text(sum(column, rows), data.measures[k].digits));

      const what = `Final demand for ${data.sectors[sector.value]}: change of ${text(size, 0)} (${data.unit})`;
      summary.textContent = `${what}. In all sectors: `
        + data.measures.map((m, k) => `${m.name.toLowerCase()} ${written(order)[k]} (${m.unit}), ${data.part_name} ${shares[k]} percent of it`).join("; ") + ".";
      const table = element("table", { className: "table zr-table" });
      table.append(element("caption", { textContent: `${what}; largest effects first` }));
      row(table.createTHead(), "col", ["Sector", ...data.measures.map((m) => `${m.name} (${m.unit})`)]);
      const body = table.createTBody();
      row(body, "row", ["All sectors", ...written(order)]);
      row(body, "row", [`of which ${data.part_name}`, ...written(part)]);
      row(body, "row", ["share, percent", ...shares]);
      for (const i of listed) row(body, "row", [data.sectors[i], ...written([i])]);
      if (rest.length) row(body, "row", [`${rest.length} other sectors`, ...written(rest)]);
      scroll.replaceChildren(table);
    }
    function row(section, scope, cells) {
      const line = section.insertRow();
      cells.forEach((cell, column) => {
        const head = scope === "col" || column === 0;
        const found = element(head ? "th" : "td", { textContent: cell, className: column ? "zr-right" : "zr-left" });
        if (head) found.setAttribute("scope", scope);
        line.append(found);
      });
    }
  }
  function sum(column, rows) {
    return rows.reduce((total, i) => total + column[i], 0);
  }
  function text(value, digits) {
    // A minus sign, and none before zero.
    return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace(/^-(0(\.0*)?)$/, "$1").replace("-", "\u2212");
  }
  function labelled(control, words) {
    const label = element("label", { htmlFor: control.id, textContent: words });
    const line = element("div");
    line.append(...(control.type === "checkbox" ? [control, label] : [label, control]));
    return line;
  }
  function element(name, properties = {}) {
    return Object.assign(document.createElement(name), properties);
  }
});
