//! The limit as the environment gives it: `ROUNDELAY_STALL=100ms`.

use std::io;
use std::time::Duration;

/// The limit where debug mode was asked for: asyncio's `slow_callback_duration`.
pub(crate) const IN_DEBUG: Duration = Duration::from_millis(100);

/// Reads the limit from the environment; `None` if it gives none. Zero is none either, and says so.
pub(crate) fn from_environment() -> io::Result<Option<Duration>> {
    let Some(value) = std::env::var_os("ROUNDELAY_STALL").filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let value = value.to_string_lossy();
    match read(&value) {
        Some(limit) => Ok(Some(limit)),
        None => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("ROUNDELAY_STALL is {value:?}, and is to be a time such as 100ms or 2s, or 0"),
        )),
    }
}

fn read(value: &str) -> Option<Duration> {
    if value == "0" {
        return Some(Duration::ZERO);
    }
    let end = value.find(|c: char| !c.is_ascii_digit())?;
    let number = value[..end].parse().ok()?;
    match &value[end..] {
        "us" => Some(Duration::from_micros(number)),
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_nonsense_is_not() {
        assert_eq!(read("100ms"), Some(Duration::from_millis(100)));
        assert_eq!(read("2s"), Some(Duration::from_secs(2)));
        assert_eq!(read("500us"), Some(Duration::from_micros(500)));
        assert_eq!(read("0"), Some(Duration::ZERO));
        for nonsense in [
            "",
            "100",
            "ms",
            "-1s",
            "1.5s",
            "1 s",
            "99999999999999999999s",
            "é",
        ] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
