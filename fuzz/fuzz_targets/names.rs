//! DNS names: the canonical form of a name is its own, and equal names have one.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signpost_fuzz::names(data));
