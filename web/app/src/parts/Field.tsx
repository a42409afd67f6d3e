/** A labelled input with a hint. */
import { useId, type InputHTMLAttributes } from "react";

export function Field(
  props: InputHTMLAttributes<HTMLInputElement> & { label: string; hint?: string | undefined },
) {
  const { label, hint, ...input } = props;
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input {...input} id={id} aria-describedby={hint ? `${id}-hint` : undefined} />
      {hint && (
        <p id={`${id}-hint`} className="field-hint">
          {hint}
        </p>
      )}
    </div>
  );
}
