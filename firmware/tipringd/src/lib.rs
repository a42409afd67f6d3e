//! The box itself: configuration, threads, sockets and wiring.
//!
//! This crate alone picks drivers and, beside `clock`, reads clocks. It has four kinds of threads:
//! the core thread ([`reactor`]), the media side's (see `tipring-media`), the store's writer, and
//! the asynchronous ones for the web, SIP streams and the control socket. [`core`] composes the
//! call-handling machines without any I/O.

#![deny(missing_docs)]

mod addresses;
mod analog;
mod analog_ports;
mod board_check;
pub mod client;
pub mod control;
mod control_server;
pub mod core;
pub mod daemon;
mod demo;
mod directory;
mod figures;
mod handset_plan;
mod hardware;
pub mod http;
mod inbox;
mod journal;
mod line_desk;
mod media_threads;
pub mod options;
mod passwords;
mod phones;
mod reactor;
mod reports;
pub mod retention;
mod settings;
pub mod sim_faults;
mod sim_handset;
pub mod sim_spans;
mod simboard;
mod socket_names;
pub mod sounds;
mod span_test;
mod span_traces;
pub mod spans;
mod start;
mod state;
mod streams;
mod udp;
mod web;
pub mod webhooks;
