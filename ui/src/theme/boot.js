// Runs before the first paint; see build/boot.ts. Keep the key in step with theme.ts.
(function () {
  var root = document.documentElement;
  var choice = "system";
  try {
    choice = localStorage.getItem("kalpana-theme") || "system";
  } catch {
    // Storage is blocked: follow the system.
  }
  var dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.classList.toggle("dark", dark);
  root.style.colorScheme = dark ? "dark" : "light";
  var meta = document.querySelector('meta[name="theme-color"]');
  if (meta) meta.setAttribute("content", dark ? "#101116" : "#fafafc");
})();
