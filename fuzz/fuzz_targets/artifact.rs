#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| upr_fuzz_replay::artifact(data));
