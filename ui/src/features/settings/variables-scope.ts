import type { Template } from "@/api/types";
import { t } from "@/i18n/t";

/** Which workspaces a variable is for, in words. */
export function scopeName(template: string, templates: Template[]): string {
  if (template === "") return t("All workspaces");
  const known = templates.find((one) => one.id === template);
  return known ? t("Template {name}", { name: known.name }) : t("Template {name}, which is gone", { name: template });
}

const fixed = /^(KALPANA_|LD_|DYLD_)|^(PATH|HOME|SHELL|USER|LOGNAME|PWD|OLDPWD|IFS|BASH_ENV|ENV|PROMPT_COMMAND|NODE_OPTIONS)$/i;

/** What is wrong with the name of a variable, as far as that can be told here. */
export function nameFault(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return t("Use letters, digits and _, and no digit first.");
  return fixed.test(name) ? t("{name} belongs to the workspace itself. Choose another name.", { name }) : undefined;
}
