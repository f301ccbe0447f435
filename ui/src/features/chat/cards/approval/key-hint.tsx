/** The key of a button, for those who see it; the button names it to others by aria-keyshortcuts. */
export function KeyHint({ children }: { children: string }) {
  return (
    <kbd aria-hidden className="hidden rounded border border-current/40 px-1 font-mono text-[0.6875rem] leading-4 font-normal sm:inline">
      {children}
    </kbd>
  );
}
