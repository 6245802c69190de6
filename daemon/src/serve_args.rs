//! The flags about serving that every provider process has.

use std::path::PathBuf;

use crate::{LogFormat, LogLevel};

/// Largest request body, in bytes, unless told otherwise: 32 MiB, as controllers send.
pub const MAX_BODY_SIZE_BYTES: usize = 32 << 20;

/// Flags about serving.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Serving")]
pub struct ServeArgs {
    /// File with flags, as YAML: names without dashes, lists for those that are repeated
    #[arg(long, global = true, env = "EXTERNAL_DNS_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where controllers connect: HOST:PORT, or `unix:///PATH`. Nothing here is authenticated
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_LISTEN",
        default_value = "127.0.0.1:8888",
        value_name = "ADDRESS"
    )]
    pub listen: String,
    /// Where /healthz, /readyz and /metrics are served: HOST:PORT
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_METRICS_ADDRESS",
        default_value = "0.0.0.0:8080",
        value_name = "ADDRESS"
    )]
    pub metrics_address: String,
    /// Largest request body in bytes; 0 for no limit
    #[arg(long, global = true, env = "EXTERNAL_DNS_WEBHOOK_PROVIDER_MAX_BODY_SIZE", default_value_t = MAX_BODY_SIZE_BYTES, value_name = "BYTES")]
    pub webhook_provider_max_body_size: usize,
    /// Print one line of JSON with the addresses when they are bound, for scripts that use port 0
    #[arg(long, global = true, env = "EXTERNAL_DNS_ANNOUNCE", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = crate::toggle, value_name = "BOOL", hide_possible_values = true)]
    pub announce: bool,
    /// How the log is written
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub log_format: LogFormat,
    /// What is logged
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_LOG_LEVEL",
        default_value = "info",
        value_name = "LEVEL"
    )]
    pub log_level: LogLevel,
}
