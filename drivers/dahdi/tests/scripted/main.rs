//! Ports over a scripted channel: what needs hardware, what goes wrong, and that nothing of it
//! allocates. What the kernel really does is tried in a virtual machine (`tests/vm`).

mod channel;
mod exchange_line;
mod handset;
mod loss;
#[allow(unsafe_code, reason = "an allocator that counts cannot be written without")]
mod no_allocation;
mod timeslot;
