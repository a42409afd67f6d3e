//! The configuration a box is set up with at its first start.

use tipring_line::Number;

use crate::{BoardPort, ConfigError, Document};

const FIRST: &str = include_str!("../data/first.toml");

/// The first configuration, and the passwords in it that people must be told.
#[derive(Clone, PartialEq, Debug)]
pub struct FirstStart {
    /// The configuration.
    pub document: Document,
    /// SIP accounts: number and password.
    pub accounts: Vec<(Number, String)>,
    /// Agents: work number and password.
    pub agents: Vec<(Number, String)>,
}

/// Makes the first configuration for a board with these sockets: what it names of others is left
/// out. `password(digits)` makes a new random password, of digits only where `digits` is true.
///
/// # Errors
/// Never in a built box: a test reads the document.
pub fn first_document(
    ports: &[BoardPort],
    mut password: impl FnMut(bool) -> String,
) -> Result<FirstStart, ConfigError> {
    let mut document = Document::parse(FIRST)?;
    let is_there = |label: &String| ports.iter().any(|port| port.label == *label);
    document.lines.retain(|line| is_there(&line.port));
    document.extensions.retain(|extension| extension.port.as_ref().is_none_or(is_there));
    let mut accounts = Vec::new();
    for extension in &mut document.extensions {
        if let (Some(number), Some(secret)) = (extension.number, extension.secret.as_mut()) {
            *secret = password(false);
            accounts.push((number, secret.clone()));
        }
    }
    let mut agents = Vec::new();
    for agent in &mut document.agents {
        agent.password.0 = password(true);
        agents.push((agent.work_number, agent.password.0.clone()));
    }
    Ok(FirstStart { document, accounts, agents })
}
