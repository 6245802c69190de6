//! The authorities that a system trusts, where a variable names them.

use std::path::Path;

use input_files::BadFile;

/// The variable that names them in place of the system's own.
const VARIABLE: &str = "SSL_CERT_FILE";

/// Looks at the authorities that the system names: what verifies certificates would wait for a pipe without an end.
///
/// # Errors
///
/// Says that they are no file, have no end, or give no answer. One that is not there is told where a certificate is
/// verified.
pub fn check_authorities() -> Result<(), String> {
    let path = std::env::var_os(VARIABLE).filter(|path| !path.is_empty());
    let Some(path) = path else { return Ok(()) };
    match input_files::read(Path::new(&path)) {
        Ok(_) | Err(BadFile::Unreadable(_)) => Ok(()),
        Err(bad) => Err(format!("`{}`, which {VARIABLE} names, {bad}", Path::new(&path).display())),
    }
}
