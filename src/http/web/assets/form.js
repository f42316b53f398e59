// Checks a form while it is filled in: the gateway reads it as it would read the zone, and writes nothing.
"use strict";
for (const form of document.querySelectorAll("form[data-check]")) {
  const said = form.querySelector("[data-said]");
  const touched = new Set();
  let timer = 0;
  let turn = 0;

  const fault = (input, message) => {
    const place = document.getElementById(input.id + "-error");
    if (!place) return;
    if (place.textContent !== message) place.textContent = message;
    if (message) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };

  const say = (message) => {
    if (said && said.textContent !== message) said.textContent = message;
  };

  const check = async () => {
    const mine = ++turn;
    let found;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.check, { method: "POST", body, credentials: "same-origin" });
      if (answer.status === 401) return say("Your session has ended. What you typed is kept when you send the form.");
      if (!answer.ok) return say("");
      found = await answer.json();
    } catch {
      return say("");
    }
    // A later check is under way.
    if (mine !== turn) return;
    let wrong = 0;
    for (const input of form.elements) {
      if (!input.id || !touched.has(input.id)) continue;
      const about = found.faults.filter((one) => one.field === input.id).map((one) => one.message);
      wrong += about.length ? 1 : 0;
      fault(input, about.join(" "));
    }
    for (const place of form.querySelectorAll("[data-read]")) {
      const read = found.values.find((one) => one.field === place.dataset.read);
      place.textContent = read ? read.message : "";
    }
    say(wrong === 0 ? "" : wrong === 1 ? "1 field needs another look." : wrong + " fields need another look.");
  };

  // What was typed counts once its field is left, or when it stops for a moment.
  form.addEventListener("input", (event) => {
    touched.add(event.target.id);
    clearTimeout(timer);
    timer = setTimeout(check, 400);
  });
}
