import { skipToken, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { checkQuery } from "@/api/queries/templates";
import type { Checkable, Finding } from "@/api/types";
import { same } from "./definition";

const pauseMs = 600;

/** What the server finds wrong, asked a moment after the last change. Undefined is not checked. */
export function useCheck(subject: Checkable | undefined) {
  const [settled, setSettled] = useState(subject);
  const isSettled = same(settled, subject);
  useEffect(() => {
    if (isSettled) return;
    const timer = setTimeout(() => setSettled(subject), pauseMs);
    return () => clearTimeout(timer);
  }, [subject, isSettled]);
  const query = checkQuery(settled ?? { nix: "" });
  const check = useQuery({ ...query, queryFn: settled ? query.queryFn : skipToken });
  const findings: Finding[] = (subject && check.data?.problems) || [];
  return {
    findings,
    checking: subject !== undefined && (!isSettled || check.isFetching),
    /** Why it could not be checked. */
    error: subject && isSettled ? check.error : null,
    retry: () => void check.refetch(),
  };
}
