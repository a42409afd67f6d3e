//! Recordings as sound a browser plays: WAV, 16-bit linear, stereo, 8 kHz, made on the way out.

use std::io;
use std::ops::RangeInclusive;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use tipring_line::CallId;
use tipring_store::Listening;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};

use crate::document::ReadOneProblems;
use crate::extract::{Parameters, PathPart, Peer};
use crate::routes::calls::{no_such_call, read_call, within};
use crate::session::Session;
use crate::state::RecordingReader;
use crate::{ApiState, Problem};

/// Bytes of the RIFF, `fmt ` and `data` headers before the samples.
const HEADER_BYTES: u64 = 44;
/// Bytes of one sample of both channels.
const SAMPLE_BYTES: u64 = 4;
/// How many samples are converted at a time: two seconds.
const CHUNK_SAMPLES: usize = 16_000;
/// How many pieces may wait for the listener.
const PIECES_MAX: usize = 2;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordingQuery {
    /// Which of the call's recordings, from 1; the first where it is not given.
    #[param(minimum = 1)]
    part: Option<u32>,
}

/// A WAV file: 16-bit linear, stereo, 8 kHz.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document")]
pub(crate) struct Sound(Vec<u8>);

/// The sound of a call, the caller on the left, the agent on the right. Parts of it by `Range`.
#[utoipa::path(
    get, path = "/api/calls/{call}/recording", tag = "calls",
    params(
        ("call" = CallId, Path, description = "The call"), RecordingQuery,
        ("Range" = Option<String>, Header, description = "One range of bytes (RFC 9110, 14.2)"),
    ),
    responses(
        (status = 200, body = Sound, content_type = "audio/wav", description = "All of it"),
        (status = 206, body = Sound, content_type = "audio/wav", description = "The range"),
        ReadOneProblems,
        (status = 416, body = Problem, content_type = "application/problem+json",
            description = "There is nothing in that range"),
    )
)]
pub(crate) async fn recording(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(call): PathPart<CallId>,
    Parameters(query): Parameters<RecordingQuery>,
    Peer(address): Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let part = query.part.unwrap_or(1);
    let within = within(&state, &session);
    let find = move |state: &ApiState| {
        if within.is_some() {
            read_call(state, call, within)?;
        }
        let (reader, path) = open(state, call, part)?;
        // Nobody hears a recording of which the log does not say so.
        let at = state.inner.clock.wall();
        let (who, address) = (session.name, address.to_string());
        let listening = Listening { at, who, address, call, part, path };
        state.inner.store.log_listening(listening)?;
        Ok(reader)
    };
    let reader = state.blocking(find).await?;
    let samples = reader.samples().min((u64::from(u32::MAX) - HEADER_BYTES) / SAMPLE_BYTES);
    let bytes = HEADER_BYTES + samples * SAMPLE_BYTES;
    let tag = format!("\"{call}-{part}-{samples}\"");
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // A range of another state of the file would not fit to what the player has (RFC 9110, 13.1.5).
    let range = text(header::RANGE)
        .filter(|_| text(header::IF_RANGE).is_none_or(|condition| condition == tag));
    let (status, range) = match range.map_or(Range::All, |text| parse_range(text, bytes)) {
        Range::All => (StatusCode::OK, 0..=bytes - 1),
        Range::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Range::Nothing => return Ok(nothing_there(bytes)),
    };
    let mut response = Response::new(stream(reader, samples, range.clone()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, (range.end() - range.start() + 1).into());
    insert(headers, header::ETAG, tag);
    let name = format!("inline; filename=\"call-{call}-{part}.wav\"");
    insert(headers, header::CONTENT_DISPOSITION, name);
    if status == StatusCode::PARTIAL_CONTENT {
        let place = format!("bytes {}-{}/{bytes}", range.start(), range.end());
        insert(headers, header::CONTENT_RANGE, place);
    }
    Ok(response)
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: String) {
    let value = HeaderValue::try_from(value).expect("made of digits and ASCII words");
    headers.insert(name, value);
}

/// The recording, and its file's name.
fn open(
    state: &ApiState,
    call: CallId,
    part: u32,
) -> Result<(Box<dyn RecordingReader>, String), Problem> {
    let reader = state.reader();
    let recordings = reader.recordings(call)?;
    let Some(row) = part.checked_sub(1).and_then(|index| recordings.get(index as usize)) else {
        if recordings.is_empty() && reader.call(call)?.is_none() {
            return Err(no_such_call(call));
        }
        let detail = format!("call {call} has {} recordings", recordings.len());
        return Err(Problem::not_found("no-such-recording", detail));
    };
    let opened = state.inner.recordings.open(&row.path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => {
            let detail = format!("the file {} is no longer there", row.path);
            Problem::not_found("recording-gone", detail)
        }
        _ => Problem::internal(format!("the recording {} cannot be read: {e}", row.path)),
    })?;
    Ok((opened, row.path.clone()))
}

/// What a `Range` header asks for.
#[derive(PartialEq, Eq, Debug)]
enum Range {
    /// All, since it is none that we know, or several.
    All,
    Part(RangeInclusive<u64>),
    Nothing,
}

