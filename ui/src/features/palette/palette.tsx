import { Dialog } from "radix-ui";
import { useState } from "react";
import { overlayClasses } from "@/components/ui/dialog";
import { StopDialog } from "@/features/workspace/stop-dialog";
import { t } from "@/i18n/t";
import { CommandList } from "./command-list";
import { useCommands } from "./use-commands";

/** Searches workspaces, pages and what can be done, by keyboard alone if wanted. */
export function Palette({ onClose }: { onClose: () => void }) {
  const { all, loading, stopping, stop } = useCommands();
  const [asking, setAsking] = useState(false);
  if (asking && stopping) return <StopDialog workspace={stopping} onStop={stop} onClose={onClose} />;
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={overlayClasses} />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-x-2 top-2 z-50 mx-auto flex max-h-[calc(100dvh-1rem)] max-w-xl flex-col overflow-hidden rounded-2xl border border-border bg-surface shadow-xl data-[state=open]:animate-rise sm:top-[12vh] sm:max-h-[70dvh]"
        >
          <Dialog.Title className="sr-only">{t("Search and commands")}</Dialog.Title>
          <CommandList
            commands={all}
            loading={loading}
            onChoose={(command) => {
              command.run();
              // A stop is asked about in the palette's place.
              if (command.id.startsWith("stop ")) setAsking(true);
              else onClose();
            }}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
