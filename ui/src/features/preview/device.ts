import { msg } from "@/i18n/t";

/** How wide the previewed page believes its window is. */
export type Device = "full" | "tablet" | "phone";

/** Widths in CSS pixels; 0 = what there is. */
export const devices: Record<Device, { width: number; name: string }> = {
  full: { width: 0, name: msg("Full width") },
  tablet: { width: 768, name: msg("Tablet, 768 pixels wide") },
  phone: { width: 390, name: msg("Phone, 390 pixels wide") },
};

/** How a page of that width is drawn into a box: never enlarged, and shrunk to fit its width. */
export function fit(device: Device, box: { width: number; height: number }): { width: number; height: number; scale: number } {
  const width = devices[device].width || box.width;
  const scale = width > 0 ? Math.min(1, box.width / width) : 1;
  return { width, height: scale > 0 ? box.height / scale : 0, scale };
}
