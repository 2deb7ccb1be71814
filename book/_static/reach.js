// What the theme's buttons do, and what a keyboard needs. Boxes that scroll sideways can be reached and scrolled by keyboard; those that
// have nothing to scroll are no stop.
document.addEventListener("DOMContentLoaded", () => {
  // The theme writes these handlers as attributes, which the pages' content security policy does not run.
  document.querySelector(".btn-fullscreen-button")?.addEventListener("click", () => toggleFullScreen());
  document.querySelector(".btn-download-pdf-button")?.addEventListener("click", () => print());

  // The theme takes the focus from a button that is pressed, so that a dialog which it opens cannot give it back.
  for (const button of document.querySelectorAll(".theme-switch-button, .search-button, .sidebar-toggle")) button.blur = () => {};

  const BOXES = ".zr-table-box, .bd-article table:not(.zr-table), .bd-article mjx-container[display], .bd-article div.math";
  // The page changes its size when the window does, when equations are set and when code is unfolded.
  new ResizeObserver(() => requestAnimationFrame(() => {
    const boxes = [...document.querySelectorAll(BOXES)];
    const scrolls = boxes.map((box) => getComputedStyle(box).overflowX !== "visible" && box.scrollWidth > box.clientWidth);
    boxes.forEach((box, i) => scrolls[i] ? box.setAttribute("tabindex", 0) : box.removeAttribute("tabindex"));
  })).observe(document.querySelector("main"));
});
