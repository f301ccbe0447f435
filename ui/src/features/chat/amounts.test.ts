import { expect, test } from "vitest";
import { cost, price, seconds, tokens, usd } from "./amounts";

test.each([[0, "$0"], [0.00002, "<$0.0001"], [0.0123, "$0.0123"], [0.456, "$0.46"], [3.4, "$3.40"], [Number.NaN, "$0"]])("%d dollars are %s", (n, s) => expect(usd(n)).toBe(s));
test.each([[null, "cost unknown"], [0, "$0"], [0.0123, "$0.0123"]])("a cost of %s is %s", (n, s) => expect(cost(n)).toBe(s));
test.each([[950, "950"], [1000, "1k"], [1240, "1.2k"], [9990, "10k"], [128_000, "128k"], [999_900, "1M"], [1_048_576, "1.05M"]])("%d tokens are %s", (n, s) => expect(tokens(n)).toBe(s));
test.each([[40, "0.1 s"], [3000, "3 s"], [3240, "3.2 s"], [9990, "10 s"], [59_400, "59 s"], [185_000, "3 min 5 s"]])("%d ms are %s", (n, s) => expect(seconds(n)).toBe(s));
test("prices", () => expect([price(3, 15), price(0.25, 1.25), price(0, 0), price(null, 3)]).toEqual(["$3 in, $15 out", "$0.25 in, $1.25 out", "free", ""]));
