//! The flags of those who only look.

use controller_core::value::Target;
use daemon::toggle;

use super::values::target;

/// What a preview assumes, and when it fails.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Preview")]
#[group(skip)]
pub struct PreviewArgs {
    /// Fail when something is not as desired and someone has to act on it; docs/previews.md has the list.
    #[arg(long, value_name = "BOOL", value_parser = toggle, default_value = "false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub strict: bool,
    /// Address that load balancers shall have where objects have no status, such as those in Git: an
    /// IP address or a host name; repeatable; only with --manifests.
    #[arg(long, value_name = "ADDRESS", value_parser = target, value_delimiter = ',', requires = "manifests")]
    pub assume_address: Vec<Target>,
}
