import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { useMe } from "@/api/queries/me";
import { useCreateWorkspace } from "@/api/queries/workspaces";
import { Button } from "@/components/ui/button";
import { ChoiceCards } from "@/components/ui/choice-cards";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { IdleSelect } from "@/features/workspace/idle-select";
import { sizeChoices, sizeOf } from "@/features/workspace/size";
import { suggestName } from "@/lib/names";

interface CreateDialogProps {
  /** Names that are in use. */
  taken: string[];
  onClose: () => void;
}

export function CreateDialog({ taken, onClose }: CreateDialogProps) {
  const { defaults } = useMe();
  const navigate = useNavigate();
  const create = useCreateWorkspace();
  const [key] = useState(() => crypto.randomUUID());
  const [name, setName] = useState(() => suggestName(taken));
  const [size, setSize] = useState("1");
  const [idle, setIdle] = useState(defaults.idleTimeout);
  const problem = create.error instanceof Problem ? create.error : undefined;

  const submit = (e: FormEvent) => {
    e.preventDefault();
    create.mutate(
      { key, name: name.trim(), ...(size !== "1" && sizeOf(size, defaults)), ...(idle !== defaults.idleTimeout && { idleTimeout: idle }) },
      { onSuccess: (made) => navigate({ to: "/w/$id", params: { id: made.id } }) },
    );
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="New workspace" description="A machine of your own with VS Code and a terminal.">
      <form onSubmit={submit} className="grid gap-5">
        {create.isError && !problem?.field("name") && (
          <Notice variant="danger" live>
            {sentence(create.error)}
          </Notice>
        )}
        <Field label="Name" error={problem?.field("name")}>
          {(control) => (
            <Input
              {...control}
              value={name}
              onChange={(e) => setName(e.target.value)}
              onFocus={(e) => e.target.select()}
              required
              maxLength={60}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <ChoiceCards label="Size" value={size} onChange={setSize} choices={sizeChoices(defaults)} />
        <IdleSelect value={idle} onChange={setIdle} />
        <DialogButtons>
          <Button variant="outline" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" busy={create.isPending}>
            Create and start
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
