import { t } from "@/i18n/t";
import type { Model } from "./types";

/** The models that have every word, in their order. */
export function findModels(models: Model[], words: string): Model[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter((model) => {
    const text = `${model.name} ${model.id}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** What a model is called; id where the list does not have it, "" = the default one. */
export function modelName(models: Model[] | undefined, id: string): string {
  const found = models?.find((m) => (id === "" ? m.default : m.id === id));
  return shortName(found?.name ?? id) || t("Default model");
}

/** Without the maker in front, which lists of many providers have. */
function shortName(name: string): string {
  return name.replace(/^[^:/]{1,30}(: |\/)/, "");
}
