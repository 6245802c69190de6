//! The emulator as its clients see it: over HTTP, through `kube` and through `kubectl`.

#[cfg(test)]
mod custom;
#[cfg(test)]
mod http;
#[cfg(test)]
mod kubectl;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod patches;
#[cfg(test)]
mod reflectors;
#[cfg(test)]
mod services;
#[cfg(test)]
mod trouble;
#[cfg(test)]
mod volume;
#[cfg(test)]
mod watches;
#[cfg(test)]
mod writes;
