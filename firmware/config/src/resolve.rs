//! From the document to what each machine is told.

use std::collections::BTreeMap;

use tipring_acd::AcdConfig;
use tipring_ivr::Flow;
use tipring_line::{Number, PortId, PortKind};
use tipring_switch::{
    DialRule, ExtensionConfig, LineConfig, LineNumber, RingingRules, SwitchConfig, TrunkConfig,
};

use crate::document::{Document, ExtensionEntry, LineEntry, LineRingEntry, SipEntry, TrunkEntry};
use crate::error::{ConfigError, nearest};
use crate::handset::HandsetEntry;
use crate::prompt::PromptEntry;
use crate::span::SpanEntry;

/// The most inside numbers, lines and trunks a document may hold (the large box has 1,000).
const EXTENSIONS_MAX: usize = 4000;

/// A socket of the board.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BoardPort {
    /// Its id.
    pub id: PortId,
    /// What is printed beside it.
    pub label: String,
    /// Which end of a line it is.
    pub kind: PortKind,
}

/// What a document may name that is not in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Site<'a> {
    /// The board's sockets.
    pub ports: &'a [BoardPort],
    /// The labels of the board's E1 sockets; unchecked where they are not known.
    pub spans: Option<&'a [&'a str]>,
    /// The codes of the R2 variants there are; unchecked where they are not known.
    pub r2_variants: Option<&'a [&'a str]>,
    /// The keys of the prompts there are; unchecked where they are not known.
    pub prompts: Option<&'a [&'a str]>,
    /// The codes of the countries whose lines are known; unchecked where they are not known.
    pub countries: Option<&'a [&'a str]>,
}

/// A phone's SIP account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SipAccount {
    /// The number, which is the user.
    pub number: Number,
    /// The password.
    pub secret: String,
}

/// A document with every name led to what it names.
#[derive(Clone, PartialEq, Debug)]
pub struct Resolved {
    /// For the switch.
    pub switch: SwitchConfig,
    /// For the queues.
    pub acd: AcdConfig,
    /// For the flows.
    pub flows: Vec<Flow>,
    /// The site's own prompts.
    pub prompts: Vec<PromptEntry>,
    /// What concerns every SIP phone.
    pub sip: SipEntry,
    /// The country of the analog lines.
    pub country: String,
    /// For the analog lines, by their sockets' labels.
    pub lines: Vec<LineEntry>,
    /// Which extension is at which handset socket, by the sockets' labels.
    pub sockets: BTreeMap<String, Number>,
    /// For the handsets whose settings are not the usual ones, by their sockets' labels.
    pub handsets: BTreeMap<String, HandsetEntry>,
    /// The distinctive cadences of handsets, in milliseconds, on and off in turn.
    pub ring_cadences: Vec<Vec<u16>>,
    /// For the registrar.
    pub accounts: Vec<SipAccount>,
    /// For the SIP driver, in the order of the switch's trunks.
    pub trunks: Vec<TrunkEntry>,
    /// For the E1 side, in the order of the switch's spans.
    pub spans: Vec<SpanEntry>,
}

impl Document {
    /// Checks the document as a whole against the site and resolves it.
    ///
    /// # Errors
    /// The first thing that is wrong, with where it stands.
    pub fn resolve(&self, site: Site<'_>) -> Result<Resolved, ConfigError> {
        crate::check::check(self, site)?;
        let ports = site.ports;
        let mut extensions = Vec::new();
        let mut accounts = Vec::new();
        for entry in &self.extensions {
            for number in numbers(entry)? {
                if extensions.iter().any(|e: &ExtensionConfig| e.number == number) {
                    return Err(ConfigError::general(format!("extension {number} stands twice")));
                }
                let port = match &entry.port {
                    Some(label) => Some(find_port(ports, label, PortKind::Fxs)?),
                    None => {
                        accounts.push(account(entry, number)?);
                        None
                    }
                };
                extensions.push(ExtensionConfig {
                    number,
                    name: entry.name.clone(),
                    class: entry.class,
                    port,
                    features: entry.features.clone(),
                });
            }
        }
        Ok(Resolved {
            switch: SwitchConfig {
                language: self.language,
                offset_minutes: self.offset_minutes,
                max_calls: self.max_calls,
                ring_s: self.ring_s,
                ringing: RingingRules {
                    internal: self.ringing.internal,
                    external: self.ringing.external,
                },
                recording: self.recording.clone(),
                tell_agent: self.tell_agent,
                extensions,
                lines: self.resolved_lines(ports)?,
                trunks: self.trunks.iter().map(switch_trunk).collect(),
                spans: self.spans.iter().map(SpanEntry::for_switch).collect(),
                groups: self.groups.clone(),
                emergency: self.emergency.clone(),
                dial: self.dial_rules()?,
                features: self.features.clone(),
                forward_no_answer_s: self.forward_no_answer_s,
                parking: self.parking.clone(),
                speed_dial: self.speed_dial.clone(),
                do_not_call: self.do_not_call.clone(),
            },
            acd: self.acd(),
            flows: self.flows.clone(),
            prompts: self.prompts.clone(),
            sip: self.sip.clone(),
            country: self.country.clone(),
            lines: self.lines.clone(),
            sockets: self.sockets(),
            handsets: self.handsets(),
            ring_cadences: self.ringing.cadences.clone(),
            accounts,
            trunks: self.trunks.clone(),
            spans: self.spans.clone(),
        })
    }

