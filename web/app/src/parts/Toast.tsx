/** Short notes about what was just done or refused, read out to those who do not see them. */
import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { problemText } from "./Problem";

interface Note {
  id: number;
  text: string;
  bad: boolean;
}

export interface Notes {
  /** Says that something is done. */
  done(text: string): void;
  /** Says what was refused and why. */
  refused(error: unknown): void;
}

const NotesContext = createContext<Notes>({ done: () => {}, refused: () => {} });
/** At most so many notes are shown at once; the oldest goes first. */
const NOTES_MAX = 3;
const NOTE_MS = 6000;

/** How to leave a note. */
export function useNotes(): Notes {
  return use(NotesContext);
}

export function NotesProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [notes, setNotes] = useState<readonly Note[]>([]);
  const next = useRef(0);
  const add = useCallback((text: string, bad: boolean) => {
    const id = next.current++;
    setNotes((shown) => [...shown, { id, text, bad }].slice(-NOTES_MAX));
    window.setTimeout(() => setNotes((shown) => shown.filter((note) => note.id !== id)), NOTE_MS);
  }, []);
  const value = useMemo<Notes>(
    () => ({
      done: (text) => add(text, false),
      refused: (error) => add(problemText(t, error), true),
    }),
    [add, t],
  );
  return (
    <NotesContext value={value}>
      {children}
      <div className="notes" role="status" aria-live="polite">
        {notes.map((note) => (
          <div key={note.id} className={note.bad ? "note bad" : "note"}>
            {note.text}
          </div>
        ))}
      </div>
    </NotesContext>
  );
}
