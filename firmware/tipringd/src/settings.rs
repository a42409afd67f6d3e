//! What each machine is told, made from the configuration, the board and the command line.

use std::net::{IpAddr, SocketAddr};

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use tipring_board::Board;
use tipring_clock::{Clock, Duration, Instant, RealClock, WallTime};
use tipring_config::{
    BoardPort, ConfigError, Digest, Document, Resolved, Site, TrunkDtmf, TrunkEntry, TrunkTransport,
};
use tipring_media::MediaConfig;
use tipring_sip::{
    Config as SipConfig, DigestAlgorithm, DtmfMode, ExtensionConfig, LocalAddress, NetworkAddress,
    Transport, TrunkAccess, TrunkConfig,
};
use tipring_tts::{Catalogue, Lang};

use crate::core::CoreConfig;
use crate::options::DaemonOptions;

/// The board's ports as the configuration names them.
fn board_ports(board: &Board) -> Vec<BoardPort> {
    board
        .numbered_ports()
        .map(|(id, port)| BoardPort { id, label: port.label.clone(), kind: port.kind.into() })
        .collect()
}

/// What a configuration may name that is not in it: the board's sockets, the prompts,
/// countries' lines and R2 variants.
#[derive(Clone, Debug)]
pub(crate) struct OwnedSite {
    ports: Vec<BoardPort>,
    prompts: Vec<String>,
    countries: Vec<String>,
    spans: Vec<String>,
    r2_variants: Vec<String>,
}

impl OwnedSite {
    /// What this board, these prompts and these countries' plans have.
    pub(crate) fn new(
        board: &Board,
        prompts: &Catalogue,
        language: Lang,
        countries: Vec<String>,
        r2_variants: Vec<String>,
    ) -> Self {
        let prompts = prompts.prompt_keys(language).into_iter().map(str::to_owned).collect();
        let spans = board.spans.iter().map(|span| span.label.clone()).collect();
        OwnedSite { ports: board_ports(board), prompts, countries, spans, r2_variants }
    }

    /// The board's sockets.
    pub(crate) fn ports(&self) -> &[BoardPort] {
        &self.ports
    }

    /// Resolves a document here.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn resolve(&self, document: &Document) -> Result<Resolved, ConfigError> {
        fn texts(of: &[String]) -> Vec<&str> {
            of.iter().map(String::as_str).collect()
        }
        document.resolve(Site {
            ports: &self.ports,
            prompts: Some(&texts(&self.prompts)),
            countries: Some(&texts(&self.countries)),
            spans: Some(&texts(&self.spans)),
            r2_variants: Some(&texts(&self.r2_variants)),
        })
    }
}

/// What the core is told.
pub(crate) fn core_config(resolved: &Resolved) -> CoreConfig {
    CoreConfig {
        switch: resolved.switch.clone(),
        acd: resolved.acd.clone(),
        flows: resolved.flows.clone(),
    }
}

/// What the media side is told.
pub(crate) fn media_config(
    options: &DaemonOptions,
    resolved: &Resolved,
    clock: &RealClock,
) -> MediaConfig {
    let calls = u16::try_from(resolved.switch.max_calls).unwrap_or(u16::MAX / 4).min(8000);
    let span_channels = resolved.spans.iter().map(|span| span.channels().count_ones() as u16).sum();
    let since_start = clock.now() - Instant::ZERO;
    let start_us = clock.wall().unix_micros() - since_start.as_micros() as i64;
    MediaConfig {
        // Channels of spans are legs for ever, whether they carry a call or not.
        legs_max: calls.saturating_mul(2).max(64).saturating_add(span_channels),
        recordings_max: calls.max(32),
        bind: options.sip.ip(),
        rtp_ports: options.rtp.clone(),
        seed: StdRng::from_os_rng().next_u64(),
        wall_at_zero: WallTime::from_unix_micros(start_us),
        ..MediaConfig::default()
    }
}

