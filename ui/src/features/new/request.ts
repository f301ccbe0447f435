import type { CreateWorkspace } from "@/api/types";
import { type Size, sizeOf } from "@/features/workspace/size";
import type { Options } from "./more-options";

interface Filled {
  name: string;
  repo: string | undefined;
  branch: string;
  template: string;
  options: Options;
  defaults: Size & { idleTimeout: number };
}

/** What is sent for a filled form: only what differs from what the server does anyway. */
export function requestOf({ name, repo, branch, template, options, defaults }: Filled): CreateWorkspace {
  const { size, idle, nix, shallow, submodules, lfs } = options;
  const clone = { ...(shallow && { depth: 1 }), ...(!submodules && { submodules }), ...(!lfs && { lfs }) };
  return {
    name: name.trim(),
    ...(repo && { githubRepo: repo }),
    ...(repo && branch.trim() && { branch: branch.trim() }),
    ...(template && { template }),
    ...(size !== "1" && sizeOf(size, defaults)),
    ...(idle !== defaults.idleTimeout && { idleTimeout: idle }),
    ...(nix.trim() && { nixConfig: nix }),
    ...(repo && Object.keys(clone).length > 0 && { clone }),
  };
}
