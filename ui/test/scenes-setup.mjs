/** What somebody sees before there is a workspace. */
export const setupScenes = [
  { name: "setup", path: "/", see: "Everything is in order." },
  { name: "setup-wrong", path: "/", given: (s) => (s.broken = ["address"]), see: "needs your attention" },
  { name: "setup-loading", path: "/", given: (s) => (s.hold.set("GET /setup"), s.hold.set("GET /templates")), see: "Looking…" },
];
