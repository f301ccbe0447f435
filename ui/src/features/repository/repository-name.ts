/** How a repository is called on screen: owner/name, or the host and path of an address. */
export function repositoryName(repo: string): string {
  return repo.replace(/^https?:\/\//, "").replace(/\.git$/, "");
}