/// Reads a `Range` header for a body of `bytes`, which is never empty (RFC 9110, section 14.1.2).
fn parse_range(text: &str, bytes: u64) -> Range {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|r| r.trim().split_once('-'))
    else {
        return Range::All;
    };
    let end = bytes - 1;
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return Range::All;
    }
    // What is too large for a number is past the end.
    let number = |s: &str| s.parse().unwrap_or(u64::MAX);
    match (first, last) {
        ("", "") => Range::All,
        ("", count) => match number(count) {
            0 => Range::Nothing,
            count => Range::Part(bytes.saturating_sub(count)..=end),
        },
        (first, _) if number(first) > end => Range::Nothing,
        (first, "") => Range::Part(number(first)..=end),
        (first, last) if number(first) > number(last) => Range::All,
        (first, last) => Range::Part(number(first)..=number(last).min(end)),
    }
}

fn nothing_there(bytes: u64) -> Response {
    let title = "There is nothing in that range";
    let detail = format!("the sound has {bytes} bytes");
    let problem =
        Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "range-not-satisfiable", title, detail);
    let mut response = axum::response::IntoResponse::into_response(problem);
    insert(response.headers_mut(), header::CONTENT_RANGE, format!("bytes */{bytes}"));
    response
}

/// The header of a WAV of that many samples (RIFF WAVE, `WAVE_FORMAT_PCM`).
fn wav_header(samples: u64) -> [u8; HEADER_BYTES as usize] {
    let data_bytes = (samples * SAMPLE_BYTES) as u32;
    let mut header = [0; HEADER_BYTES as usize];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        header[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(b"RIFF");
    put(&(data_bytes + HEADER_BYTES as u32 - 8).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16u32.to_le_bytes());
    put(&1u16.to_le_bytes()); // linear
    put(&2u16.to_le_bytes()); // channels
    put(&8000u32.to_le_bytes()); // samples a second
    put(&32_000u32.to_le_bytes()); // bytes a second
    put(&(SAMPLE_BYTES as u16).to_le_bytes());
    put(&16u16.to_le_bytes()); // bits a sample
    put(b"data");
    put(&data_bytes.to_le_bytes());
    header
}

/// The bytes of `range`, converted piece by piece as the listener takes them.
fn stream(reader: Box<dyn RecordingReader>, samples: u64, range: RangeInclusive<u64>) -> Body {
    let (pieces, stream) = mpsc::channel(PIECES_MAX);
    // The task ends when the body is dropped, since then nobody takes its pieces.
    tokio::spawn(async move {
        let mut source = Source { reader, samples, next: *range.start(), end: *range.end() + 1 };
        loop {
            let read = tokio::task::spawn_blocking(move || {
                let piece = source.piece();
                (source, piece)
            });
            let Ok((returned, piece)) = read.await else { return };
            source = returned;
            match piece {
                Ok(None) => return,
                Ok(Some(bytes)) => {
                    if pieces.send(Ok(bytes)).await.is_err() {
                        return;
                    }
                }
                // A body that breaks off tells the player that something is wrong.
                Err(e) => {
                    let _ = pieces.send(Err(e)).await;
                    return;
                }
            }
        }
    });
    Body::from_stream(ReceiverStream::new(stream))
}

/// The WAV as it would be on a disk, read from byte `next` to before `end`.
struct Source {
    reader: Box<dyn RecordingReader>,
    samples: u64,
    next: u64,
    end: u64,
}

impl Source {
    fn piece(&mut self) -> io::Result<Option<Bytes>> {
        if self.next >= self.end {
            return Ok(None);
        }
        let piece = if self.next < HEADER_BYTES {
            let end = self.end.min(HEADER_BYTES);
            wav_header(self.samples)[self.next as usize..end as usize].to_vec()
        } else {
            self.sound()?
        };
        self.next += piece.len() as u64;
        Ok(Some(piece.into()))
    }

    fn sound(&mut self) -> io::Result<Vec<u8>> {
        let place = self.next - HEADER_BYTES;
        let first = place / SAMPLE_BYTES;
        let past = (self.end - HEADER_BYTES).div_ceil(SAMPLE_BYTES);
        let mut samples = vec![[0; 2]; (past - first).min(CHUNK_SAMPLES as u64) as usize];
        let count = self.reader.read(first, &mut samples)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        samples.truncate(count);
        let bytes = samples.iter().flatten().flat_map(|value| value.to_le_bytes());
        // A range may begin and end within a sample.
        let left = (self.end - self.next) as usize;
        Ok(bytes.skip((place % SAMPLE_BYTES) as usize).take(left).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        for (text, range) in [
            ("bytes=0-", Range::Part(0..=99)),
            ("bytes=0-0", Range::Part(0..=0)),
            ("bytes=90-200", Range::Part(90..=99)),
            ("bytes=-10", Range::Part(90..=99)),
            ("bytes=-1000", Range::Part(0..=99)),
            ("bytes=0-99999999999999999999999", Range::Part(0..=99)),
            ("bytes=100-", Range::Nothing),
            ("bytes=99999999999999999999999-", Range::Nothing),
            ("bytes=-0", Range::Nothing),
            ("bytes=5-4", Range::All),
            ("bytes=0-1,4-5", Range::All),
            ("bytes=-", Range::All),
            ("bytes=a-b", Range::All),
            ("lines=0-1", Range::All),
        ] {
            assert_eq!(parse_range(text, 100), range, "{text}");
        }
    }
}
