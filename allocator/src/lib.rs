//! Keeps the memory of a process near what it uses.
//!
//! A controller reads, compares and drops whole lists, and holds an index of them. Left alone, glibc's `malloc` keeps one arena for
//! each thread that ever asked, raises by itself the size from which it maps memory apart, and returns only what
//! lies at the top of an arena, so a process stays as large as it ever was. [`configure`] sets what it starts with and
//! [`give_back`] returns whole pages from between what is in use, as
//! [mallopt(3)](https://man7.org/linux/man-pages/man3/mallopt.3.html) and
//! [malloc_trim(3)](https://man7.org/linux/man-pages/man3/malloc_trim.3.html) describe them.
//!
//! With another C library, and on other systems, both do nothing.
//!
//! Another allocator was no better: the figures are in `docs/benchmarks.md`.

use std::ffi::OsStr;

/// Configures the allocator, once, before there is a second thread: one arena, and whatever is large or at the top goes
/// back to the system at once.
///
/// `variables` are the names of the environment. Where one of them is the allocator's own (`MALLOC_ARENA_MAX`,
/// `GLIBC_TUNABLES` and the like), its settings are left as they are.
pub fn configure<Name: AsRef<OsStr>>(variables: impl IntoIterator<Item = Name>) {
    if !variables.into_iter().any(|name| is_the_allocators(name.as_ref())) {
        system::configure();
    }
}

/// Returns what is free to the system, down to single pages.
///
/// Takes some milliseconds for each ten megabytes of the heap, in which no thread can ask for memory: call it after work
/// that freed much, not after every change.
pub fn give_back() {
    system::give_back();
}

/// Tells whether a variable of the environment configures glibc's allocator.
fn is_the_allocators(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b"MALLOC_") || name == b"GLIBC_TUNABLES"
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod system {
    //! glibc.

    /// Bytes from which a block is mapped apart, and bytes free at the top that go back: glibc's own first value of both,
    /// which it raises as long as neither is set.
    const THRESHOLD: libc::c_int = 128 * 1024;

    #[expect(unsafe_code, reason = "the C library has no other form of it")]
    pub(super) fn configure() {
        let settings = [
            (libc::M_ARENA_MAX, 1),
            (libc::M_MMAP_THRESHOLD, THRESHOLD),
            (libc::M_TRIM_THRESHOLD, THRESHOLD),
        ];
        for (setting, value) in settings {
            // A setting that is not taken leaves the usual behaviour, which is no failure.
            // SAFETY: it takes two numbers, and locks what it changes.
            let _is_taken = unsafe { libc::mallopt(setting, value) };
        }
    }

    #[expect(unsafe_code, reason = "the C library has no other form of it")]
    pub(super) fn give_back() {
        // Whether there was anything is of no consequence.
        // SAFETY: it takes a number, locks each arena, and touches free memory alone.
        let _had_any = unsafe { libc::malloc_trim(0) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod system {
    //! Any other allocator: it is left alone.

    pub(super) fn configure() {}

    pub(super) fn give_back() {}
}

#[cfg(test)]
mod tests {
    use super::is_the_allocators;

    #[test]
    fn settings_of_the_environment_go_before_ours() {
        for name in ["MALLOC_ARENA_MAX", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"] {
            assert!(is_the_allocators(name.as_ref()), "{name}");
        }
        for name in ["SIGNPOST_SOURCE", "PATH", "", "X_MALLOC_"] {
            assert!(!is_the_allocators(name.as_ref()), "{name}");
        }
    }
}
