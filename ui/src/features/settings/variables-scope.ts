import type { Template } from "@/api/types";

/** Which workspaces a variable is for, in words. */
export function scopeName(template: string, templates: Template[]): string {
  if (template === "") return "All workspaces";
  const known = templates.find((t) => t.id === template);
  return known ? `Template ${known.name}` : `Template ${template}, which is gone`;
}

const fixed = /^(KALPANA_|LD_|DYLD_)|^(PATH|HOME|SHELL|USER|LOGNAME|PWD|OLDPWD|IFS|BASH_ENV|ENV|PROMPT_COMMAND|NODE_OPTIONS)$/i;

/** What is wrong with the name of a variable, as far as that can be told here. */
export function nameFault(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return "Use letters, digits and _, and no digit first.";
  return fixed.test(name) ? `${name} belongs to the workspace itself. Choose another name.` : undefined;
}
