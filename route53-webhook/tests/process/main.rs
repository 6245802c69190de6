//! The sidecar as a process: command line, addresses, signals, credentials.

#[cfg(test)]
mod authorities;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod sts;
mod throttled;
