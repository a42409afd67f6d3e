/** What a line test measured. */
import type { Schema } from "@tipring/client";
import { useTranslation } from "react-i18next";

function of(value: number | null | undefined, unit: string, digits = 0): string | undefined {
  return value === null || value === undefined ? undefined : `${value.toFixed(digits)} ${unit}`;
}

export function Figures({ figures }: { figures: Schema<"LineFigures"> }) {
  const { t } = useTranslation();
  const dialTone = [
    figures.dial_tone_hz.length > 0 ? `${figures.dial_tone_hz.join("+")} Hz` : undefined,
    of(figures.dial_tone_dbm0, "dBm0"),
    figures.dial_tone_after_ms === null
      ? undefined
      : t("lines.dialToneAfter", { ms: figures.dial_tone_after_ms }),
  ].filter((part) => part !== undefined);
  const rows: [string, string | undefined][] = [
    [t("lines.idleVoltage"), of(figures.idle_voltage_v, "V")],
    [t("lines.loopVoltage"), of(figures.loop_voltage_v, "V")],
    [t("lines.loopCurrent"), of(figures.loop_current_ma, "mA")],
    [t("lines.dialTone"), dialTone.length > 0 ? dialTone.join(" · ") : undefined],
    [t("lines.noise"), of(figures.noise_dbm0p, "dBm0p")],
    [t("lines.hum"), of(figures.hum_dbm0, "dBm0")],
    [t("lines.echo"), of(figures.echo_return_loss_db, "dB")],
    [t("lines.balance"), figures.balance === null ? undefined : String(figures.balance)],
    [
      t("lines.callerId"),
      figures.caller_id ? t(`lines.callerIdKind.${figures.caller_id}`) : undefined,
    ],
  ];
  return (
    <dl className="line-figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className={value ? "figure" : "quiet"}>{value ?? t("lines.notMeasured")}</dd>
        </div>
      ))}
    </dl>
  );
}
