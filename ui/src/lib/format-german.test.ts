import { afterAll, beforeAll, expect, test, vi } from "vitest";

type Format = typeof import("./format");
let format: Format;

beforeAll(async () => {
  localStorage.setItem("kalpana-language", "de");
  vi.resetModules();
  const { loadMessages } = await import("@/i18n/t");
  await loadMessages();
  format = await import("./format");
});
afterAll(() => {
  localStorage.clear();
  document.documentElement.lang = "en";
});

const now = Date.parse("2026-11-26T12:00:00Z");

test("numbers, units and times are German on a German page", () => {
  expect(document.documentElement.lang).toBe("de");
  expect(format.memory(1.5 * 2 ** 30)).toBe("1,5 GiB");
  expect(format.cpu(5e8)).toBe("0,5 CPU");
  expect([format.duration(60), format.duration(1800), format.duration(3 * 86_400)]).toEqual(["1 Minute", "30 Minuten", "3 Tage"]);
  expect(format.ago("2026-11-26T11:59:40Z", now)).toBe("gerade eben");
  expect(format.ago("2026-11-25T11:00:00Z", now)).toBe("gestern");
  expect(format.until("2026-11-26T12:00:10Z", now)).toBe("in weniger als einer Minute");
  expect(format.until("2026-11-26T14:00:00Z", now)).toBe("in 2 Stunden");
});

test("plurals follow the language, and problems are told in it", async () => {
  const { tn } = await import("@/i18n/t");
  expect([tn("{n} file", "{n} files", 1), tn("{n} file", "{n} files", 1200)]).toEqual(["1 Datei", "1.200 Dateien"]);
  const { problemOf } = await import("@/api/problem");
  const answer = new Response(JSON.stringify({ code: "admin_required", detail: "Only administrators may do this." }), { status: 403 });
  expect((await problemOf(answer)).message).toBe("Das dürfen nur Administratoren.");
});
