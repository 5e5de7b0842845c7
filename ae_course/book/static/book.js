// What the book does beyond links: explanations of words, larger figures, scrolling by keyboard.
// Everything is there without it, too: the explanation is the link's title.
"use strict";

// A word of the glossary explains itself when pointed at or reached with Tab; Escape hides it.
function explainTerms() {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.id = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  const hide = () => { tip.hidden = true; };
  const show = (link) => {
    tip.textContent = link.dataset.tip;
    tip.hidden = false;
    const at = link.getClientRects()[0];
    const left = Math.min(at.left, document.documentElement.clientWidth - tip.offsetWidth - 16);
    const above = at.bottom + tip.offsetHeight + 8 > innerHeight;
    tip.style.left = `${Math.max(16, left) + scrollX}px`;
    tip.style.top = `${(above ? at.top - tip.offsetHeight - 6 : at.bottom + 6) + scrollY}px`;
  };
  for (const link of document.querySelectorAll("a.term[title]")) {
    link.dataset.tip = link.title;
    link.removeAttribute("title");
    link.setAttribute("aria-describedby", "tip");
    link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(link));
    link.addEventListener("pointerleave", hide);
    link.addEventListener("focus", () => show(link));
    link.addEventListener("blur", hide);
  }
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
}

// A figure opens over the whole page.
function enlargeFigures() {
  const dialog = document.createElement("dialog");
  dialog.className = "zoomed";
  dialog.setAttribute("aria-label", "Figure, enlarged");
  const caption = document.createElement("p");
  dialog.append(new Image(), caption);
  dialog.addEventListener("click", () => dialog.close());
  // Sphinx takes Escape for itself, on the document.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  for (const image of document.querySelectorAll("div.cell_output > img, div.front img")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "zoom";
    button.title = "Enlarge";
    image.replaceWith(button);
    button.append(image);
    button.addEventListener("click", () => {
      dialog.firstChild.src = image.src;
      dialog.firstChild.alt = "";
      caption.textContent = image.alt;
      dialog.showModal();
    });
  }
}

// What scrolls sideways in its box can be scrolled with the arrow keys.
function reachScrollers() {
  const boxes = document.querySelectorAll("article pre, .table-wrapper, .math-wrapper, .text_html");
  for (const box of boxes) {
    if (box.scrollWidth > box.clientWidth + 1) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Scrolls sideways");
    } else if (box.getAttribute("role") === "group") {
      box.removeAttribute("tabindex");
      box.removeAttribute("role");
      box.removeAttribute("aria-label");
    }
  }
}

// The theme does not name its two side columns.
function nameColumns() {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Lessons");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
}

nameColumns();
explainTerms();
enlargeFigures();
reachScrollers();
addEventListener("load", reachScrollers);
addEventListener("resize", reachScrollers);
document.addEventListener("toggle", reachScrollers, true);
