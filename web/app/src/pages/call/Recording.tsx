/** The recording: the browser's own player, and the file to take away. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { duration, size } from "../../app/format";
import { Problem } from "../../parts/Problem";
import type { CallDetail } from "./CallPage";

export function Recording({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  if (call.ended_ms == null && call.recording) {
    return <p className="quiet pad">{t("call.recordingStill")}</p>;
  }
  if (!call.recording) {
    return (
      <p className="quiet pad">
        {t("call.noRecording")} {t("call.noRecordingHint")}
      </p>
    );
  }
  const url = `/api/calls/${call.call}/recording`;
  const file = call.recording_file;
  return (
    <div className="recording">
      <audio
        controls
        preload="metadata"
        src={url}
        aria-label={t("call.player", { call: call.call })}
        onError={() => setFailed(true)}
        onLoadedMetadata={() => setFailed(false)}
      />
      <p className="recording-note">
        <span>{t("call.channels")}</span>
        {file && (
          <span className="figure">
            {duration(file.duration_ms)} · {size(file.bytes)}
          </span>
        )}
        <a className="button small" href={url} download={`call-${call.call}.wav`}>
          {t("call.download")}
        </a>
      </p>
      <Problem error={failed ? t("call.playFailed") : null} />
    </div>
  );
}
