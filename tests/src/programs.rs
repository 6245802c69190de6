//! Our own programs: built once from this workspace, found where cargo puts them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};

/// The controller.
pub const SIGNPOST: &str = "signpost";
/// The Route 53 sidecar.
pub const SIDECAR: &str = "route53-webhook";
/// The provider for name servers that take DNS UPDATE.
pub const NAME_SERVERS: &str = "rfc2136-webhook";
/// The Route 53 API.
pub const ROUTE53: &str = "route53-emulator";
/// A name server that takes DNS UPDATE.
pub const NAME_SERVER: &str = "name-server-emulator";
/// The Kubernetes API.
pub const KUBERNETES: &str = "kube-emulator";

/// What has been built, or why it could not be.
static BUILT: Mutex<BTreeMap<&str, Result<PathBuf, String>>> = Mutex::new(BTreeMap::new());

/// Returns the top folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// Returns the path of one of our programs, after building it the first time.
///
/// # Errors
///
/// When it does not build, with what the compiler said.
pub fn path(name: &'static str) -> anyhow::Result<PathBuf> {
    // Held while building: a second test waits for the first one's build instead of starting its own.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    match built.entry(name).or_insert_with(|| build(name).map_err(|error| format!("{error:#}"))) {
        Ok(path) => Ok(path.clone()),
        Err(error) => bail!("`{name}` does not build: {error}"),
    }
}

/// Builds the controller and the sidecar as images have them, and has [`path`] return those.
///
/// Returns their folder.
///
/// # Errors
///
/// When they do not build.
pub fn use_shipped() -> anyhow::Result<PathBuf> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(workspace()).args(["build", "--quiet", "--locked", "--profile", "dist"]);
    command.args(["--package", "controller", "--package", "route53-webhook"]);
    if !command.status().context("failed to start cargo")?.success() {
        bail!("what ships does not build");
    }
    let own = std::env::current_exe().context("failed to find the running program")?;
    let target = own.parent().and_then(Path::parent).context("the running program lies nowhere")?;
    let folder = target.join("dist");
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    for name in [SIGNPOST, SIDECAR] {
        built.insert(name, Ok(folder.join(name)));
    }
    Ok(folder)
}

fn build(name: &str) -> anyhow::Result<PathBuf> {
    // The running program lies in `deps` (a test) or one above (a program of its own).
    let own = std::env::current_exe().context("failed to find the running program")?;
    let folder = own.parent().context("the running program lies nowhere")?;
    let folder = match folder.file_name() {
        Some(name) if name == "deps" => folder.parent().unwrap_or(folder),
        _ => folder,
    };
    let mut command = Command::new(env!("CARGO"));
    // The whole workspace is selected so that features are unified as for the tests themselves:
    // otherwise every dependency would be compiled twice.
    command.current_dir(workspace()).args(["build", "--quiet", "--locked", "--workspace"]);
    command.args(["--bin", name]);
    if folder.file_name().is_some_and(|name| name == "release") {
        command.arg("--release");
    }
    let output = command.output().context("failed to start cargo")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}
