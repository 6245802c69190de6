//! The flags of the binary.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use kube_emulator::Options;

/// A Kubernetes API on a socket, for tests and quickstarts.
///
/// Prints one line of JSON when it is ready: `{"listen":"127.0.0.1:40123","url":"http://…"}`.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes any free port.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,

    /// Manifest of a `CustomResourceDefinition` to load at the start; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) crd: Vec<PathBuf>,

    /// Manifests to load at the start, statuses too: a file, or a folder of `*.yaml`, `*.yml`,
    /// `*.json` and `*.jsonl`; may be repeated. Large ones load far faster as JSON.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) manifests: Vec<PathBuf>,

    /// Bearer token that every request must carry; without it everyone is let in.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,

    /// User that refusals name.
    #[arg(long, default_value = "system:serviceaccount:default:signpost", value_name = "NAME")]
    pub(crate) user: String,

    /// Changes of each kind to remember; watching from before them answers 410.
    #[arg(long, default_value_t = 100_000, value_name = "COUNT")]
    pub(crate) history: usize,

    /// Seconds between bookmarks on watches that want them.
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) bookmark_interval: u64,

    /// Seconds after which a watch ends that does not say.
    #[arg(long, default_value_t = 1_800, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) watch_timeout: u64,
}

/// What to load before the first request.
#[derive(Debug)]
pub(crate) struct Preload(pub(crate) Vec<PathBuf>);

impl From<Args> for (Options, Preload) {
    fn from(args: Args) -> Self {
        // No `..`: a new flag must be given a meaning here before the crate compiles.
        let Args { listen, crd, manifests, token, user, history, bookmark_interval, watch_timeout } =
            args;
        let options = Options {
            listen,
            token,
            user,
            history,
            bookmark_interval: Duration::from_secs(bookmark_interval),
            watch_timeout: Duration::from_secs(watch_timeout),
        };
        (options, Preload(crd.into_iter().chain(manifests).collect()))
    }
}
