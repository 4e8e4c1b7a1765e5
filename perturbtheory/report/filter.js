(() => {
  "use strict";
  const form = document.querySelector("form.filters");
  const rows = [...document.querySelectorAll("#claims tbody tr")];
  const count = form.querySelector("output");

  const apply = () => {
    const chosen = new FormData(form);
    const [verdict, paper] = [chosen.get("verdict"), chosen.get("paper")];
    let shown = 0;
    for (const row of rows) {
      const { verdict: v, paper: p } = row.dataset;
      row.hidden = Boolean((verdict && v !== verdict) || (paper && p !== paper));
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length} claims shown.`;
  };

  const fold = document.getElementById("fold");
  const evidence = [...document.querySelectorAll("details.evidence")];
  const open = (yes) => evidence.forEach((element) => { element.open = yes; });
  fold.addEventListener("click", () => {
    const folded = fold.getAttribute("aria-pressed") !== "true";
    fold.setAttribute("aria-pressed", String(folded));
    open(!folded);
  });
  window.addEventListener("beforeprint", () => open(true));

  const graph = document.querySelector(".graph svg");
  const light = (target) => {
    const id = target?.closest("a")?.getAttribute("href").slice(1);
    graph.classList.toggle("pointed", Boolean(id));
    for (const { classList, dataset } of graph.querySelectorAll("path")) {
      classList.toggle("lit", dataset.claim === id || dataset.on === id);
    }
  };
  for (const event of ["pointerover", "focusin"]) graph?.addEventListener(event, (e) => light(e.target));
  for (const event of ["pointerleave", "focusout"]) graph?.addEventListener(event, () => light());

  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
