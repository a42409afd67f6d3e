//! The floor: what it costs to pass packets on and to do nothing else. One thread, epoll, one
//! `recv` and one `send` a packet, as the simplest relay would.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::Figures;
use super::child::{LOCAL, Subject};

pub(super) struct Floor {
    shared: Arc<Shared>,
}

struct Shared {
    epoll: Epoll,
    packets: AtomicU64,
    /// Each leg's socket, and where the other leg's peer is.
    legs: Mutex<Vec<Arc<Leg>>>,
}

struct Leg {
    socket: UdpSocket,
    peer: SocketAddr,
}

impl Floor {
    pub(super) fn start() -> Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let shared = Arc::new(Shared { epoll, packets: AtomicU64::new(0), legs: Mutex::default() });
        let relay = Arc::clone(&shared);
        std::thread::Builder::new().name("floor".into()).spawn(move || {
            // The same scheduling as the box's thread, so that the two are comparable.
            tipring_media::thread::set_priority(50);
            relay.run();
        })?;
        Ok(Floor { shared })
    }
}

impl Shared {
    fn run(&self) {
        let mut events = vec![EpollEvent::empty(); 256];
        let mut legs: Vec<Arc<Leg>> = Vec::new();
        let mut bytes = [0; 2048];
        loop {
            let count = self.epoll.wait(&mut events, EpollTimeout::NONE).unwrap_or(0);
            for event in &events[..count] {
                let place = event.data() as usize;
                if place >= legs.len() {
                    legs.clone_from(&self.legs.lock().unwrap_or_else(|e| e.into_inner()));
                }
                let (Some(from), Some(to)) = (legs.get(place), legs.get(place ^ 1)) else {
                    continue;
                };
                match from.socket.recv(&mut bytes) {
                    Ok(length) => {
                        // A send that fails shows as a lost packet.
                        let _ = to.socket.send_to(&bytes[..length], to.peer);
                        self.packets.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                    Err(_) => {}
                }
            }
        }
    }
}

impl Subject for Floor {
    fn open(&mut self, peers: &[u16]) -> Result<Vec<u16>> {
        let mut ports = Vec::with_capacity(peers.len());
        for peer in peers {
            let socket = UdpSocket::bind((LOCAL, 0))?;
            socket.set_nonblocking(true)?;
            ports.push(socket.local_addr()?.port());
            let leg = Arc::new(Leg { socket, peer: SocketAddr::new(LOCAL, *peer) });
            let mut legs = self.shared.legs.lock().unwrap_or_else(|e| e.into_inner());
            let place = legs.len() as u64;
            legs.push(Arc::clone(&leg));
            drop(legs);
            self.shared
                .epoll
                .add(&leg.socket, EpollEvent::new(EpollFlags::EPOLLIN, place))
                .context("epoll_ctl")?;
        }
        Ok(ports)
    }

    fn figures(&mut self) -> Figures {
        Figures { packets_in: self.shared.packets.load(Ordering::Relaxed), ..Figures::default() }
    }
}
