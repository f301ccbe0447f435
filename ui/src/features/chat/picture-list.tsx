import type { FileUIPart } from "ai";
import { ImageOff, X } from "lucide-react";
import { t } from "@/i18n/t";
import { isShown } from "./pictures";

interface PictureListProps {
  pictures: FileUIPart[];
  onRemove?: (index: number) => void;
}

/** Pictures of a message, small. What is not in the message itself is named and not loaded. */
export function PictureList({ pictures, onRemove }: PictureListProps) {
  if (pictures.length === 0) return null;
  return (
    <ul aria-label={t("Pictures")} className="flex flex-wrap gap-2">
      {pictures.map((picture, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- one may be attached twice
        <li key={index} className="relative">
          {isShown(picture) ? (
            <img src={picture.url} alt={picture.filename ?? t("Picture {index}", { index: index + 1 })} className="size-16 rounded-lg border border-border object-cover" />
          ) : (
            <span className="flex h-16 items-center gap-1.5 rounded-lg border border-border px-3 text-xs text-muted-foreground">
              <ImageOff aria-hidden className="size-4" /> {picture.filename ?? picture.mediaType}
            </span>
          )}
          {onRemove && (
            <button
              type="button"
              aria-label={picture.filename === undefined ? t("Remove picture {index}", { index: index + 1 }) : t("Remove {name}", { name: picture.filename })}
              onClick={() => onRemove(index)}
              className="absolute -top-2 -right-2 grid size-6 place-items-center rounded-full border border-border bg-surface text-muted-foreground shadow-card hover:text-foreground"
            >
              <X aria-hidden className="size-3.5" />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
