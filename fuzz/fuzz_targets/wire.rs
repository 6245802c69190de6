//! Bodies of the protocol: what decodes is encoded and decoded to the same again.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signpost_fuzz::wire(data));
