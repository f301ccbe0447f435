import { useRouter } from "@tanstack/react-router";
import { isPage, returnPath } from "@/lib/return-path";

/** Goes where the visitor wanted to before the login page came in between. */
export function useAfterLogin(): (wanted: string | undefined) => void {
  const router = useRouter();
  return (wanted) => {
    const path = returnPath(wanted);
    // A fragment never reaches the server, but came along over every redirect.
    const whole = path.includes("#") ? path : path + window.location.hash;
    if (isPage(path)) router.history.replace(whole);
    else window.location.replace(whole);
  };
}
