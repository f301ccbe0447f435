/** The host of what was typed, name[:port] in lower case; people paste whole addresses. undefined when it is none. */
export function readHost(typed: string): string | undefined {
  const text = typed.trim().toLowerCase();
  const bare = text.replace(/^https:\/\//, "").replace(/\/.*$/, "").replace(/^[^@]*@/, "");
  const name = bare.replace(/:443$/, "");
  return /^(?=.{1,260}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[1-9]\d{0,4})?$/.test(name) ? name : undefined;
}