    /// What the queues are told.
    fn acd(&self) -> AcdConfig {
        AcdConfig {
            queues: self.queues.clone(),
            agents: self.agents.clone(),
            lock_out: self.lock_out.clone(),
            groups: self.agent_groups.clone(),
            reasons: self.reasons.clone(),
            vips: self.vips.clone(),
            called: self.called.clone(),
            calendars: self.calendars.clone(),
            desk: self.desk.clone(),
        }
    }

    /// The site's own dial rules and, after them, those of the country's numbering.
    fn dial_rules(&self) -> Result<Vec<DialRule>, ConfigError> {
        let mut rules = self.dial.clone();
        if let Some(numbering) = &self.numbering {
            rules.extend(crate::numbering::rules(numbering)?);
        }
        Ok(rules)
    }

    fn sockets(&self) -> BTreeMap<String, Number> {
        let entries = self.extensions.iter();
        entries.filter_map(|e| Some((e.port.clone()?, e.number?))).collect()
    }

    fn handsets(&self) -> BTreeMap<String, HandsetEntry> {
        let entries = self.extensions.iter();
        entries.filter_map(|e| Some((e.port.clone()?, e.handset.clone()?))).collect()
    }

    fn resolved_lines(&self, ports: &[BoardPort]) -> Result<Vec<LineConfig>, ConfigError> {
        let mut lines: Vec<LineConfig> = Vec::new();
        for entry in &self.lines {
            let port = find_port(ports, &entry.port, PortKind::Fxo)?;
            if lines.iter().any(|l| l.port == port) {
                return Err(ConfigError::general(format!("line {} stands twice", entry.port)));
            }
            lines.push(LineConfig {
                port,
                name: entry.port.clone(),
                number: entry.number,
                flow: entry.flow.clone(),
                // The analog driver offers a call with its caller id already read.
                caller_id_ms: 0,
                direction: entry.direction,
                ringing: entry.ringing,
                numbers: entry.rings.iter().map(further_number).collect(),
                messages: entry.messages,
            });
        }
        Ok(lines)
    }
}

fn further_number(ring: &LineRingEntry) -> LineNumber {
    LineNumber { number: ring.number, flow: ring.flow.clone(), ringing: ring.ringing }
}

fn switch_trunk(entry: &TrunkEntry) -> TrunkConfig {
    TrunkConfig { name: entry.name.clone(), flow: entry.flow.clone(), caller: entry.caller }
}

fn account(entry: &ExtensionEntry, number: Number) -> Result<SipAccount, ConfigError> {
    match entry.secret.as_deref() {
        Some(secret) if !secret.is_empty() => Ok(SipAccount { number, secret: secret.to_owned() }),
        _ => Err(ConfigError::general(format!(
            "extension {number} has no `secret`; a SIP account needs one (a handset has a `port`)"
        ))),
    }
}

/// The numbers of an entry: one, or all of its range.
fn numbers(entry: &ExtensionEntry) -> Result<Vec<Number>, ConfigError> {
    match (&entry.number, &entry.range) {
        (Some(number), None) => Ok(vec![*number]),
        (None, Some(range)) => range_numbers(range),
        (Some(number), Some(_)) => Err(ConfigError::general(format!(
            "extension {number} has a `number` and a `range`; it may have one of them"
        ))),
        (None, None) => {
            Err(ConfigError::general("an extension has neither a `number` nor a `range`"))
        }
    }
}

fn range_numbers(range: &str) -> Result<Vec<Number>, ConfigError> {
    let wrong = |why: &str| ConfigError::general(format!("range `{range}` {why}"));
    let form = "is not of the form 8001-8100, with as many digits on both sides";
    let (first, last) = range.split_once('-').ok_or_else(|| wrong(form))?;
    let digits = first.len();
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if digits != last.len() || digits > 9 || !all_digits(first) || !all_digits(last) {
        return Err(wrong(form));
    }
    let number = |s: &str| s.parse::<usize>().map_err(|_| wrong(form));
    let (first, last) = (number(first)?, number(last)?);
    if last < first || last - first >= EXTENSIONS_MAX {
        return Err(wrong(&format!("has to go up, by less than {EXTENSIONS_MAX} numbers")));
    }
    (first..=last).map(|n| format!("{n:0digits$}").parse().map_err(|_| wrong(form))).collect()
}

fn find_port(ports: &[BoardPort], label: &str, kind: PortKind) -> Result<PortId, ConfigError> {
    let of_kind = || ports.iter().filter(|p| p.kind == kind);
    if let Some(port) = of_kind().find(|p| p.label == label) {
        return Ok(port.id);
    }
    let what = match kind {
        PortKind::Fxo => "exchange-line socket (FXO)",
        PortKind::Fxs => "handset socket (FXS)",
    };
    let hint = match nearest(label, of_kind().map(|p| p.label.as_str())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            format!("it has {}", of_kind().map(|p| p.label.as_str()).collect::<Vec<_>>().join(", "))
        }
    };
    Err(ConfigError::general(format!("the board has no {what} `{label}`; {hint}")))
}
