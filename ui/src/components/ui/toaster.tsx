import { Toaster as Sonner } from "sonner";
import { useDark } from "@/theme/theme";

export function Toaster() {
  return (
    <Sonner
      theme={useDark() ? "dark" : "light"}
      position="bottom-right"
      closeButton
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
