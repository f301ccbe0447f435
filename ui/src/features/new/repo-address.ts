import { repositoryName } from "@/features/repository/repository-name";
import { t } from "@/i18n/t";

/** What somebody typed or a link asked for, read as the place of a repository. */
export type Address =
  | { kind: "github"; fullName: string; branch?: string }
  | { kind: "git"; url: string; branch?: string }
  | { kind: "words" }
  | { kind: "refused"; why: string };

const fullNamePattern = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[\w.-]{1,100}$/;
const maxLength = 300; // as the server has it

/**
 * Reads owner/name, an address as it stands in a browser (also of one branch), or what
 * hosts offer for cloning. githubUrl is the web address of the configured GitHub: what is
 * there becomes its owner/name. Everything else that is no address is words to search for.
 */
export function readAddress(text: string, githubUrl: string): Address {
  const typed = text.trim();
  if (typed.length > maxLength) return refused(t("This address is too long."));
  if (/[\s\p{Cc}]/u.test(typed)) return { kind: "words" };
  const plain = typed.replace(/\.git$/, "");
  if (isFullName(plain)) return { kind: "github", fullName: plain };
  const url = urlOf(typed);
  if (!url) return { kind: "words" };
  if (url.username || url.password) {
    return refused(t("There is a name or a password in this address. Leave it out and store it in the settings, under Git hosts."));
  }
  const there = githubUrl ? onGitHub(url, githubUrl) : undefined;
  if (there) return there;
  if (url.protocol !== "https:") return refused(t("Only addresses that begin with https:// can be cloned."));
  if (url.pathname.length < 2) return refused(t("This address names a host, but no repository on it."));
  return { kind: "git", url: `${url.origin}${url.pathname.replace(/\/+$/, "")}` };
}

function refused(why: string): Address {
  return { kind: "refused", why };
}

function isFullName(text: string): boolean {
  return fullNamePattern.test(text) && !/\/\.{1,2}$/.test(text);
}

/** The address as a URL, with what hosts offer beside https:// turned into it. */
function urlOf(typed: string): URL | undefined {
  const shell = /^(?:ssh:\/\/)?git@([\w.-]+)(?::\d+\/|[:/])(.+)$/.exec(typed);
  if (shell) return parse(`https://${shell[1]}/${shell[2]}`);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(typed)) return parse(typed);
  return /^[\w-]+(\.[\w-]+)+(:\d+)?\/./.test(typed) ? parse(`https://${typed}`) : undefined;
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function onGitHub(url: URL, githubUrl: string): Address | undefined {
  const github = parse(githubUrl);
  if (!github || url.host.replace(/^www\./, "") !== github.host) return;
  const [owner = "", name = "", part, ...rest] = url.pathname.split("/").filter(Boolean);
  const fullName = `${owner}/${name.replace(/\.git$/, "")}`;
  if (!isFullName(fullName)) return refused(t("This address names no repository. One looks like owner/name."));
  const branch = part === "tree" ? decode(rest.join("/")) : "";
  return { kind: "github", fullName, ...(branch && { branch }) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A name for a workspace on this repository, that none of taken has. */
export function nameFor(repo: string, taken: string[]): string {
  const name = repositoryName(repo).split("/").at(-1)?.slice(0, 50) || "workspace";
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`;
    if (!taken.includes(candidate)) return candidate;
  }
}
