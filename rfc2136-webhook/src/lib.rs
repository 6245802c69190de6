//! An external-dns webhook provider for name servers that take DNS UPDATE ([RFC 2136]): BIND, Knot,
//! `PowerDNS` and others.
//!
//! `main → app → provider → {adjust, writes, zone} → {transfer, update, exchange} → {tsig, message,
//! rdata, name}`: each module looks only to the right.
//!
//! [RFC 2136]: https://www.rfc-editor.org/rfc/rfc2136

pub mod adjust;
pub mod app;
pub mod args;
pub mod exchange;
pub mod fault;
pub mod group;
pub mod hidden;
pub mod message;
pub mod metrics;
pub mod name;
pub mod provider;
pub mod rdata;
pub mod record_type;
pub mod snapshot;
pub mod text;
pub mod tls;
pub mod transfer;
pub mod tsig;
pub mod update;
pub mod writes;
pub mod zone;
