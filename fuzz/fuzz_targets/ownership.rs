//! Values of TXT records: reading them as ownership records never fails, and a plan of nothing
//! changes nothing that is not ours.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signpost_fuzz::ownership(data));
