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

  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
