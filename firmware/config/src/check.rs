//! What no single line shows: that every name leads somewhere, and none stands twice.

use std::collections::BTreeSet;

use tipring_switch::Target;

use crate::document::{Document, LearntTone, LineEntry, ScreenPop};
use crate::error::{ConfigError, nearest};
use crate::handset;
use crate::resolve::Site;
use crate::retention;

/// Checks names across the document.
pub(crate) fn check(document: &Document, site: Site<'_>) -> Result<(), ConfigError> {
    let names = Names::of(document)?;
    crate::queues::check(document)?;
    check_country(&document.country, site.countries)?;
    for line in &document.lines {
        check_line(line)?;
        let flows = line.rings.iter().map(|ring| &ring.flow).chain([&line.flow]);
        for flow in flows {
            names.flow_if_any(flow.as_deref(), &format!("line {}", line.port))?;
        }
        if let Some(number) = line.messages
            && document.extensions.iter().all(|e| e.number != Some(number))
        {
            return Err(ConfigError::general(format!(
                "line {}: its `messages` are for extension {number}, which does not stand in the \
                 configuration",
                line.port
            )));
        }
    }
    handset::check(document)?;
    if document.sip.digest.is_empty() {
        return Err(ConfigError::general(
            "sip: `digest` names no algorithm, so no phone could register; write [\"MD5\"]",
        ));
    }
    for trunk in &document.trunks {
        check_trunk(trunk)?;
        names.flow_if_any(trunk.flow.as_deref(), &format!("trunk {}", trunk.name))?;
    }
    crate::span::check(&document.spans, site)?;
    for span in &document.spans {
        names.flow_if_any(span.flow.as_deref(), &format!("span {}", span.name))?;
    }
    check_groups(document)?;
    crate::features::check(document)?;
    if let Some(numbering) = &document.numbering {
        names.outside(&numbering.via, "numbering: `via`")?;
        crate::numbering::check(document, numbering)?;
    }
    if !document.emergency.via.is_empty() {
        names.outside(&document.emergency.via, "emergency: `via`")?;
    }
    for rule in &document.dial {
        let place = format!("the dial rule for {}", rule.number);
        match &rule.to {
            Target::Flow(flow) => names.flow(flow, &place)?,
            Target::Queue(queue) => names.queue(queue, &place)?,
            Target::Trunk(outside) => names.outside(&outside.name, &place)?,
            Target::Extension(_) | Target::Feature(_) => {}
        }
    }
    once(document.screen_pops.iter().map(|pop| pop.queue.as_str()), "screen pop for queue")?;
    for pop in &document.screen_pops {
        names.queue(&pop.queue, "a screen pop")?;
        check_template(pop)?;
    }
    retention::check(&document.retention)?;
    for queue in document.retention.rules.iter().filter_map(|rule| rule.queue.as_deref()) {
        names.queue(queue, "a rule of retention")?;
    }
    let own = document.prompts.iter().map(|p| p.key.as_str());
    once(own.clone(), "prompt")?;
    let known: Option<Vec<&str>> = site.prompts.map(|p| p.iter().copied().chain(own).collect());
    check_flows(document, &names, known.as_deref())
}

/// What a screen pop's template may have filled in.
const FILLED_IN: [&str; 6] = ["caller", "name", "called", "call", "queue", "agent"];

fn check_template(pop: &ScreenPop) -> Result<(), ConfigError> {
    let wrong = |what: String| {
        Err(ConfigError::general(format!("the screen pop of queue {}: {what}", pop.queue)))
    };
    if !pop.url.starts_with("http://") && !pop.url.starts_with("https://") {
        return wrong("`url` begins with neither http:// nor https://".to_owned());
    }
    for part in pop.url.split('{').skip(1) {
        let name = part.split_once('}').map(|(name, _)| name);
        if name.is_none_or(|name| !FILLED_IN.contains(&name)) {
            return wrong(format!(
                "`{{{}` in the url is nothing known; known: {{{}}}",
                name.map_or_else(String::new, |name| format!("{name}}}")),
                FILLED_IN.join("}, {")
            ));
        }
    }
    Ok(())
}

fn check_flows(
    document: &Document,
    names: &Names<'_>,
    prompts: Option<&[&str]>,
) -> Result<(), ConfigError> {
    let queues: Vec<&str> = names.queues.iter().copied().collect();
    let calendars: Vec<&str> = document.calendars.iter().map(|c| c.name.as_str()).collect();
    for flow in &document.flows {
        let faults = tipring_ivr::check(
            flow,
            tipring_ivr::Names { queues: &queues, calendars: &calendars, prompts },
        );
        if !faults.is_empty() {
            let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
            return Err(ConfigError::general(texts.join("\n")));
        }
    }
    Ok(())
}

fn check_country(country: &str, known: Option<&[&str]>) -> Result<(), ConfigError> {
    let Some(known) = known.filter(|known| !known.contains(&country)) else { return Ok(()) };
    Err(ConfigError::general(format!(
        "`country` is `{country}`, whose lines are not known; known: {}",
        known.join(", ")
    )))
}

