import type { Template, UpdateTemplate } from "@/api/types";
import { same } from "./definition";

/** What its owner can change of a template. */
export type Draft = Pick<Template, "name" | "description" | "icon" | "definition">;

export function draftOf({ name, description, icon, definition }: Template): Draft {
  return { name, description, icon, definition };
}

/** What of the draft differs from the template: what has to be saved. */
export function changesOf(draft: Draft, template: Template): UpdateTemplate {
  const { name, description, icon, definition } = draft;
  return {
    ...(name.trim() !== template.name && { name: name.trim() }),
    ...(description.trim() !== template.description && { description: description.trim() }),
    ...(icon !== template.icon && { icon }),
    ...(!same(definition, template.definition) && { definition }),
  };
}
