//! Templates of Go: what is accepted at the start never fails in a way that ends the program.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signpost_fuzz::templates(data));
