/** Changing the password: at first login, and later from the settings. */
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useChangePassword, useMe } from "../../app/session";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";

/** The shortest password the box takes, in characters. */
const LENGTH_MIN = 8;

export function PasswordForm({ onDone }: { onDone?: () => void }) {
  const { t } = useTranslation();
  const account = useMe().data?.name ?? "";
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const [shown, setShown] = useState(false);
  const [fault, setFault] = useState<string>();
  const change = useChangePassword();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const found = findFault();
    setFault(found);
    if (found !== undefined) return;
    change.mutate(
      { old, new: fresh },
      {
        onSuccess() {
          setOld("");
          setFresh("");
          setAgain("");
          onDone?.();
        },
      },
    );
  };
  const findFault = (): string | undefined => {
    if (fresh.length < LENGTH_MIN) return t("password.short", { count: LENGTH_MIN });
    if (fresh === old) return t("password.same");
    return fresh === again ? undefined : t("password.differ");
  };
  return (
    <form onSubmit={submit}>
      {/* Tells password keepers whose password it is. */}
      <input hidden readOnly name="name" autoComplete="username" value={account} />
      <Secret
        label={t("password.old")}
        name="old"
        autoComplete="current-password"
        shown={shown}
        value={old}
        onValue={setOld}
      />
      <Secret
        label={t("password.new")}
        name="new"
        shown={shown}
        value={fresh}
        onValue={setFresh}
        hint={t("password.rule", { count: LENGTH_MIN })}
      />
      <Secret
        label={t("password.repeat")}
        name="repeat"
        shown={shown}
        value={again}
        onValue={setAgain}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={shown}
          onChange={(event) => setShown(event.target.checked)}
        />
        {t("password.show")}
      </label>
      <Problem error={fault ?? change.error} />
      <button type="submit" className="button primary wide" disabled={change.isPending}>
        {change.isPending ? t("password.busy") : t("password.submit")}
      </button>
    </form>
  );
}

function Secret(props: {
  label: string;
  name: string;
  autoComplete?: string;
  shown: boolean;
  value: string;
  onValue: (value: string) => void;
  hint?: string;
}) {
  const { shown, onValue, autoComplete = "new-password", ...input } = props;
  return (
    <Field
      {...input}
      type={shown ? "text" : "password"}
      autoComplete={autoComplete}
      required
      maxLength={128}
      onChange={(event) => onValue(event.target.value)}
    />
  );
}
