/** The recordings of a call: the browser's own player, and the sound to take away as a file. */
import type { Schema } from "@tipring/client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { dateTime, duration, timeOfDay } from "../../app/format";
import { Problem } from "../../parts/Problem";
import type { CallDetail } from "./CallPage";

export function Recordings({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const { recordings } = call;
  if (recordings.length === 0) {
    return (
      <p className="quiet pad">
        {t("call.noRecording")} {t("call.noRecordingHint")}
      </p>
    );
  }
  return (
    <div className="recordings">
      {recordings.map((recording, index) => (
        <Recording
          key={recording.path}
          call={call.call}
          goesOn={call.ended_ms === null && recording.ended_ms === null}
          recording={recording}
          part={index + 1}
          alone={recordings.length === 1}
        />
      ))}
      <p className="recordings-note quiet">{t("call.channels")}</p>
    </div>
  );
}

function Recording(props: {
  call: number;
  recording: Schema<"Recording">;
  /** Its place among the call's recordings, from 1. */
  part: number;
  alone: boolean;
  /** It grows still, since the call lasts. */
  goesOn: boolean;
}) {
  const { t, i18n } = useTranslation();
  const [failed, setFailed] = useState(false);
  const { call, recording, part } = props;
  if (props.goesOn) return <p className="quiet">{t("call.recordingStill")}</p>;
  if (recording.removed_ms !== null) {
    const why = recording.removed_because ?? "age";
    return (
      <p className="quiet">
        {t("call.recordingRemoved", {
          time: dateTime(recording.removed_ms, i18n.language),
          why: t(`eventWord.removal.${why}`),
        })}
      </p>
    );
  }
  const url = `/api/calls/${call}/recording?part=${part}`;
  return (
    <div className="recording">
      <audio
        controls
        preload="metadata"
        src={url}
        aria-label={t("call.player", { call })}
        onError={() => setFailed(true)}
        onLoadedMetadata={() => setFailed(false)}
      />
      <a className="button" href={url} download={`call-${call}-${part}.wav`}>
        {t("call.download")}
      </a>
      {!props.alone && (
        <p className="recording-facts quiet figure">
          {timeOfDay(recording.began_ms, i18n.language)}
          {recording.duration_ms !== null && ` · ${duration(recording.duration_ms)}`}
        </p>
      )}
      <Problem error={failed ? t("call.playFailed") : null} />
    </div>
  );
}
