/** What can be searched for. */
export interface Findable {
  title: string;
  /** More words that lead to it, not shown. */
  words?: string;
}

/**
 * Those that have every word, best first; equals keep their order. A word may stand
 * anywhere, or have its letters in order from the start of a word on: "qhb" finds
 * "quiet-harbor". No words find all.
 */
export function find<T extends Findable>(all: readonly T[], query: string): T[] {
  const wanted = plain(query).split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [...all];
  return all
    .map((item) => ({ item, points: points(item, wanted) }))
    .filter(({ points: p }) => p > 0)
    .toSorted((a, b) => b.points - a.points)
    .map(({ item }) => item);
}

function points({ title, words = "" }: Findable, wanted: string[]): number {
  const [text, more] = [plain(title), plain(words)];
  let sum = 0;
  for (const word of wanted) {
    const best = Math.max(inText(text, word), inText(more, word) / 2);
    if (best === 0) return 0;
    sum += best;
  }
  // Of two that have the words the shorter is meant more likely.
  return sum / wanted.length + 10 / (10 + text.length);
}

function inText(text: string, word: string): number {
  if (text.startsWith(word)) return 100;
  let at = text.indexOf(word);
  if (at < 0) return scattered(text, word) ? 20 : 0;
  for (; at >= 0; at = text.indexOf(word, at + 1)) if (isStart(text, at)) return 80;
  return 50;
}

/** Whether the letters of word come in order, from the start of a word on. */
function scattered(text: string, word: string): boolean {
  if (word.length < 2) return false;
  for (let start = text.indexOf(word.charAt(0)); start >= 0; start = text.indexOf(word.charAt(0), start + 1)) {
    if (!isStart(text, start)) continue;
    let at = start;
    for (const letter of word.slice(1)) at = at < 0 ? at : text.indexOf(letter, at + 1);
    if (at >= 0) return true;
  }
  return false;
}

function isStart(text: string, at: number): boolean {
  return at === 0 || !/[\p{L}\p{N}]/u.test(text.charAt(at - 1));
}

/** Without case and accents. */
function plain(text: string): string {
  return text.toLowerCase().normalize("NFD").replaceAll(/\p{M}/gu, "");
}
