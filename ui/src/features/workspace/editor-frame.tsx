import { useRef, useState } from "react";
import type { Workspace } from "@/api/types";
import { Spinner } from "@/components/ui/spinner";
import { t } from "@/i18n/t";
import { useKeptFocus } from "./use-kept-focus";

/**
 * VS Code in the page. Its host is another origin, so it needs no sandbox; what it may
 * use of the browser is named.
 */
export function EditorFrame({ workspace }: { workspace: Workspace }) {
  const [loaded, setLoaded] = useState(false);
  const frame = useRef<HTMLIFrameElement>(null);
  useKeptFocus(frame);
  return (
    <>
      {!loaded && (
        <div role="status" className="absolute inset-0 flex items-center justify-center gap-3 text-sm text-muted-foreground">
          <Spinner /> {t("Opening VS Code…")}
        </div>
      )}
      {/* oxlint-disable-next-line react/iframe-missing-sandbox -- see above */}
      <iframe
        ref={frame}
        title={t("VS Code of {name}", { name: workspace.name })}
        src={workspace.vscodeUrl}
        // Somebody else's workspace is somebody else's program: it does not read what was copied.
        allow={workspace.right === "owner" ? "clipboard-read; clipboard-write; fullscreen" : "clipboard-write; fullscreen"}
        referrerPolicy="strict-origin-when-cross-origin"
        onLoad={() => setLoaded(true)}
        className="absolute inset-0 size-full border-0"
      />
    </>
  );
}
