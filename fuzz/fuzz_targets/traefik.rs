//! Rules of Traefik's routers, as an IngressRoute has them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signpost_fuzz::traefik(data));
