import type { FileUIPart } from "ai";
import { t } from "@/i18n/t";

/** What models can look at. Nothing else is sent. */
export const pictureTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"];

const mib = 2 ** 20;
// The server's limits for one message: said here so that nobody uploads in vain.
const limits = { each: 2 * mib, together: 3.5 * mib, count: 8 };

/** Bytes behind a data: URL in base64. */
export function pictureBytes(picture: FileUIPart): number {
  const data = picture.url.slice(picture.url.indexOf(",") + 1);
  return Math.floor((data.length * 3) / 4) - (data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0);
}

/** Those of the files that may go with what is attached, and why others may not. */
export function admit(files: File[], attached: FileUIPart[]): { taken: File[]; refused: string[] } {
  let count = attached.length;
  let bytes = attached.reduce((sum, picture) => sum + pictureBytes(picture), 0);
  const taken: File[] = [];
  const refused: string[] = [];
  for (const file of files) {
    const name = file.name || t("The picture");
    if (!pictureTypes.includes(file.type)) refused.push(t("{name} is no PNG, JPEG, GIF or WebP picture.", { name }));
    else if (file.size > limits.each) refused.push(t("{name} is larger than 2 MiB.", { name }));
    else if (count >= limits.count) refused.push(t("{name} is one too many: {count} pictures go with a message.", { name, count: limits.count }));
    else if (bytes + file.size > limits.together) refused.push(t("{name} does not fit: pictures of a message may have 3.5 MiB together.", { name }));
    else {
      taken.push(file);
      count++;
      bytes += file.size;
    }
  }
  return { taken, refused };
}

export function readPicture(file: File): Promise<FileUIPart> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve({ type: "file", mediaType: file.type, filename: file.name || undefined, url: String(reader.result) }));
    reader.addEventListener("error", () => reject(new Error(t("{name} could not be read.", { name: file.name || t("The picture") }))));
    reader.readAsDataURL(file);
  });
}

/** Whether a file of a message is a picture that is in the message itself. */
export function isShown(file: FileUIPart): boolean {
  return pictureTypes.some((type) => file.url.startsWith(`data:${type};base64,`));
}
