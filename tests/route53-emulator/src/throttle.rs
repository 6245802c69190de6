//! Requests per second and account: a bucket that refills steadily ([limit]).
//!
//! [limit]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests

use std::collections::BTreeMap;

use tokio::time::Instant;

/// Throttles each access key by itself.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    /// Requests per second, which is also how many may come at once; `None` for no limit.
    rate: Option<f64>,
    buckets: BTreeMap<String, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Throttle {
    /// Returns a throttle; `None` lets everything through.
    pub(crate) fn new(rate: Option<f64>) -> Self {
        Self { rate, buckets: BTreeMap::new() }
    }

    /// Tells whether the account may make one more request now, and counts it if so.
    pub(crate) fn admits(&mut self, access_key: &str, now: Instant) -> bool {
        let Some(rate) = self.rate else { return true };
        // Less than one token at most would let nothing through, ever.
        let capacity = rate.max(1.0);
        let bucket = self
            .buckets
            .entry(access_key.to_owned())
            .or_insert(Bucket { tokens: capacity, filled_at: now });
        let elapsed = now.saturating_duration_since(bucket.filled_at).as_secs_f64();
        bucket.tokens = (bucket.tokens + elapsed * rate).min(capacity);
        bucket.filled_at = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn passed(throttle: &mut Throttle, key: &str, now: Instant) -> usize {
        (0..10).filter(|_| throttle.admits(key, now)).count()
    }

    #[test]
    fn five_requests_pass_at_once_and_five_more_each_second() {
        let mut throttle = Throttle::new(Some(5.0));
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(passed(&mut throttle, "key", start), 5);
        assert_eq!(passed(&mut throttle, "key", start), 0);
        assert_eq!(passed(&mut throttle, "key", after(1)), 5);
        assert_eq!(passed(&mut throttle, "key", after(60)), 5);
    }

    #[test]
    fn accounts_do_not_share_a_bucket() {
        let mut throttle = Throttle::new(Some(1.0));
        let now = Instant::now();
        assert_eq!(passed(&mut throttle, "one", now), 1);
        assert_eq!(passed(&mut throttle, "two", now), 1);
    }

    #[test]
    fn without_a_rate_everything_passes() {
        let mut throttle = Throttle::new(None);
        assert_eq!(passed(&mut throttle, "key", Instant::now()), 10);
    }
}
