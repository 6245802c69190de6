//! The provider against a Route 53 API on a socket, through the real SDK.

#[cfg(test)]
mod adjust;
#[cfg(test)]
mod choices;
#[cfg(test)]
mod copies;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod first_read;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod hidden;
#[cfg(test)]
mod http;
#[cfg(test)]
mod law;
#[cfg(test)]
mod long;
#[cfg(test)]
mod many;
#[cfg(test)]
mod million;
#[cfg(test)]
mod obstacles;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod records;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod shards;
#[cfg(test)]
mod unclear;
#[cfg(test)]
mod unread;
#[cfg(test)]
mod upserts;
#[cfg(test)]
mod writes;
#[cfg(test)]
mod zone_refused;
#[cfg(test)]
mod zoned;
#[cfg(test)]
mod zones;
