//! The sidecar as a process: command line, addresses, signals, credentials.

#[cfg(test)]
mod tests;
