//! Files and other people's programs, for tests.
#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A file that is deleted when the test is over.
pub(crate) struct TempFile(PathBuf);

impl TempFile {
    pub(crate) fn new(ending: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "tipring-dsp-{}-{}.{ending}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        TempFile(std::env::temp_dir().join(name))
    }

    /// A WAV file of these samples: 8 kHz, mono, 16-bit.
    pub(crate) fn wav(samples: &[i16]) -> Self {
        let file = Self::new("wav");
        std::fs::write(&file.0, wav_bytes(samples)).expect("the folder for temporary files");
        file
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }

    pub(crate) fn samples(&self) -> Vec<i16> {
        read_wav(&self.0)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn wav_bytes(samples: &[i16]) -> Vec<u8> {
    let len = samples.len() as u32 * 2;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + len).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(8000u32.to_le_bytes());
    bytes.extend(16_000u32.to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend(len.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|s| s.to_le_bytes()));
    bytes
}

/// The samples of a WAV file of 8 kHz, mono, 16-bit.
pub(crate) fn read_wav(path: &Path) -> Vec<i16> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let data = bytes.windows(4).position(|w| w == b"data").expect("a data chunk") + 8;
    assert_eq!(bytes[22..28], [1, 0, 0x40, 0x1F, 0, 0], "{}: 8 kHz mono", path.display());
    bytes[data..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

/// Runs a program to its end with this standard input; gives its standard output.
pub(crate) fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|e| panic!("this test needs `{program}` (apt install {program}): {e}"));
    let mut stdin = child.stdin.take().expect("piped above");
    stdin.write_all(input).unwrap_or_else(|e| panic!("{program} does not read: {e}"));
    drop(stdin);
    child.wait_with_output().unwrap_or_else(|e| panic!("{program}: {e}")).stdout
}

/// Every recording of Debian's asterisk-core-sounds-en-wav.
pub(crate) fn speech_files() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("/usr/share/asterisk/sounds/en_US_f_Allison")];
    let mut files = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "wav") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(
        files.len() > 400,
        "this test needs recorded speech (apt install asterisk-core-sounds-en-wav)"
    );
    files
}
