/**
 * Returns path if it is one on this origin that may follow a login, else "/". It
 * refuses whatever a browser could read as another origin (//host, /\host, a tab
 * between the slashes, /.//host); the server checks the same.
 */
export function returnPath(path: string | undefined): string {
  if (!path || path.length > 8192 || !path.startsWith("/") || /[^!-~]|\\/.test(path)) {
    return "/";
  }
  const [bare = ""] = path.split(/[?#]/, 1);
  if (bare.includes("//") || bare.split("/").some(isDots)) {
    return "/";
  }
  if (bare === "/login" || bare === "/signup" || (bare.startsWith("/auth/") && bare !== "/auth/ticket")) {
    return "/";
  }
  return path;
}

function isDots(segment: string): boolean {
  const plain = segment.replaceAll(/%2e/gi, ".");
  return plain === "." || plain === "..";
}

/** Whether the path is a page of this app, not of the server. */
export function isPage(path: string): boolean {
  return !/^\/(auth|api)(\/|$)/.test(path);
}
