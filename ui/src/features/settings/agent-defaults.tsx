import { useQuery } from "@tanstack/react-query";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { modelsQuery, useUpdateAgent } from "@/api/queries/agent";
import type { AgentChange, AgentSettings, ChatMode } from "@/api/types";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { price } from "@/features/chat/amounts";
import { capped, isAllowed, modes } from "@/features/chat/modes";
import { t } from "@/i18n/t";

/** What a new chat begins with. Counts at once. */
export function AgentDefaults({ agent }: { agent: AgentSettings }) {
  const models = useQuery(modelsQuery);
  const update = useUpdateAgent();
  const save = (change: AgentChange) =>
    update.mutate(change, { onSuccess: () => toast.success(t("Saved")), onError: (error) => toast.error(sentence(error)) });
  const shown = { model: agent.model, mode: capped(agent.mode, agent.modeCap), ...(update.isPending && update.variables) };
  const list = models.data ?? [];
  const isMissing = shown.model !== "" && !list.some((m) => m.id === shown.model);
  return (
    <div className="grid max-w-md gap-4">
      <Field label={t("Model of new chats")} hint={models.isError ? sentence(models.error) : t("Prices are per million tokens.")}>
        {(control) => (
          <Select {...control} value={shown.model} onChange={(event) => save({ model: event.target.value })}>
            <option value="">{t("The server's choice")}</option>
            {isMissing && <option value={shown.model}>{shown.model}</option>}
            {list.map((model) => (
              <option key={model.id} value={model.id}>
                {[model.name, price(model.promptPrice, model.completionPrice)].filter(Boolean).join(" · ")}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={t("Mode of new chats")} hint={t(modes.find((m) => m.value === shown.mode)?.detail ?? "")}>
        {(control) => (
          <Select {...control} value={shown.mode} onChange={(event) => save({ mode: event.target.value as ChatMode })}>
            {modes.map((mode) => (
              <option key={mode.value} value={mode.value} disabled={!isAllowed(mode.value, agent.modeCap)}>
                {t(mode.name)}
                {!isAllowed(mode.value, agent.modeCap) && t(" (not allowed on this server)")}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  );
}
