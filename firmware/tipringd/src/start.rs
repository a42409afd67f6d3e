//! The first start: passwords made, configuration written; and what every start tells.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use anyhow::Context;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tipring_acd::{DeskConfig, Memory};
use tipring_clock::WallTime;
use tipring_config::{Document, Resolved, first_document};
use tipring_store::{AuditEntry, Store};

use crate::options::DaemonOptions;
use crate::passwords::new_password;
use crate::settings::OwnedSite;

/// The file that keeps the administrator's first password until it has been changed.
const FIRST_PASSWORD_FILE: &str = "first-password";

/// The configuration in force; made at the first start.
///
/// # Errors
/// The stored configuration does not fit this board any more: says what and how to mend it.
pub(crate) fn configuration(
    store: &Store,
    site: &OwnedSite,
    wall: WallTime,
) -> anyhow::Result<(Document, Resolved)> {
    let document = match store.reader().configuration()? {
        Some(stored) => Document::parse(&stored.toml).with_context(|| {
            format!("version {} of the stored configuration cannot be read", stored.version)
        })?,
        None => {
            let first = first_document(site.ports(), new_password)?;
            let told =
                AuditEntry::new(wall, "first start", "configuration-changed", "configuration");
            store.save_configuration(&first.document.to_toml(), told)?;
            first.document
        }
    };
    let resolved = site
        .resolve(&document)
        .context("the stored configuration does not fit this board; start with the board it was made for, export it, and import a changed one")?;
    Ok((document, resolved))
}

/// How far back the log is read for what queues and agents must not forget.
const MEMORY_US: i64 = 7 * 86_400 * 1_000_000;

/// What the log tells of queues and agents.
///
/// # Errors
/// The log cannot be read.
pub(crate) fn memory(store: &Store, desk: &DeskConfig, wall: WallTime) -> anyhow::Result<Memory> {
    let mut memory = Memory::new(desk);
    let since = WallTime::from_unix_micros(wall.unix_micros().saturating_sub(MEMORY_US));
    store.reader().replay(since, |event| memory.write(event.at, &event.kind))?;
    Ok(memory)
}

/// The administrator's first password, as long as it has not been changed.
///
/// # Errors
/// The state folder cannot be written.
pub(crate) fn first_password(
    store: &Store,
    state: &Path,
    wall: WallTime,
) -> anyhow::Result<Option<String>> {
    let file = state.join(FIRST_PASSWORD_FILE);
    if let Some(password) = store.first_administrator(wall, &mut StdRng::from_os_rng())? {
        write_private(&file, &password)?;
        return Ok(Some(password));
    }
    let still_first =
        store.reader().user("admin")?.is_some_and(|administrator| administrator.must_change);
    if still_first {
        return Ok(std::fs::read_to_string(&file).ok());
    }
    // Once it has been changed it need not lie about.
    match std::fs::remove_file(&file) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.into()),
        _ => Ok(None),
    }
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(file.write_all(text.as_bytes())?)
}

/// What a person needs to know to begin.
pub(crate) fn banner(
    options: &DaemonOptions,
    document: &Document,
    first_password: Option<&str>,
    addresses: &[IpAddr],
) -> String {
    let host = |address: SocketAddr| match address.ip() {
        ip if ip.is_unspecified() => {
            let shown = addresses.first().copied().unwrap_or(IpAddr::from([127, 0, 0, 1]));
            SocketAddr::new(shown, address.port())
        }
        _ => address,
    };
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\n  Tipring is ready.\n");
    let _ = writeln!(text, "  Web page       http://{}", host(options.http));
    let _ = match first_password {
        Some(password) => writeln!(
            text,
            "  Administrator  admin, password {password} (to be changed at the first login)"
        ),
        None => writeln!(text, "  Administrator  admin, with the password you have set"),
    };
    let _ = writeln!(text, "  SIP            {} (UDP and TCP)", host(options.sip));
    for extension in document.extensions.iter().take(8) {
        if let (Some(number), Some(secret)) = (extension.number, &extension.secret) {
            let _ = writeln!(text, "  SIP account    {number}, password {secret}");
        }
    }
    for agent in document.agents.iter().take(4) {
        let (number, password) = (agent.work_number, &agent.password.0);
        let log_in = &document.features.agent_log_in;
        let _ = writeln!(text, "  Agent          {number}: dial {log_in}{number}#{password}#");
    }
    let _ = write!(text, "{}", first_call(document, &options.state));
    text
}

/// How to place a first call.
fn first_call(document: &Document, state: &Path) -> String {
    let line = document.lines.first().map_or("fxo-1", |l| l.port.as_str());
    let state = match state.to_str() {
        Some("state") | None => String::new(),
        Some(other) => format!(" --state {other}"),
    };
    format!(
        "\n  First call: register a SIP phone with an account above, log an agent in from it,\n  \
         and have the street ring the first line:\n\n    \
         target/release/tipring{state} sim call --line {line} --from 13800138000 --press 1@12s --for 60s\n\n  \
         Without a phone: ./box run --demo. Everything else: ./box help\n"
    )
}
