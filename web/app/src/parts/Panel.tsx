/** A titled part of a page. */
import { useId, type ReactNode } from "react";

export function Panel(props: {
  title: string;
  /** How many things it shows. */
  count?: number | undefined;
  /** What stands at the right of the title. */
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className={`panel ${props.className ?? ""}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{props.title}</h2>
        {props.count !== undefined && <span className="count">{props.count}</span>}
        <div className="panel-aside">{props.aside}</div>
      </header>
      {props.children}
    </section>
  );
}
