/** The configuration as TOML: read from the box, edited, taken away as a file, imported whole. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ApiError, unwrap } from "../../app/api";
import { Dialog } from "../../parts/Dialog";
import { Problem, problemText } from "../../parts/Problem";
import { useNotes } from "../../parts/Toast";
import { around, faultLine, lineRange } from "./lines";

const CONFIG_KEY = ["config"] as const;
/** The largest file worth opening, in bytes. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;

function useConfig() {
  return useQuery({
    queryKey: CONFIG_KEY,
    queryFn: () => unwrap(api.GET("/api/config", { parseAs: "text" })),
    // What a person edits is not replaced behind their back.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function useImport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (toml: string) =>
      unwrap(
        api.PUT("/api/config", {
          body: toml,
          bodySerializer: (text) => text,
          headers: { "content-type": "application/toml" },
        }),
      ),
    // The box keeps the document in a form of its own: what is shown is what it keeps.
    onSuccess: () => client.invalidateQueries({ queryKey: CONFIG_KEY }),
  });
}

export function Configuration() {
  const { t } = useTranslation();
  const config = useConfig();
  const notes = useNotes();
  const [draft, setDraft] = useState<string>();
  const [asking, setAsking] = useState(false);
  const editor = useRef<HTMLTextAreaElement>(null);
  const put = useImport();
  const text = draft ?? config.data ?? "";
  const changed = draft !== undefined && draft !== config.data;
  const edit = (now: string | undefined): void => {
    setDraft(now);
    put.reset();
  };
  const importNow = (): void => {
    setAsking(false);
    put.mutate(text, {
      onSuccess() {
        setDraft(undefined);
        notes.done(t("settings.imported"));
      },
    });
  };
  return (
    <div className="config">
      <p className="quiet pad">{t("settings.lead")}</p>
      <Problem error={config.error} retry={() => void config.refetch()} />
      {put.error && <Fault error={put.error} text={text} editor={editor} />}
      <textarea
        ref={editor}
        className="config-text"
        aria-label={t("settings.editor")}
        spellCheck={false}
        autoCapitalize="off"
        wrap="off"
        rows={24}
        disabled={config.isPending}
        value={text}
        onChange={(event) => edit(event.target.value)}
      />
      <div className="config-actions">
        <button
          type="button"
          className="button primary"
          disabled={!changed || put.isPending}
          onClick={() => setAsking(true)}
        >
          {t(put.isPending ? "settings.importing" : "settings.import")}
        </button>
        <OpenFile onText={edit} />
        <Download text={text} />
        <button
          type="button"
          className="button"
          onClick={() => void config.refetch().then(() => edit(undefined))}
        >
          {t("settings.reload")}
        </button>
        <span className="quiet">{t(changed ? "settings.changed" : "settings.unchanged")}</span>
      </div>
      {asking && <AskImport onImport={importNow} onClose={() => setAsking(false)} />}
    </div>
  );
}

function AskImport(props: { onImport: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("settings.importTitle")} onClose={props.onClose}>
      <p>{t("settings.importLead")}</p>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={props.onClose}>
          {t("common.cancel")}
        </button>
        <button type="button" className="button primary" onClick={props.onImport}>
          {t("settings.import")}
        </button>
      </div>
    </Dialog>
  );
}

/** Why an import was refused, with the line it is about. */
function Fault(props: {
  error: Error;
  text: string;
  editor: { current: HTMLTextAreaElement | null };
}) {
  const { t } = useTranslation();
  const { error, text, editor } = props;
  const line = error instanceof ApiError ? faultLine(error.problem) : undefined;
  const show = (): void => {
    const area = editor.current;
    if (!area || line === undefined) return;
    const { start, end } = lineRange(text, line);
    area.focus();
    area.setSelectionRange(start, end);
    const lineHeight = area.scrollHeight / Math.max(1, text.split("\n").length);
    area.scrollTop = Math.max(0, (line - 4) * lineHeight);
  };
  const words =
    error instanceof ApiError && error.status > 0 && error.status < 500
      ? (error.problem.detail ?? error.problem.title ?? problemText(t, error))
      : problemText(t, error);
  return (
    <div className="problem fault" role="alert">
      <strong>
        {line === undefined ? t("settings.problem") : t("settings.problemAt", { line })}
      </strong>
      <span className="fault-words">{words}</span>
      {line !== undefined && (
        <pre className="excerpt">
          {around(text, line).map((row) => (
            <code key={row.number} className={row.number === line ? "at" : undefined}>
              <span className="figure">{row.number}</span>
              {row.text}
            </code>
          ))}
        </pre>
      )}
      <div className="fault-end">
        <span>{t("settings.untouched")}</span>
        {line !== undefined && (
          <button type="button" className="button small" onClick={show}>
            {t("settings.goto")}
          </button>
        )}
      </div>
    </div>
  );
}

function OpenFile({ onText }: { onText: (text: string) => void }) {
  const { t } = useTranslation();
  const notes = useNotes();
  const input = useRef<HTMLInputElement>(null);
  const open = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    if (file.size > FILE_BYTES_MAX) notes.refused(new Error(t("settings.tooLarge")));
    else onText(await file.text());
  };
  return (
    <>
      <button type="button" className="button" onClick={() => input.current?.click()}>
        {t("settings.choose")}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".toml,text/plain"
        onChange={(event) => {
          void open(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
    </>
  );
}

function Download({ text }: { text: string }) {
  const { t } = useTranslation();
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([text], { type: "application/toml" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "tipring.toml";
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <button type="button" className="button" onClick={save}>
      {t("settings.download")}
    </button>
  );
}
