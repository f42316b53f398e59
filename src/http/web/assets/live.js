"use strict";
// Comfort on top of pages that work without it: what is marked data-live follows the gateway, times are those of
// the reader, and a session says before it ends. Events are only a sign to look again: what is shown comes from
// the page itself, so that it cannot differ from it.
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const kept = {
    get(key) { try { return localStorage.getItem("dadns-" + key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem("dadns-" + key, value); } catch { /* not remembered, then */ } },
  };

  // Times: our clock may differ from that of the gateway, which each answer has.
  let ahead = 0;
  const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const since = (at) => {
    const seconds = Math.round((at - Date.now() - ahead) / 1000);
    const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) || units[3];
    return Math.abs(seconds) > 30 * 86400 ? absolute.format(at) : relative.format(Math.trunc(seconds / size), unit);
  };
  const localise = (within, which) => {
    for (const time of within.querySelectorAll(which)) {
      const at = new Date(time.dateTime);
      if (isNaN(at)) continue;
      time.title ||= at.toISOString().replace("T", " ").replace(/\..*/, " UTC");
      const text = "relative" in time.dataset ? since(at) : absolute.format(at);
      if (time.textContent !== text) time.textContent = text;
    }
  };
  localise(document, "time[datetime]");

  // Takes a new version over in place: forms, open details and the focus stay.
  const morph = (from, to) => {
    if (from.isEqualNode(to) || from.matches("form,input,select,textarea,dialog")) return;
    const stays = (name) => name === "open" || (name === "aria-live" && from.id);
    for (const { name, value } of [...to.attributes]) if (!stays(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
    for (const { name } of [...from.attributes]) if (!stays(name) && !to.hasAttribute(name)) from.removeAttribute(name);
    const coming = new Set([...to.children].map((child) => child.id));
    for (const child of [...from.children]) if (child.id && !coming.has(child.id) && !child.contains(document.activeElement)) child.remove();
    let at = from.firstChild;
    for (const next of [...to.childNodes]) {
      const same = next.id && byId(next.id);
      if (same && same.parentNode === from) {
        if (same === at) at = at.nextSibling; else from.insertBefore(same, at);
        morph(same, next);
      } else if (at && !at.id && !next.id && at.nodeName === next.nodeName) {
        if (at.nodeType === 1) morph(at, next); else if (at.data !== next.data) at.data = next.data;
        at = at.nextSibling;
      } else from.insertBefore(document.importNode(next, true), at);
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      if (!gone.contains(document.activeElement)) gone.remove();
    }
  };

  // The session: it ends on the server, whatever is shown here.
  // Two minutes before, or sooner where sessions are short.
  const early = Math.min(120, Number(root.dataset.left) / 3) * 1000;
  let ends, extendable, active = 0, over = false, warned = false;
  const lasts = ({ left, extend }) => {
    ends = Date.now() + left * 1000;
    extendable = extend;
    if (left * 1000 > early) { warned = false; byId("ending")?.close(); }
  };
  const ended = () => {
    over = true;
    close("lost");
    byId("ending")?.close();
    byId("ended").hidden = false;
  };
  const stay = async () => {
    const answer = await fetch("/web/session", { cache: "no-store" }).catch(() => null);
    if (answer?.status === 401) return ended();
    if (answer?.ok) lasts(await answer.json());
  };
  for (const sign of ["keydown", "pointerdown"]) addEventListener(sign, () => { active = Date.now(); }, { passive: true });
  const watch = () => {
    const left = ends - Date.now();
    if (over || left > early) return;
    // Looks once more: another tab may have used the session.
    if (left <= 0) return look();
    // Who types right now need not be asked.
    if (extendable && Date.now() - active < early / 2) { active = 0; stay(); return; }
    if (warned) return;
    warned = true;
    byId("ends-at").textContent = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" }).format(ends);
    byId("stay").hidden = !extendable;
    byId("ending").showModal();
  };

  // Live regions.
  const live = () => document.querySelectorAll("[data-live][id]");
  const words = { connecting: "Connecting", open: "Live", paused: "Paused", lost: "Connection lost, trying again" };
  let source = null, paused = kept.get("paused") === "yes", timer = 0, looking = false, last = 0, took = 0, wait = 1000, meaning;
  const says = (state) => {
    root.dataset.live = state;
    byId("live-state").textContent = over ? "Session ended" : words[state];
  };
  const close = (state) => {
    source?.close();
    source = null;
    clearTimeout(timer);
    timer = 0;
    says(state);
  };
  const tell = () => {
    const truth = document.querySelector("[data-meaning]");
    if (truth && meaning !== undefined && truth.dataset.meaning !== meaning) byId("told").textContent = truth.textContent;
    meaning = truth?.dataset.meaning;
  };
  const look = async () => {
    if (looking) return false;
    looking = true;
    const began = last = Date.now();
    try {
      const answer = await fetch(location.href, { cache: "no-store", redirect: "error", headers: { "X-Dadns-Live": "1" } });
      if (answer.status === 401) { ended(); return false; }
      if (!answer.ok) return false;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const { left, extend } = page.documentElement.dataset;
      const off = Date.parse(answer.headers.get("Date")) - Date.now();
      // Its seconds are whole.
      ahead = Math.abs(off) > 2000 ? off : 0;
      lasts({ left: Number(left), extend: extend === "yes" });
      localise(page, "time[datetime]");
      if (!paused) for (const region of live()) { const next = page.getElementById(region.id); if (next) morph(region, next); }
      tell();
      took = Date.now() - began;
      return true;
    } catch { return false; } finally { looking = false; }
  };
  // At most once a second, and less often where a page takes long.
  const soon = () => {
    if (timer || !source) return;
    // What happens while it looks may not be in what it gets: it looks once more.
    timer = setTimeout(() => {
      timer = 0;
      if (looking) soon(); else look();
    }, Math.max(50, last + Math.max(1000, took * 10) - Date.now()));
  };
  const news = ["zone_changed", "push_held", "push_released", "zone_result", "zone_drifted", "backend_unavailable", "backend_available", "lagged"];
  const open = () => {
    if (source || over || !live().length) return;
    if (paused || document.hidden) return says("paused");
    says("connecting");
    source = new EventSource("/web/events");
    source.onopen = () => { wait = 1000; says("open"); soon(); };
    source.onerror = () => { close("lost"); again(); };
    for (const name of news) source.addEventListener(name, soon);
  };
  // Without a stream it looks now and then, ever less often while nobody answers.
  const again = () => {
    wait = Math.min(wait * 2, 60_000);
    timer = setTimeout(async () => {
      timer = 0;
      if (over || paused || document.hidden || source) return;
      if (await look()) open(); else if (!over) again();
    }, wait * (0.75 + Math.random() / 2));
  };
  document.addEventListener("visibilitychange", () => { if (document.hidden) close("paused"); else { wait = 1000; open(); watch(); } });
  setInterval(() => {
    if (document.hidden) return;
    watch();
    if (paused) return;
    localise(document, "time[data-relative]");
    // What changes without an event, such as how many queries come.
    if (source && Date.now() - last > 10_000) soon();
  }, 1000);

  // Buttons and keys.
  const button = byId("live-pause");
  const shows = () => { button.textContent = paused ? "Resume updates" : "Pause updates"; };
  button.addEventListener("click", () => {
    paused = !paused;
    kept.set("paused", paused ? "yes" : "no");
    shows();
    if (paused) close("paused"); else open();
  });
  byId("stay").addEventListener("click", stay);
  byId("leave").addEventListener("click", () => byId("ending").close());
  const keys = byId("keys-switch");
  const slash = () => kept.get("slash") !== "off";
  const named = () => { keys.textContent = slash() ? "Switch this key off" : "It is off: switch it on"; };
  keys.addEventListener("click", () => { kept.set("slash", slash() ? "off" : "on"); named(); });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input,textarea,select,dialog,[contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing || !slash()) return;
    const field = document.querySelector("input[type=search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
  byId("tick-all")?.addEventListener("change", (event) => {
    for (const box of document.querySelectorAll("input[name=zone]")) box.checked = event.target.checked;
  });

  for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;
  // Numbers that follow by themselves are not read aloud each time.
  for (const region of live()) region.setAttribute("aria-live", "off");
  byId("live").hidden = !live().length;
  lasts({ left: Number(root.dataset.left), extend: root.dataset.extend === "yes" });
  shows();
  named();
  tell();
  open();
})();
