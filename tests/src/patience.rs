//! Waits for a state of the world, and says what it was instead when it does not come.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

/// How often to look.
const STEP: Duration = Duration::from_millis(50);

/// How long to look: a machine with two busy cores is slow, and a right state comes early.
const STEPS: usize = 1200;

/// Waits until `look` returns something that satisfies `wanted`, and returns it.
///
/// # Panics
///
/// When that does not happen within a minute, with `what` was awaited and what was seen last.
pub async fn eventually<T: Debug, F: Future<Output = T>>(
    what: &str,
    mut look: impl FnMut() -> F,
    wanted: impl Fn(&T) -> bool,
) -> T {
    let mut seen = look().await;
    for _ in 0..STEPS {
        if wanted(&seen) {
            return seen;
        }
        tokio::time::sleep(STEP).await;
        seen = look().await;
    }
    assert!(wanted(&seen), "still not so after a minute: {what}; last seen: {seen:#?}");
    seen
}
