/**
 * Where a port of a workspace is reached, from the address of its editor; path begins
 * with "/". Undefined when port is no port. The host is always the workspace's.
 */
export function portAddress(vscodeUrl: string, port: number, path = "/"): string | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  const url = new URL(vscodeUrl);
  url.hostname = `${port}-${url.hostname}`;
  const [before = "", ...query] = path.split("?");
  url.pathname = before.replace(/^[/\\]*/, "/");
  url.search = query.join("?");
  return url.href;
}
