import { Monitor, Smartphone, Tablet } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { t } from "@/i18n/t";
import { type Device, devices } from "./device";

const icons = { full: Monitor, tablet: Tablet, phone: Smartphone };

/** How wide the page is shown. */
export function DeviceSwitch({ device, onChange }: { device: Device; onChange: (device: Device) => void }) {
  return (
    <div role="group" aria-label={t("Width of the page")} className="flex max-md:hidden">
      {(Object.keys(devices) as Device[]).map((name) => {
        const Icon = icons[name];
        const label = t(devices[name].name);
        return (
          <Tooltip key={name} text={label}>
            <Button variant="ghost" size="icon-sm" aria-label={label} aria-pressed={name === device} onClick={() => onChange(name)} className="aria-pressed:bg-muted">
              <Icon aria-hidden />
            </Button>
          </Tooltip>
        );
      })}
    </div>
  );
}
