//! What the client needs from the world around it, as a port: time, patience and chance.
use std::{fmt, future::Future, pin::Pin, time::Duration};

/// A pause.
pub type Pause = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Time, patience and chance; the program gives the real ones, tests their own.
pub trait Surroundings: Send + Sync {
    /// Seconds since 1970-01-01 UTC.
    fn now(&self) -> i64;
    /// Ends after this time.
    fn pause(&self, time: Duration) -> Pause;
    /// Sixty-four random bits.
    fn random(&self) -> u64;
}

/// How often and how patiently a request is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Most attempts for one request.
    pub attempts: u32,
    /// First pause when the service names none; it doubles from attempt to attempt.
    pub first_pause: Duration,
    /// Longest pause when the service names none.
    pub longest_pause: Duration,
    /// Longest pause that the service may ask for; a longer one ends the import.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 8,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(1),
            longest_wait: Duration::from_mins(10),
        }
    }
}

impl Patience {
    /// The pause after the attempt of this number (from 1), when the service names none: between half and all of the
    /// doubled first pause, so that clients that failed together do not come back together.
    pub(crate) fn pause(&self, attempt: u32, random: u64) -> Duration {
        let doubled = self.first_pause.saturating_mul(1 << attempt.saturating_sub(1).min(20));
        let most = doubled.min(self.longest_pause);
        most / 2 + jitter(most / 2, random)
    }

    /// The pause when the service asks for one: never shorter, and up to a tenth longer.
    pub(crate) fn asked_pause(wait: Duration, random: u64) -> Duration {
        wait + jitter(wait / 10, random)
    }
}

/// A share of `most` that depends on chance.
fn jitter(most: Duration, random: u64) -> Duration {
    let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX - 1);
    Duration::from_millis(random % (millis + 1))
}

impl fmt::Debug for dyn Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Surroundings")
    }
}

/// The pause in a `Retry-After` header: seconds, or a date (RFC 9110 10.2.3).
pub(crate) fn retry_after(header: &str, now: i64) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(header).ok()?;
    Some(Duration::from_secs(u64::try_from(date.timestamp().as_second() - now).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_are_bounded() {
        let patience = Patience::default();
        // Chance 0 is the shortest pause: half.
        let cases = [(1, 500), (2, 1_000), (3, 2_000), (7, 30_000), (60, 30_000)];
        for (attempt, millis) in cases {
            assert_eq!(patience.pause(attempt, 0), Duration::from_millis(millis), "{attempt}");
        }
        // 500 ms can be added to the first pause; chance 500 adds all of it, 501 none.
        assert_eq!(patience.pause(1, 500), Duration::from_secs(1));
        assert_eq!(patience.pause(1, 501), Duration::from_millis(500));
        let asked = Patience::asked_pause(Duration::from_secs(10), 1_000);
        assert_eq!(asked, Duration::from_secs(11));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // 1994-11-06 08:49:37 UTC is 784111777.
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let cases =
            [("120", Some(120)), (" 0 ", Some(0)), ("-1", None), ("soon", None), (date, Some(7))];
        for (header, expected) in cases {
            let found = retry_after(header, 784_111_770);
            assert_eq!(found, expected.map(Duration::from_secs), "{header}");
        }
        assert_eq!(retry_after(date, 784_111_999), Some(Duration::ZERO));
    }
}
