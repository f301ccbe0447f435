import { useRouter } from "@tanstack/react-router";
import { isPage, returnPath } from "@/lib/return-path";

/** Goes where the visitor wanted to before the login page came in between. */
export function useAfterLogin(): (wanted: string | undefined) => void {
  const router = useRouter();
  return (wanted) => {
    const path = returnPath(wanted);
    if (isPage(path)) router.history.replace(path);
    else window.location.replace(path);
  };
}
