import { expect, test } from "vitest";
import type { GitHubRepositoryDetails, Template } from "@/api/types";
import { guessText } from "./guess-text";

const github = { kind: "github", fullName: "octo/hello" } as const;
const details = (guess: Partial<NonNullable<GitHubRepositoryDetails["guess"]>>) =>
  ({ fullName: "octo/hello", guess: { template: "node", reasons: [], honoured: [], ...guess } }) as unknown as GitHubRepositoryDetails;
const text = (given: Partial<Parameters<typeof guessText>[0]>) => guessText({ place: undefined, details: undefined, looking: false, templates: undefined, ...given });

test("what guessing comes to is said for every state of what is known", () => {
  expect(text({})).toContain("blank workspace");
  expect(text({ place: { kind: "git", url: "https://git.example.com/a" } })).toContain("Only repositories on GitHub");
  expect(text({ place: github, looking: true })).toContain("Looking");
  expect(text({ place: github })).toContain("when the workspace is made");
  expect(text({ place: github, details: { ...details({}), guess: undefined } })).toContain("when the workspace is made");
  const reasons = ["The repository has package.json: Node.", "flake.nix of the repository is used too."];
  expect(text({ place: github, details: details({ reasons, honoured: ["flake.nix"] }) })).toBe(
    "node. The repository has package.json: Node. flake.nix of the repository is used too.",
  );
  expect(text({ place: github, details: details({}), templates: [{ id: "node", name: "Node.js" } as Template] })).toBe("Node.js.");
});
