"use strict";
(() => {
  const form = document.querySelector(".filters");
  const claims = Array.from(document.querySelectorAll("tbody.claim"));
  const counts = Array.from(document.querySelectorAll("button.count"));
  const at = (name) => document.getElementById(name);
  const text = new Map();
  const words = (claim) => {
    if (!text.has(claim)) {
      const parts = [claim.querySelector(".row"), claim.querySelector("summary")];
      text.set(claim, parts.map((part) => part.textContent).join(" ").toLowerCase());
    }
    return text.get(claim);
  };
  const filter = () => {
    const wanted = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const suite = at("suite").value, verdict = at("verdict").value, odd = at("unexpected").checked;
    let shown = 0;
    for (const claim of claims) {
      const fits = (!suite || claim.dataset.suite === suite)
        && (!verdict || claim.dataset.verdict === verdict)
        && (!odd || claim.dataset.unexpected === "yes")
        && wanted.every((word) => words(claim).includes(word));
      claim.hidden = !fits;
      if (fits) shown += 1;
    }
    for (const button of counts) {
      button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
    }
    at("shown").textContent = shown === claims.length ? "" : shown + " of " + claims.length + " shown";
  };
  for (const button of counts) {
    button.addEventListener("click", () => {
      const select = at("verdict");
      select.value = select.value === button.dataset.verdict ? "" : button.dataset.verdict;
      filter();
    });
  }
  for (const claim of claims) {
    claim.querySelector(".row").addEventListener("click", () => {
      if (String(window.getSelection())) return;
      const details = claim.querySelector("details");
      details.open = !details.open;
    });
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = false;
  filter();
})();
