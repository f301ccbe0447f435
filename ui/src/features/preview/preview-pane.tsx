import { Columns2, ExternalLink, Link2, PanelBottom, RotateCw, X } from "lucide-react";
import { lazy, type Ref, Suspense, useState } from "react";
import type { Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Loading } from "@/components/layout/loading";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { usePorts } from "@/features/ports/use-ports";
import { may } from "@/features/sharing/rights";
import { keysOf } from "@/features/workspace/shortcuts";
import { kept } from "@/features/workspace/kept";
import { t } from "@/i18n/t";
import { AddressBar } from "./address-bar";
import { addressOf } from "./address";
import { type Device, devices } from "./device";
import { DeviceSwitch } from "./device-switch";
import { PortSelect } from "./port-select";
import { PreviewFrame } from "./preview-frame";
import { QuietPreview } from "./quiet-preview";
import { TabSwitch } from "./tab-switch";
import type { Preview } from "./use-preview";

const Inspector = lazy(() => import("./inspector/inspector").then((m) => ({ default: m.Inspector })));
const PortShareDialog = lazy(() => import("./port-share-dialog").then((m) => ({ default: m.PortShareDialog })));

const deviceKey = "kalpana-preview-device";

interface PreviewPaneProps {
  workspace: Workspace;
  preview: Preview;
  /** Whether the browser lets this page frame what runs in the workspace. */
  embeds: boolean;
  /** Of the address bar, for a shortcut. */
  address: Ref<HTMLInputElement>;
  /** How it stands to the editor, and how to change that; absent where it stands alone. */
  side?: "beside" | "below";
  onTurn?: () => void;
  onClose?: () => void;
}

/** What the programs of a workspace show, beside the editor. */
export function PreviewPane({ workspace, preview, embeds, address, side, onTurn, onClose }: PreviewPaneProps) {
  const { ports, error, retry } = usePorts(workspace.id);
  const [sharing, setSharing] = useState(false);
  const [device, setDevice] = useState<Device>(() => readDevice());
  const [loads, setLoads] = useState({ of: "", count: 0 });

  const first = ports?.find((p) => p.listening)?.port;
  const place = preview.place ?? (first === undefined ? undefined : { port: first, path: "/" });
  const port = ports?.find((p) => p.port === place?.port);
  const listens = port?.listening === true;
  const url = place && addressOf(workspace.vscodeUrl, place);
  const visit = `${preview.visit} ${url}`;
  const mayEdit = may(workspace, "edit");
  // Who may not edit sees no requests: they carry what other visitors sent.
  const tab = mayEdit && place ? preview.tab : "page";
  const chooseDevice = (next: Device) => {
    setDevice(next);
    kept.write(deviceKey, next);
  };
  const openPort = (number: number) => preview.open({ port: number, path: "/" });

  return (
    <section aria-label={t("Preview")} className="flex size-full min-h-0 min-w-0 flex-col bg-background">
      <div className="grid shrink-0 grid-cols-1 gap-1 border-b border-border bg-surface px-2 py-1.5">
        {place && (
          <div className="flex items-center gap-1">
            <PortSelect ports={ports ?? []} port={place.port} onChange={openPort} />
            <AddressBar ref={address} vscodeUrl={workspace.vscodeUrl} place={place} moved={loads.of === visit && loads.count > 1} onGo={preview.open} />
            <Tooltip text={`${t("Load it again")} (${keysOf("reload")})`}>
              <Button variant="ghost" size="icon-sm" aria-label={t("Load it again")} aria-keyshortcuts={keysOf("reload")} onClick={preview.reload}>
                <RotateCw aria-hidden />
              </Button>
            </Tooltip>
          </div>
        )}
        <div className="flex items-center gap-1">
          {mayEdit && place ? <TabSwitch tab={tab} onChange={preview.setTab} /> : <h2 className="px-1 text-sm font-medium">{t("Preview")}</h2>}
          <div className="ml-auto flex items-center">
            {embeds && listens && tab === "page" && <DeviceSwitch device={device} onChange={chooseDevice} />}
            {side && onTurn && (
              <Tooltip text={side === "beside" ? t("Move below the editor") : t("Move beside the editor")}>
                <Button variant="ghost" size="icon-sm" aria-label={side === "beside" ? t("Move below the editor") : t("Move beside the editor")} onClick={onTurn}>
                  {side === "beside" ? <PanelBottom aria-hidden /> : <Columns2 aria-hidden />}
                </Button>
              </Tooltip>
            )}
            {url && (
              <Tooltip text={t("Open in own tab")}>
                <Button asChild variant="ghost" size="icon-sm">
                  <a href={url} target="_blank" rel="noopener" aria-label={t("Open the preview in a tab of its own")}>
                    <ExternalLink aria-hidden />
                  </a>
                </Button>
              </Tooltip>
            )}
            {place && mayEdit && (
              <Tooltip text={t("Share this port")}>
                <Button variant="ghost" size="icon-sm" aria-label={t("Share this port")} onClick={() => setSharing(true)}>
                  <Link2 aria-hidden />
                </Button>
              </Tooltip>
            )}
            {onClose && (
              <Tooltip text={`${t("Hide the preview")} (${keysOf("preview")})`}>
                <Button variant="ghost" size="icon-sm" aria-label={t("Hide the preview")} onClick={onClose}>
                  <X aria-hidden />
                </Button>
              </Tooltip>
            )}
          </div>
        </div>
      </div>
      <div className="relative min-h-0 flex-1 overflow-auto">
        {error && !ports && (
          <div className="p-4">
            <LoadError error={error} onRetry={retry} />
          </div>
        )}
        {!ports && !error && <Loading />}
        {ports && !listens && tab === "page" && <QuietPreview port={place?.port} ports={ports} onOpen={openPort} />}
        {place && url && listens && (
          // Hidden, not gone, while its requests are looked at: it is what makes them.
          <div className={tab === "page" ? "size-full" : "hidden"}>
            {embeds ? (
              <PreviewFrame key={visit} title={t("Port {port} of {name}", { port: place.port, name: workspace.name })} src={url} device={device} onLoad={() => setLoads((now) => ({ of: visit, count: now.of === visit ? now.count + 1 : 1 }))} />
            ) : (
              <OwnTab url={url} port={place.port} />
            )}
          </div>
        )}
        {place && tab === "requests" && (
          <Suspense fallback={<Loading />}>
            <Inspector key={place.port} workspaceId={workspace.id} port={place.port} />
          </Suspense>
        )}
      </div>
      <Suspense fallback={null}>
        {sharing && place && <PortShareDialog workspace={workspace} port={place.port} onClose={() => setSharing(false)} />}
      </Suspense>
    </section>
  );
}

/** In place of the frame where browsers would deny it its storage in one. */
function OwnTab({ url, port }: { url: string; port: number }) {
  return (
    <div className="mx-auto grid max-w-md justify-items-start gap-3 px-6 py-12 text-sm">
      <p>{t("Something listens on port {port}. It opens in a tab of its own.", { port })}</p>
      <Button asChild>
        <a href={url} target="_blank" rel="noopener">
          <ExternalLink aria-hidden /> {t("Open port {port}", { port })}
        </a>
      </Button>
    </div>
  );
}

function readDevice(): Device {
  const name = kept.read(deviceKey);
  return name !== null && name in devices ? (name as Device) : "full";
}
