import { useEffect } from "react";
import { Toaster as Sonner } from "sonner";
import { t } from "@/i18n/t";
import { toaster } from "@/lib/toast";
import { useDark } from "@/theme/theme";

/** Where toasts appear. Loaded with the first of them. */
export function Toaster() {
  useEffect(() => toaster.isReady(), []); // sonner's own effect, in the child, has run before
  return (
    <Sonner
      theme={useDark() ? "dark" : "light"}
      position="bottom-right"
      closeButton
      duration={6000} // long enough to read two sentences; it waits while it is pointed at
      containerAriaLabel={t("Notifications")}
      toastOptions={{ closeButtonAriaLabel: t("Close") }}
      style={
        {
          "--normal-bg": "var(--surface)",
          "--normal-text": "var(--foreground)",
          "--normal-border": "var(--border)",
          fontFamily: "inherit",
        } as React.CSSProperties
      }
    />
  );
}
