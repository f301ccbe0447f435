import { useRef } from "react";
import { t } from "@/i18n/t";
import { useKeptFocus } from "@/features/workspace/use-kept-focus";
import { type Device, fit } from "./device";
import { useBox } from "./use-box";

interface PreviewFrameProps {
  title: string;
  src: string;
  device: Device;
  onLoad: () => void;
}

/**
 * What listens on a port, in the page. It is another origin, whose scripts and storage are
 * its own; it may do what pages do but not lead this one away.
 */
export function PreviewFrame({ title, src, device, onLoad }: PreviewFrameProps) {
  const box = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLIFrameElement>(null);
  useKeptFocus(frame);
  const { width, height, scale } = fit(device, useBox(box));
  return (
    <div ref={box} className="relative flex size-full justify-center overflow-hidden bg-muted">
      <div style={{ width: width * scale }} className={device === "full" ? "size-full" : "h-full shrink-0 shadow-card"}>
        <iframe
          ref={frame}
          title={title}
          src={src}
          // oxlint-disable-next-line react/iframe-missing-sandbox -- its origin is not ours: with both it cannot reach out
          sandbox="allow-scripts allow-same-origin allow-forms allow-modals allow-downloads allow-popups allow-popups-to-escape-sandbox"
          // Not clipboard-read: leave that VS Code was given counts for every frame that may ask, without another question.
          allow="clipboard-write; fullscreen"
          referrerPolicy="strict-origin-when-cross-origin"
          onLoad={onLoad}
          style={device === "full" ? undefined : { width, height, transform: `scale(${scale})`, transformOrigin: "0 0" }}
          className="block size-full max-w-none border-0 bg-[#fff]"
        />
      </div>
      {scale < 1 && (
        <span className="pointer-events-none absolute right-2 bottom-2 rounded bg-foreground px-1.5 py-0.5 text-xs text-background tabular-nums">
          {t("{percent} %", { percent: Math.round(scale * 100) })}
        </span>
      )}
    </div>
  );
}
