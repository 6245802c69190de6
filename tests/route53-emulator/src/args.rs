//! The command line of the binary.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::faults::{self, Fault};
use crate::options::{AliasZone, Options, ZoneSpec};

/// A Route 53 API on a socket, as strict as AWS, that also answers DNS.
///
/// Prints one line of JSON when it is ready: where it listens and the ids of its zones. Point any AWS
/// SDK at it with `AWS_ENDPOINT_URL_ROUTE_53=http://…` and any credentials; it checks that calls are
/// signed and by which access key, not the signature. `GET /_emulator/calls` shows what was asked.
#[derive(Debug, Clone, Parser)]
#[command(name = "route53-emulator", version, after_long_help = faults::SYNTAX)]
pub struct Args {
    /// Where the API listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Where DNS listens, over UDP and TCP; port 0 takes a free one. Without it there is no DNS.
    #[arg(long, value_name = "ADDR")]
    pub dns: Option<SocketAddr>,

    /// Zone to create: NAME, NAME:private, NAME=ID or NAME:private=ID. Repeatable.
    #[arg(long = "zone", value_name = "ZONE")]
    pub zones: Vec<ZoneSpec>,

    /// How long changes stay PENDING, e.g. 500ms or 30s.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = faults::parse_duration)]
    pub insync_delay: Duration,

    /// Requests per second and access key; more are throttled. AWS grants 5. Without it there is no limit.
    #[arg(long, value_name = "N")]
    pub rate: Option<f64>,

    /// Failure on demand, see below. Repeatable.
    #[arg(long = "fault", value_name = "FAULT")]
    pub faults: Vec<Fault>,

    /// File to load at the start, if it exists, and to write at every change.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,

    /// Most record sets of one zone. AWS grants 10000. Without it there is no limit.
    #[arg(long, value_name = "N")]
    pub max_record_sets: Option<usize>,

    /// Zone of an AWS service that aliases may point to, besides the known ones: ID=SUFFIX. Repeatable.
    #[arg(long = "alias-zone", value_name = "ZONE")]
    pub alias_zones: Vec<AliasZone>,
}

impl From<Args> for Options {
    fn from(args: Args) -> Self {
        // No `..`: a new flag must be given a meaning here before the crate compiles.
        let Args {
            listen,
            dns,
            zones,
            insync_delay,
            rate,
            faults,
            state,
            max_record_sets,
            alias_zones,
        } = args;
        Self {
            listen,
            dns,
            zones,
            insync_delay,
            rate,
            faults,
            state_file: state,
            max_record_sets,
            alias_zones,
        }
    }
}
