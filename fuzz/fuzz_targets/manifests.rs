//! Manifest files: whatever stands in one, reading it ends, and reading it again is no news.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signpost_fuzz::manifests(data));
