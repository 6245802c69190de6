//! The flags about serving that every provider process has.

use std::path::PathBuf;

use crate::{Access, AccessFiles, FilesError, Flags, LogFormat, LogLevel};

/// Largest request body, in bytes, unless told otherwise: 32 MiB, as controllers send.
pub const MAX_BODY_SIZE_BYTES: usize = 32 << 20;

/// Those that can change while the process runs.
const RELOADED: [&str; 2] = ["log-format", "log-level"];

/// Flags about serving.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Serving")]
pub struct ServeArgs {
    /// File with flags, as YAML: names without dashes, lists for those that are repeated
    #[arg(long, global = true, env = "EXTERNAL_DNS_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where controllers connect: HOST:PORT, `:PORT` for every interface, or `unix:///PATH`, which is its owner's alone. Beyond the machine, use --listen-token-file or --listen-client-ca-file
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_LISTEN",
        default_value = "127.0.0.1:8888",
        value_name = "ADDRESS"
    )]
    pub listen: String,
    /// File with the certificate (PEM) of --listen, which then speaks TLS; read again when it changes
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_LISTEN_CERT_FILE",
        value_name = "FILE",
        requires = "listen_key_file"
    )]
    pub listen_cert_file: Option<PathBuf>,
    /// File with the key (PEM) of --listen-cert-file
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_LISTEN_KEY_FILE",
        value_name = "FILE",
        requires = "listen_cert_file"
    )]
    pub listen_key_file: Option<PathBuf>,
    /// File with the authorities (PEM) by one of which a client of --listen needs a certificate
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_LISTEN_CLIENT_CA_FILE",
        value_name = "FILE",
        requires = "listen_cert_file"
    )]
    pub listen_client_ca_file: Option<PathBuf>,
    /// File with the tokens, one a line, of which requests to --listen need one; read again when it changes
    #[arg(long, global = true, env = "EXTERNAL_DNS_LISTEN_TOKEN_FILE", value_name = "FILE")]
    pub listen_token_file: Option<PathBuf>,
    /// Where /healthz, /readyz and /metrics are served: HOST:PORT, or `:PORT` for every interface, by IPv4 and IPv6
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_METRICS_ADDRESS",
        default_value = ":8080",
        value_name = "ADDRESS"
    )]
    pub metrics_address: String,
    /// File with the certificate (PEM) of --metrics-address, which then speaks TLS; read again when it changes
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_METRICS_CERT_FILE",
        value_name = "FILE",
        requires = "metrics_key_file"
    )]
    pub metrics_cert_file: Option<PathBuf>,
    /// File with the key (PEM) of --metrics-cert-file
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_METRICS_KEY_FILE",
        value_name = "FILE",
        requires = "metrics_cert_file"
    )]
    pub metrics_key_file: Option<PathBuf>,
    /// File with the authorities (PEM) by one of which a client of --metrics-address needs a certificate, but for probes
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_METRICS_CLIENT_CA_FILE",
        value_name = "FILE",
        requires = "metrics_cert_file"
    )]
    pub metrics_client_ca_file: Option<PathBuf>,
    /// File with the tokens, one a line, of which requests to --metrics-address need one, but for probes; read again when it changes
    #[arg(long, global = true, env = "EXTERNAL_DNS_METRICS_TOKEN_FILE", value_name = "FILE")]
    pub metrics_token_file: Option<PathBuf>,
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

impl ServeArgs {
    /// Returns the flags that can change while the process runs: those of `groups`, and of these
    /// those about the log. Others need a restart.
    pub fn reloaded_beside(groups: impl IntoIterator<Item = Flags>) -> Flags {
        groups.into_iter().flat_map(|group| group.0).chain(RELOADED.map(str::to_owned)).collect()
    }

    /// Reads what guards the listener for controllers, and that for health and metrics.
    ///
    /// # Errors
    ///
    /// Returns an error that names the file that cannot be used, and its flag.
    pub fn access(&self) -> Result<(Access, Access), FilesError> {
        let listen = AccessFiles::of(
            ("--listen-cert-file", self.listen_cert_file.as_ref()),
            ("--listen-key-file", self.listen_key_file.as_ref()),
            ("--listen-client-ca-file", self.listen_client_ca_file.as_ref()),
            ("--listen-token-file", self.listen_token_file.as_ref()),
        );
        let metrics = AccessFiles::of(
            ("--metrics-cert-file", self.metrics_cert_file.as_ref()),
            ("--metrics-key-file", self.metrics_key_file.as_ref()),
            ("--metrics-client-ca-file", self.metrics_client_ca_file.as_ref()),
            ("--metrics-token-file", self.metrics_token_file.as_ref()),
        );
        Ok((Access::new(listen, false)?, Access::new(metrics, true)?))
    }
}
