// Lets a reader filter and sort the tables of class zr-filter. Without scripts the tables are whole.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.zr-filter")) {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    const box = document.createElement("div");
    box.className = "zr-filter-box";

    const search = document.createElement("input");
    search.type = "search";
    search.placeholder = "Filter rows";
    search.setAttribute("aria-label", "Filter rows by text");
    const choices = heads.map((head, column) => {
      if (!["Verdict", "Basis", "Kind"].includes(head.textContent.trim())) return null;
      const select = document.createElement("select");
      select.setAttribute("aria-label", `Show only this ${head.textContent.trim().toLowerCase()}`);
      const values = new Set(rows.map((row) => word(row.cells[column])));
      select.append(new Option(`${head.textContent.trim()}: all`, ""), ...[...values].sort().map((v) => new Option(v, v)));
      select.addEventListener("change", filter);
      box.append(select);
      return select;
    });
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    box.prepend(search);
    box.append(count);
    table.parentElement.before(box);
    search.addEventListener("input", filter);

    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(head, column));
    });
    filter();

    function word(cell) {
      return (cell.querySelector(".zr-mark")?.title ?? cell.textContent).trim();
    }
    // The pages set a minus sign, keyboards have a hyphen.
    function plain(text) {
      return text.replaceAll("\u2212", "-");
    }
    function filter() {
      const text = plain(search.value.trim().toLowerCase());
      let shown = 0;
      for (const row of rows) {
        const fits = plain(row.textContent.toLowerCase()).includes(text)
          && choices.every((select, column) => !select || !select.value || word(row.cells[column]) === select.value);
        row.hidden = !fits;
        shown += fits;
      }
      count.textContent = `${shown} of ${rows.length} rows`;
    }
    function sort(head, column) {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const number = (text) => parseFloat(plain(text).replace(/(\d),(\d)/g, "$1$2").replace(/^[a-z ]+/, ""));
      const keyed = rows.map((row) => ({ row, text: word(row.cells[column]) }));
      const numeric = keyed.every(({ text }) => text === "–" || text === "preface" || !isNaN(number(text)));
      keyed.sort((a, b) => numeric ? (number(a.text) || 0) - (number(b.text) || 0) : a.text.localeCompare(b.text));
      if (down) keyed.reverse();
      table.tBodies[0].append(...keyed.map(({ row }) => row));
    }
  }
});
