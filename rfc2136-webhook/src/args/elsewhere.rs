//! Flags that ExternalDNS's provider has and that mean nothing here: each is refused with what to do
//! instead.

use daemon::Complaints;

/// Flags that are refused, unless they say what is done anyway.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[expect(clippy::struct_field_names, reason = "fields are called as their flags")]
pub struct ElsewhereArgs {
    /// Transfers are signed whenever there is a key
    #[arg(long, hide = true, global = true, env = "EXTERNAL_DNS_RFC2136_TSIG_AXFR", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    rfc2136_tsig_axfr: bool,
    /// Kerberos is not served
    #[arg(long, hide = true, global = true, env = "EXTERNAL_DNS_RFC2136_GSS_TSIG", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    rfc2136_gss_tsig: bool,
    /// Kerberos is not served
    #[arg(long, hide = true, global = true, env = "EXTERNAL_DNS_RFC2136_KERBEROS_USERNAME")]
    rfc2136_kerberos_username: Option<String>,
    /// Kerberos is not served
    #[arg(
        long,
        hide = true,
        global = true,
        env = "EXTERNAL_DNS_RFC2136_KERBEROS_PASSWORD",
        hide_env_values = true
    )]
    rfc2136_kerberos_password: Option<String>,
    /// Kerberos is not served
    #[arg(long, hide = true, global = true, env = "EXTERNAL_DNS_RFC2136_KERBEROS_REALM")]
    rfc2136_kerberos_realm: Option<String>,
    /// PTR records are the controller's
    #[arg(long, hide = true, global = true, env = "EXTERNAL_DNS_RFC2136_CREATE_PTR", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    rfc2136_create_ptr: bool,
    /// Only `disabled` is done
    #[arg(
        long,
        hide = true,
        global = true,
        env = "EXTERNAL_DNS_RFC2136_LOAD_BALANCING_STRATEGY",
        default_value = "disabled"
    )]
    rfc2136_load_balancing_strategy: String,
    /// Every certificate is looked at
    #[arg(long, hide = true, global = true, env = "EXTERNAL_DNS_RFC2136_SKIP_TLS_VERIFY", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    rfc2136_skip_tls_verify: bool,
}

impl ElsewhereArgs {
    /// Adds the flags that want what is not done.
    pub(super) fn check(&self, complaints: &mut Complaints) {
        let Self {
            rfc2136_tsig_axfr,
            rfc2136_gss_tsig,
            rfc2136_kerberos_username,
            rfc2136_kerberos_password,
            rfc2136_kerberos_realm,
            rfc2136_create_ptr,
            rfc2136_load_balancing_strategy,
            rfc2136_skip_tls_verify,
        } = self;
        let has_kerberos =
            [rfc2136_kerberos_username, rfc2136_kerberos_password, rfc2136_kerberos_realm]
                .into_iter()
                .any(Option::is_some);
        for (flag, is_set, told) in [
            (
                "rfc2136-gss-tsig",
                *rfc2136_gss_tsig || has_kerberos,
                "--rfc2136-gss-tsig and --rfc2136-kerberos-…: GSS-TSIG is not served, because it needs \
                 Kerberos and a ticket for each server; give the name server a TSIG key of its own for \
                 this, with --tsig-key-file",
            ),
            (
                "rfc2136-tsig-axfr",
                !rfc2136_tsig_axfr,
                "--no-rfc2136-tsig-axfr: zones are always read by transfer; give \
                 --rfc2136-unsigned-axfr where transfers are allowed by address",
            ),
            (
                "rfc2136-create-ptr",
                *rfc2136_create_ptr,
                "--rfc2136-create-ptr: PTR records are made by the controller; give `signpost \
                 --create-ptr --managed-record-types=PTR`, and the reverse zones to --rfc2136-zone here",
            ),
            (
                "rfc2136-load-balancing-strategy",
                rfc2136_load_balancing_strategy != "disabled",
                "--rfc2136-load-balancing-strategy: a zone has one primary server, and the others are \
                 behind it; the servers of --rfc2136-host are asked in order, so put the primary first",
            ),
            (
                "rfc2136-skip-tls-verify",
                *rfc2136_skip_tls_verify,
                "--rfc2136-skip-tls-verify: anyone could answer in place of the server, and read the \
                 zone; say by whom its certificate is with --tls-ca, or which key it has with --tls-pin",
            ),
        ] {
            if is_set {
                complaints.rule(&[flag], told);
            }
        }
    }
}