/// What the SIP side is told.
///
/// # Errors
/// A trunk's address is none.
pub(crate) fn sip_config(
    resolved: &Resolved,
    local: Vec<LocalAddress>,
) -> Result<SipConfig, ConfigError> {
    let trunks = resolved.trunks.iter().enumerate();
    let calls = resolved.switch.max_calls as usize;
    let mut config = SipConfig {
        local,
        extensions: resolved
            .accounts
            .iter()
            .map(|a| ExtensionConfig { number: a.number, secret: a.secret.clone() })
            .collect(),
        digest: resolved.sip.digest.iter().map(digest).collect(),
        trunks: trunks.map(|(i, t)| sip_trunk(i as u16, t)).collect::<Result<_, _>>()?,
        ..SipConfig::default()
    };
    config.limits.calls = calls.saturating_mul(2);
    Ok(config)
}

fn digest(digest: &Digest) -> DigestAlgorithm {
    match digest {
        Digest::Md5 => DigestAlgorithm::Md5,
        Digest::Sha256 => DigestAlgorithm::Sha256,
    }
}

fn sip_trunk(index: u16, entry: &TrunkEntry) -> Result<TrunkConfig, ConfigError> {
    let access = match &entry.register {
        Some(account) => TrunkAccess::Registration {
            user: account.user.clone(),
            auth_user: account.auth_user.clone(),
            secret: account.secret.clone(),
            expires: Duration::from_secs(u64::from(account.expires_s)),
        },
        None => TrunkAccess::Address(
            entry
                .address
                .iter()
                .map(|text| network_address(text).ok_or_else(|| wrong_address(entry, text)))
                .collect::<Result<_, _>>()?,
        ),
    };
    Ok(TrunkConfig {
        index,
        name: entry.name.clone(),
        access,
        proxy: entry.proxy,
        transport: match entry.transport {
            TrunkTransport::Udp => Transport::Udp,
            TrunkTransport::Tcp => Transport::Tcp,
        },
        domain: entry.domain.clone(),
        default_caller: entry.caller,
        trust_identity: entry.trust_identity,
        dtmf: match entry.dtmf {
            TrunkDtmf::Auto => DtmfMode::Auto,
            TrunkDtmf::Rfc4733 => DtmfMode::Rfc4733,
            TrunkDtmf::Info => DtmfMode::Info,
            TrunkDtmf::InBand => DtmfMode::InBand,
        },
        qualify: (entry.qualify_s > 0).then(|| Duration::from_secs(u64::from(entry.qualify_s))),
    })
}

fn wrong_address(entry: &TrunkEntry, text: &str) -> ConfigError {
    ConfigError {
        line: None,
        column: None,
        message: format!(
            "trunk {}: `{text}` is no address; write 192.0.2.1, 192.0.2.0/24 or 192.0.2.1:5080",
            entry.name
        ),
    }
}

/// A host, a network or one port of a host.
fn network_address(text: &str) -> Option<NetworkAddress> {
    if let Some((address, prefix)) = text.split_once('/') {
        let address: IpAddr = address.parse().ok()?;
        let prefix: u8 = prefix.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        return (prefix <= longest).then_some(NetworkAddress { address, prefix, port: None });
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(NetworkAddress::host(address));
    }
    let address: SocketAddr = text.parse().ok()?;
    Some(NetworkAddress { port: Some(address.port()), ..NetworkAddress::host(address.ip()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trunk_addresses_as_people_write_them() {
        let a = network_address("192.0.2.0/24").unwrap();
        assert!(a.contains("192.0.2.9:5060".parse().unwrap()));
        let a = network_address("192.0.2.1:5080").unwrap();
        assert!(!a.contains("192.0.2.1:5060".parse().unwrap()));
        assert!(network_address("2001:db8::1").is_some());
        for wrong in ["", "192.0.2", "192.0.2.0/33", "carrier.example"] {
            assert!(network_address(wrong).is_none(), "{wrong}");
        }
    }
}
