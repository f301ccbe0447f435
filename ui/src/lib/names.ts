const first = ["amber", "brave", "calm", "clear", "copper", "eager", "gentle", "golden", "keen", "lively", "lucid", "mellow", "noble", "quick", "quiet", "silver", "steady", "sunny", "swift", "vivid"];
const second = ["anchor", "aspen", "beacon", "brook", "canyon", "cedar", "comet", "falcon", "fern", "harbor", "heron", "lotus", "maple", "meadow", "orchid", "otter", "pine", "raven", "river", "summit"];

/** A friendly name for a new workspace that none of taken has. */
export function suggestName(taken: string[], random: () => number = Math.random): string {
  const pick = (words: string[]) => words[Math.floor(random() * words.length)] ?? "new";
  const name = `${pick(first)}-${pick(second)}`;
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`;
    if (!taken.includes(candidate)) return candidate;
  }
}
