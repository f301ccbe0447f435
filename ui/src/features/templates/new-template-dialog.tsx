import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { Template } from "@/api/types";
import { Problem, sentence } from "@/api/problem";
import { templatesQuery, useCreateTemplate } from "@/api/queries/templates";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { t } from "@/i18n/t";
import { emptyDefinition } from "./definition";

interface NewTemplateDialogProps {
  /** What it is a copy of; null = choose in the dialog. */
  base: Template | null;
  onClose: () => void;
}

/** Makes a template of the user's own, empty or as a copy, and opens it. */
export function NewTemplateDialog({ base, onClose }: NewTemplateDialogProps) {
  const navigate = useNavigate();
  const create = useCreateTemplate();
  const templates = useQuery({ ...templatesQuery, enabled: base === null });
  const [name, setName] = useState(base ? t("{name} copy", { name: [...base.name].slice(0, 55).join("") }) : "");
  const [baseId, setBaseId] = useState("");
  const problem = create.error instanceof Problem ? create.error : undefined;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const from = base ?? templates.data?.find((one) => one.id === baseId);
    create.mutate(
      { name: name.trim(), description: from?.description ?? "", icon: from?.icon ?? "box", definition: from?.definition ?? emptyDefinition },
      { onSuccess: (made) => navigate({ to: "/templates/$id", params: { id: made.id } }) },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={base ? t("Copy to my templates") : t("New template")}
      description={base ? t("The copy is yours: changes to it do not touch the original.") : t("It is a draft that only you see until you have tried and published it.")}
    >
      <form onSubmit={submit} className="grid grid-cols-1 gap-5">
        {create.isError && !problem?.field("name") && (
          <Notice variant="danger" live>
            {sentence(create.error)}
          </Notice>
        )}
        <Field label={t("Name")} error={problem?.field("name")}>
          {(control) => (
            <Input {...control} value={name} onChange={(e) => setName(e.target.value)} onFocus={(e) => e.target.select()} required maxLength={60} autoComplete="off" />
          )}
        </Field>
        {!base && (
          <Field label={t("Begin with")}>
            {(control) => (
              <Select {...control} value={baseId} onChange={(e) => setBaseId(e.target.value)}>
                <option value="">{t("Nothing")}</option>
                {templates.data?.map((template) => (
                  <option key={template.id} value={template.id}>
                    {template.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <DialogButtons>
          <Button variant="outline" onClick={onClose}>
            {t("Cancel")}
          </Button>
          <Button type="submit" busy={create.isPending}>
            {base ? t("Copy") : t("Create")}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