fn check_line(line: &LineEntry) -> Result<(), ConfigError> {
    let wrong = |what: &str| Err(ConfigError::general(format!("line {}: {what}", line.port)));
    if !matches!(line.echo_ms, 0 | 32 | 64) {
        return wrong("`echo_ms` is 32, 64, or 0 for none");
    }
    if [line.gain_tx_db, line.gain_rx_db].iter().any(|gain| !(-12..=12).contains(gain)) {
        return wrong("a gain is -12 to 12 dB");
    }
    if line.flash_ms.is_some_and(|ms| !(50..=1500).contains(&ms)) {
        return wrong("`flash_ms` is 50 to 1500");
    }
    if line.balance > 7 {
        return wrong("`balance` is 0 to 7");
    }
    if line.rings.len() > 4 {
        return wrong("at most four further numbers by `ring`");
    }
    for ring in &line.rings {
        handset::check_cadence(&format!("line {}: `ring`", line.port), &ring.cadence)?;
    }
    if line.learnt.len() > 2 {
        return wrong("at most two learnt tones; take the one away that is not heard any more");
    }
    let fits = |tone: &LearntTone| {
        (1..=2).contains(&tone.hz.len())
            && tone.hz.iter().all(|hz| (200..=3400).contains(hz))
            && (tone.am_hz == 0 || (10..=100).contains(&tone.am_hz))
            && tone.on_off_ms.len() <= 8
            && tone.on_off_ms.len().is_multiple_of(2)
            && tone.on_off_ms.iter().all(|ms| (20..=10_000).contains(ms))
    };
    if !line.learnt.iter().all(fits) {
        return wrong(
            "a learnt tone has one or two frequencies of 200 to 3400 Hz, perhaps modulated by 10 to \
             100 Hz, and up to four pairs of on and off times of 20 to 10000 ms",
        );
    }
    Ok(())
}

/// A group's members are lines, spans and trunks, and groups that stand before it, so that none holds
/// itself.
fn check_groups(document: &Document) -> Result<(), ConfigError> {
    let lines = document.lines.iter().map(|l| l.port.as_str());
    let spans = document.spans.iter().map(|s| s.name.as_str());
    let mut known: BTreeSet<&str> =
        lines.chain(spans).chain(document.trunks.iter().map(|t| t.name.as_str())).collect();
    for group in &document.groups {
        let place = format!("group {}", group.name);
        if group.members.is_empty() {
            return Err(ConfigError::general(format!("{place} has no members")));
        }
        for member in &group.members {
            found(&known, member, "line, span, trunk or earlier group", &place)?;
        }
        known.insert(&group.name);
    }
    Ok(())
}

fn check_trunk(trunk: &crate::TrunkEntry) -> Result<(), ConfigError> {
    match (trunk.address.is_empty(), trunk.register.is_some()) {
        (false, false) | (true, true) => Ok(()),
        (true, false) => Err(ConfigError::general(format!(
            "trunk {}: say by `address` where its calls come from, or by `register` which account it is",
            trunk.name
        ))),
        (false, true) => Err(ConfigError::general(format!(
            "trunk {} has an `address` and a `register`; it may have one of them",
            trunk.name
        ))),
    }
}

/// What carries calls outside, in words.
const OUTSIDE: &str = "group, trunk, span or line";

struct Names<'a> {
    queues: BTreeSet<&'a str>,
    flows: BTreeSet<&'a str>,
    outside: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    fn of(document: &'a Document) -> Result<Self, ConfigError> {
        let lines = document.lines.iter().map(|l| l.port.as_str());
        let trunks = document.trunks.iter().map(|t| t.name.as_str());
        let spans = document.spans.iter().map(|s| s.name.as_str());
        let groups = document.groups.iter().map(|g| g.name.as_str());
        once(document.agents.iter().map(|a| a.work_number.as_str()), "agent")?;
        Ok(Names {
            queues: once(document.queues.iter().map(|q| q.name.as_str()), "queue")?,
            flows: once(document.flows.iter().map(|f| f.name.as_str()), "flow")?,
            outside: once(trunks.chain(lines).chain(spans).chain(groups), OUTSIDE)?,
        })
    }

    fn queue(&self, name: &str, place: &str) -> Result<(), ConfigError> {
        found(&self.queues, name, "queue", place)
    }

    fn flow(&self, name: &str, place: &str) -> Result<(), ConfigError> {
        found(&self.flows, name, "flow", place)
    }

    fn flow_if_any(&self, name: Option<&str>, place: &str) -> Result<(), ConfigError> {
        name.map_or(Ok(()), |name| self.flow(name, place))
    }

    fn outside(&self, name: &str, place: &str) -> Result<(), ConfigError> {
        found(&self.outside, name, OUTSIDE, place)
    }
}

pub(crate) fn once<'a>(
    names: impl Iterator<Item = &'a str>,
    what: &str,
) -> Result<BTreeSet<&'a str>, ConfigError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.is_empty() {
            return Err(ConfigError::general(format!("a {what} has no name")));
        }
        if !seen.insert(name) {
            return Err(ConfigError::general(format!("{what} `{name}` stands twice")));
        }
    }
    Ok(seen)
}

pub(crate) fn found(
    known: &BTreeSet<&str>,
    name: &str,
    what: &str,
    place: &str,
) -> Result<(), ConfigError> {
    if known.contains(name) {
        return Ok(());
    }
    let hint = nearest(name, known.iter().copied())
        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(ConfigError::general(format!("{place}: there is no {what} `{name}`{hint}")))
}
