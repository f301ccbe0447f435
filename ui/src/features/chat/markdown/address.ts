/** Where a link leads. */
export interface Address {
  url: string;
  /** The host, in ASCII so that no letter passes for another; of mail the mailbox. */
  host: string;
}

const lengthLimit = 4096;

/** Reads an address that may be opened (http, https, mailto); null for every other. */
export function address(href: string | undefined): Address | null {
  if (!href || href.length > lengthLimit || !URL.canParse(href)) return null;
  const url = new URL(href);
  switch (url.protocol) {
    case "http:":
    case "https:":
      return url.host === "" ? null : { url: url.href, host: url.host };
    case "mailto:":
      return { url: url.href, host: url.pathname };
    default:
      return null;
  }
}

/** Whether a link's text reads like an address on another host than it leads to. */
export function misleads(text: string, { host }: Address): boolean {
  const named = /^\s*(?:[a-z][\w+.-]*:\/\/)?(?:[^\s/@]*@)?((?:[\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]{2,})(?::\d+)?(?:[/?#\s]|$)/iu.exec(text)?.[1];
  return named !== undefined && named.toLowerCase() !== host.replace(/:\d+$/, "");
}

/** Whether a data: address is a picture of a kind that cannot carry scripts, of at most 3 MB. */
export function isPicture(src: string): boolean {
  return src.length <= 4_000_000 && /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$/.test(src);
}
