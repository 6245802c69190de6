//! The flags about TLS to name servers.

use std::path::PathBuf;

use daemon::Complaints;

use crate::tls::{Identity, Pin, Trust, server_name};

/// Flags about TLS to name servers.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "TLS to name servers")]
pub struct TlsArgs {
    /// Ask and update name servers through TLS 1.3
    #[arg(long, global = true, env = "EXTERNAL_DNS_RFC2136_USE_TLS", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    pub rfc2136_use_tls: bool,
    /// File with the authorities (PEM) of the name servers' certificates, in place of those that this machine knows; read again when it changes
    #[arg(long, global = true, env = "EXTERNAL_DNS_TLS_CA", value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Name in the name servers' certificates, where they are called otherwise, as by an address
    #[arg(long, global = true, env = "EXTERNAL_DNS_TLS_SERVER_NAME", value_parser = name, value_name = "NAME")]
    pub tls_server_name: Option<String>,
    /// Pin of a name server's key (SHA-256 of its SPKI in base64), by which it is known in place of authorities and names
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_TLS_PIN",
        value_delimiter = '\n',
        value_name = "PIN"
    )]
    pub tls_pin: Vec<Pin>,
    /// File with the certificate (PEM) that is shown to name servers which want one; read again when it changes
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_TLS_CLIENT_CERT",
        value_name = "FILE",
        requires = "tls_client_cert_key"
    )]
    pub tls_client_cert: Option<PathBuf>,
    /// File with the key (PEM) of --tls-client-cert; read again when it changes
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_TLS_CLIENT_CERT_KEY",
        value_name = "FILE",
        requires = "tls_client_cert"
    )]
    pub tls_client_cert_key: Option<PathBuf>,
}

impl TlsArgs {
    /// Returns which servers are believed.
    pub(crate) fn trust(&self) -> Trust {
        match &self.tls_ca {
            _ if !self.tls_pin.is_empty() => Trust::Pins(self.tls_pin.clone()),
            Some(path) => Trust::Authorities(path.clone()),
            None => Trust::Machine,
        }
    }

    /// Returns what is shown to servers; `None` when that is nothing.
    pub(crate) fn identity(&self) -> Option<Identity> {
        let (certificate, key) = (self.tls_client_cert.clone()?, self.tls_client_cert_key.clone()?);
        Some(Identity { certificate, key })
    }

    /// Returns the files that are read.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let Self { tls_ca, tls_client_cert, tls_client_cert_key, .. } = self;
        [tls_ca, tls_client_cert, tls_client_cert_key]
            .into_iter()
            .flatten()
            .filter(|_| self.rfc2136_use_tls)
    }

    /// Adds what contradicts each other.
    pub(super) fn check(&self, complaints: &mut Complaints) {
        let Self {
            rfc2136_use_tls,
            tls_ca,
            tls_server_name,
            tls_pin,
            tls_client_cert,
            tls_client_cert_key: _,
        } = self;
        let others = [
            ("tls-ca", tls_ca.is_some()),
            ("tls-server-name", tls_server_name.is_some()),
            ("tls-pin", !tls_pin.is_empty()),
            ("tls-client-cert", tls_client_cert.is_some()),
        ];
        for (flag, _) in others.into_iter().filter(|(_, is_given)| *is_given && !rfc2136_use_tls) {
            complaints.rule(
                &[flag, "rfc2136-use-tls"],
                format!("--{flag} is of no use where nothing is encrypted; add --rfc2136-use-tls"),
            );
        }
        if !tls_pin.is_empty() && (tls_ca.is_some() || tls_server_name.is_some()) {
            complaints.rule(
                &["tls-pin", "tls-ca", "tls-server-name"],
                "--tls-pin knows a server by its key alone, and --tls-ca and --tls-server-name by its \
                 certificate; leave one of them",
            );
        }
    }
}

fn name(text: &str) -> Result<String, String> {
    server_name(text)?;
    Ok(text.trim().to_owned())
}
