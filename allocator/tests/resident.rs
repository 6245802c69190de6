//! What the process keeps of memory that it has freed.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(clippy::expect_used, reason = "helpers of a test fail as the test does")]

use std::fs;

/// Bytes in a page of the smallest size that Linux has.
const PAGE: usize = 4096;

#[test]
fn what_is_free_between_blocks_in_use_goes_back() {
    // What a list leaves behind when one element in a hundred stays: small blocks, none of them at the top of the heap.
    let mut blocks: Vec<_> = (0..64 * 1024_u32).map(|_| Some(vec![1_u8; 1000])).collect();
    let full = resident();
    for (number, block) in blocks.iter_mut().enumerate() {
        if number % 100 != 0 {
            *block = None;
        }
    }
    let freed = resident();
    assert!(freed > full / 2, "the allocator keeps it: {freed} of {full}");
    allocator::give_back();
    let kept = resident();
    assert!(kept < full / 2, "it went back: {kept} of {full}");
    assert!(blocks.iter().flatten().all(|block| block.iter().all(|byte| *byte == 1)));
}

/// Returns how many bytes of the process are in memory and not those of a file, as
/// [proc_pid_statm(5)](https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html) says it.
fn resident() -> usize {
    let told = fs::read_to_string("/proc/self/statm").expect("Linux tells it");
    let mut pages = told.split(' ').skip(1).map(|pages| pages.parse::<usize>().expect("a number"));
    let all = pages.next().expect("resident pages");
    (all - pages.next().expect("pages of files")) * PAGE
}
