// Waits for the workspace: shows how its start goes on and opens what was asked for, at the
// very same address, as soon as it answers.
"use strict";
(() => {
  const shown = document.body.dataset.poll;
  const log = document.getElementById("log");
  let pause = 700;

  const show = (lines) => {
    if (!log || lines.length === log.children.length) return;
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    log.replaceChildren(...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }));
    if (atEnd) log.scrollTop = log.scrollHeight;
  };

  const ask = async () => {
    try {
      const answer = await fetch("/.kalpana/status", { cache: "no-store", headers: { Accept: "application/json" } });
      if (answer.status === 401 || answer.status === 404) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const state = await answer.json();
      show(state.log);
      const now = state.paused ? "paused" : state.status === "RUNNING" ? "starting" : state.status.toLowerCase();
      if (state.ready || now !== shown) return location.reload();
      pause = Math.min(pause * 1.15, shown === "starting" ? 1500 : 5000);
    } catch {
      pause = Math.min(pause * 2, 15000);
    }
    setTimeout(ask, pause);
  };
  setTimeout(ask, pause);
})();
