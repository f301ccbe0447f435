import { t } from "@/i18n/t";

const least = 1024; // below are the system's own
const greatest = 65_535;
/** What Kalpana itself listens on in every workspace. */
const reserved = [3001, 8080];

/**
 * What was typed as the number of a port to share, or the sentence that says why it is
 * none. Taken are those that are on the list.
 */
export function readPort(typed: string, taken: number[]): { port: number; error?: undefined } | { port?: undefined; error: string } {
  const text = typed.trim();
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < least || port > greatest) return { error: t("Enter a number from {least} to {greatest}.", { least, greatest }) };
  if (reserved.includes(port)) return { error: t("Port {port} is the workspace's own and is not shared.", { port }) };
  if (taken.includes(port)) return { error: t("Port {port} is on the list already.", { port }) };
  return { port };
}
