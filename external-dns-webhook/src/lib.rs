//! The external-dns webhook protocol, version 1: what a DNS controller and a DNS provider say to
//! each other.
//!
//! The types are always here. `server` serves any [`Provider`] over HTTP, `client` drives any
//! provider that speaks the protocol, `memory` is a provider without a DNS service behind it, and
//! `conformance` finds out what is wrong with one.
//!
//! ```
//! use external_dns_webhook::{Endpoint, RecordType, wire};
//!
//! let endpoint = Endpoint::new("www.example.com", RecordType::A, ["192.0.2.1"]);
//! let body = wire::encode(&[endpoint]);
//! assert_eq!(
//!     String::from_utf8(body).unwrap(),
//!     "[{\"dnsName\":\"www.example.com\",\"targets\":[\"192.0.2.1\"],\"recordType\":\"A\"}]\n",
//! );
//! ```

mod changes;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "conformance")]
pub mod conformance;
mod counted;
mod domain_filter;
mod endpoint;
mod extensions;
mod hidden;
mod labels;
pub mod media_type;
#[cfg(feature = "memory")]
pub mod memory;
mod name;
mod nearest;
mod object_ref;
mod printable;
mod properties;
mod provider;
mod record_type;
mod refusal_code;
#[cfg(feature = "server")]
pub mod server;
mod shard;
mod shortened;
mod targets;
mod ttl;
pub mod wire;
mod zone;

pub use self::changes::{Changes, UnpairedUpdates, Update};
pub use self::counted::counted;
pub use self::domain_filter::{BadDomain, BadPattern, DomainFilter, Pattern};
pub use self::endpoint::{Endpoint, RecordKey};
pub use self::extensions::{Adjusted, Applied, Extension, Extensions, Negotiation, Refusal};
pub use self::hidden::{Cover, NameRecords, Servers, hidden_by};
pub use self::labels::Labels;
pub use self::name::{CanonicalName, DnsName};
pub use self::nearest::nearest;
pub use self::object_ref::ObjectRef;
pub use self::printable::{Printable, printable_debug, printable_json};
pub use self::properties::{Properties, Property};
pub use self::provider::{Adjuster, EndpointStream, Listing, Provider, ProviderError};
pub use self::record_type::RecordType;
pub use self::refusal_code::RefusalCode;
pub use self::shard::{BadShard, Elsewhere, Shard, ShardScope};
pub use self::shortened::shortened;
pub use self::targets::Targets;
pub use self::ttl::Ttl;
pub use self::zone::{Zone, ZoneId};
