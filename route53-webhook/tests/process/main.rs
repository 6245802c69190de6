//! The sidecar as a process: command line, addresses, signals, credentials.

#[cfg(test)]
mod harness;
#[cfg(test)]
mod serving;
