/** How long ago something began, ticking by the box's clock. */
import { useBoxNow } from "../app/clock";
import { duration } from "../app/format";

export function Ticking({ since, className }: { since: number; className?: string }) {
  const now = useBoxNow();
  return <span className={`figure ${className ?? ""}`}>{duration(now - since)}</span>;
}
