//! Ports that are DAHDI channels.

use tipring_board::Port;
use tipring_dahdi::ChannelSettings;
use tipring_line::PortId;

use super::Attaching;

pub(super) fn attach(
    attaching: &mut Attaching<'_>,
    id: PortId,
    port: &Port,
    channel: u16,
) -> anyhow::Result<()> {
    let settings = ChannelSettings { channel, kind: port.kind.into(), law: None, pulses: false };
    match tipring_dahdi::open(settings) {
        Ok((wire, keeper)) => {
            attaching.watch.keep(&port.label, keeper);
            attaching.attach(id, &port.label, wire)
        }
        Err(e) => attaching.missing(id, port, e),
    }
}
