/* The keys of a matrix: one tab stop, arrows, Home and End, Ctrl+Home and Ctrl+End; n and p go to what is wrong next.
   Enter opens, as on every link. Without this script each cell is a link by itself. */
(function () {
  "use strict";

  const table = document.querySelector("[data-matrix]");
  if (!table) return;
  const here = document.querySelector("[data-matrix-here]");
  /* By row its links, the name of the row first where it is one: it lies left of the first car. */
  const lines = [...table.tBodies[0].rows]
    .filter((row) => row.querySelector("td > a"))
    .map((row) => [row.querySelector("th a"), ...row.querySelectorAll("td > a")]);
  if (!lines.length) return;

  const place = new Map();
  lines.forEach((cells, row) => cells.forEach((cell, column) => {
    if (!cell) return;
    cell.tabIndex = -1;
    place.set(cell, [row, column]);
  }));
  const wrong = [...table.querySelectorAll("a[data-wrong]")];
  let stop = wrong[0] || lines[0][1];
  stop.tabIndex = 0;
  table.setAttribute("role", "grid");

  function say(cell) {
    if (!here) return;
    here.hidden = false;
    here.textContent = cell.getAttribute("aria-label") || cell.textContent;
  }

  function go(cell) {
    if (!cell) return;
    stop.tabIndex = -1;
    stop = cell;
    stop.tabIndex = 0;
    stop.focus();
    stop.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  const at = (row, column) => lines[row] && lines[row][column];
  const nextWrong = (cell, back) => {
    const [row, column] = place.get(cell);
    const later = wrong.filter((other) => {
      const [otherRow, otherColumn] = place.get(other);
      const by = otherRow - row || otherColumn - column;
      return back ? by < 0 : by > 0;
    });
    return back ? later[later.length - 1] : later[0];
  };

  table.addEventListener("focusin", (event) => {
    if (!place.has(event.target)) return;
    if (event.target !== stop) {
      stop.tabIndex = -1;
      stop = event.target;
      stop.tabIndex = 0;
    }
    say(stop);
  });

  table.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (!place.has(cell) || event.altKey || event.metaKey || event.shiftKey) return;
    const [row, column] = place.get(cell);
    const last = lines[row].length - 1;
    const moves = {
      ArrowRight: () => at(row, column + 1),
      ArrowLeft: () => at(row, column - 1),
      ArrowDown: () => at(row + 1, column),
      ArrowUp: () => at(row - 1, column),
      Home: () => (event.ctrlKey ? at(0, 1) : at(row, 1)),
      End: () => (event.ctrlKey ? at(lines.length - 1, last) : at(row, last)),
    };
    let move = moves[event.key];
    if (move && event.ctrlKey && !["Home", "End"].includes(event.key)) return;
    if (!move && !event.ctrlKey && document.documentElement.dataset.keys !== "off") {
      if (event.key === "n") move = () => nextWrong(cell, false);
      if (event.key === "p") move = () => nextWrong(cell, true);
    }
    if (!move) return;
    event.preventDefault();
    go(move());
  });
})();
