/** A badge that leads to this repository at the installation at origin, in Markdown for a README. */
export function badgeMarkdown(origin: string, repo: string, branch: string): string {
  // URLSearchParams encodes the brackets that would end the link.
  const search = new URLSearchParams({ repo, ...(branch && { branch }) });
  return `[![Open in Kalpana](${origin}/badge.svg)](${origin}/new?${search})`;
}
