// A table that is wider than its column scrolls by itself: let the keyboard reach it, say what it is,
// and show at its edges that it goes on.
const note = document.documentElement.lang.startsWith("zh") ? "可左右捲動的表格" : "Table that scrolls sideways";

const code = document.documentElement.lang.startsWith("zh") ? "程式碼" : "Code";

let boxes = []; // in the order of the page: their numbers tell them from one another

function mark(box) {
  const more = box.scrollWidth - box.clientWidth;
  box.classList.toggle("goes-on-left", more > 1 && box.scrollLeft > 1);
  box.classList.toggle("goes-on-right", more > 1 && box.scrollLeft < more - 1);
  if (more > 1) {
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", `${note} ${boxes.indexOf(box) + 1}`);
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
  }
}

function watch() {
  document.querySelectorAll(".md-code__nav").forEach((it, at) => it.setAttribute("aria-label", `${code} ${at + 1}`));
  boxes = [...document.querySelectorAll(".md-typeset__scrollwrap, .picture")];
  for (const box of boxes) box.addEventListener("scroll", () => mark(box), { passive: true });
  const all = () => boxes.forEach(mark);
  addEventListener("resize", all);
  requestAnimationFrame(all);
}

document.addEventListener("DOMContentLoaded", () => setTimeout(watch, 0));
