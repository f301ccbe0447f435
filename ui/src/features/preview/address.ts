import { t } from "@/i18n/t";

/** Longer ones are nobody's doing. */
const most = 2000;
const local = /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(\d{1,5}))?(?=[/?#]|$)/i;

/** Where the preview is: a port of the workspace and a path that begins with "/". */
export interface Place {
  port: number;
  path: string;
}

/** The host of a port, from the address of the editor. */
export function portHost(vscodeUrl: string, port: number): string {
  return `${port}-${new URL(vscodeUrl).host}`;
}

/** The address of a place. Whatever the path says, the host is the port's. */
export function addressOf(vscodeUrl: string, { port, path }: Place): string {
  const url = new URL(vscodeUrl);
  url.hostname = `${port}-${url.hostname}`;
  url.pathname = "/";
  const [beforeHash = "", ...hash] = path.split("#");
  const [name = "", ...query] = beforeHash.split("?");
  url.pathname = name.replace(/^[/\\]*/, "/");
  url.search = query.join("?");
  url.hash = hash.join("#");
  return url.href;
}

function place(port: number, path: string): Place | string {
  if (port < 1 || port > 65_535) return t("Ports go from 1 to 65535.");
  return { port, path: path.startsWith("/") ? path : `/${path}` };
}

/**
 * What was typed into the address bar: a path, an address of a port of this workspace, or
 * one as the terminal prints it (localhost:5173/x). Else the sentence that says why not.
 */
export function readAddress(typed: string, vscodeUrl: string, now: number): Place | string {
  const text = typed.trim();
  if (text.length > most) return t("This address is too long.");
  const port = (digits: string | undefined) => (digits === undefined ? now : Number(digits));

  const atHome = local.exec(text);
  if (atHome) return place(port(atHome[1]), text.slice(atHome[0].length));
  const onlyPort = /^:(\d{1,5})(?=[/?#]|$)/.exec(text);
  if (onlyPort) return place(port(onlyPort[1]), text.slice(onlyPort[0].length));
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) return place(now, text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const found = url && /^(\d{1,5})-/.exec(url.hostname);
  if (url && found && url.host === portHost(vscodeUrl, Number(found[1]))) return place(Number(found[1]), url.pathname + url.search + url.hash);
  return t("Only ports of this workspace are shown here.");
}
