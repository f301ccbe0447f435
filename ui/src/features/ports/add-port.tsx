import { type FormEvent, useRef, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { useSetPort } from "@/api/queries/ports";
import type { WorkspacePort } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { readPort } from "./port-number";

interface AddPortProps {
  workspaceId: string;
  /** Ports that are on the list. */
  taken: number[];
  onSet: (port: WorkspacePort) => void;
}

/** Gives a port an address, and later other people, before anything listens on it. */
export function AddPort({ workspaceId, taken, onSet }: AddPortProps) {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string>();
  const add = useSetPort(workspaceId);
  const refused = add.error instanceof Problem ? (add.error.field("path.port") ?? add.error.field("port")) : undefined;

  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (add.isPending) return;
    const { port, error } = readPort(typed, taken);
    setFault(error);
    input.current?.focus();
    if (port) add.mutate({ port, visibility: "owner" }, { onSuccess: added });
  };
  const added = (port: WorkspacePort) => {
    onSet(port);
    setTyped("");
  };
  const change = (text: string) => {
    setTyped(text);
    setFault(undefined);
    add.reset();
  };
  return (
    <form onSubmit={submit} noValidate className="grid gap-1.5">
      <Field label={t("Share a port that is not open yet")} error={fault ?? refused}>
        {(control) => (
          <div className="flex gap-2">
            <Input
              {...control}
              ref={input}
              value={typed}
              onChange={(e) => change(e.target.value)}
              inputMode="numeric"
              placeholder="3000"
              autoComplete="off"
              className="max-w-40 tabular-nums"
            />
            <Button type="submit" variant="outline" busy={add.isPending}>
              {t("Add")}
            </Button>
          </div>
        )}
      </Field>
      {add.isError && !refused && (
        <Notice variant="danger" live>
          {sentence(add.error)}
        </Notice>
      )}
      <p role="status" className="text-sm text-muted-foreground">
        {add.isSuccess && t("Port {port} is on the list. Say there who may open it.", { port: add.data.port })}
      </p>
    </form>
  );
}
