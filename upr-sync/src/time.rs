//! Times as people and databases write them.
//!
//! Stored times are RFC 3339 in UTC with exactly six digits of a second: 27 bytes, which sort like
//! the moments they name. What people write may be any RFC 3339, with or without a time of day.

use std::error::Error;
use std::fmt;

use upr_core::Timestamp;

/// The stored form: `2026-11-20T10:30:00.000000Z`.
///
/// ```
/// let time = upr_sync::time::parse("2026-11-20T11:30:00+01:00")?;
/// assert_eq!(upr_sync::time::stored(time), "2026-11-20T10:30:00.000000Z");
/// # Ok::<(), upr_sync::time::TimeError>(())
/// ```
#[must_use]
pub fn stored(time: Timestamp) -> String {
    format!("{:.6}", civil(time))
}

/// The form of files and JSON: as [`stored`], without digits that say nothing.
///
/// ```
/// let time = upr_sync::time::parse("2026-12-31")?;
/// assert_eq!(upr_sync::time::shown(time), "2026-12-31T00:00:00Z");
/// # Ok::<(), upr_sync::time::TimeError>(())
/// ```
#[must_use]
pub fn shown(time: Timestamp) -> String {
    civil(time).to_string()
}

/// Reads RFC 3339, or a day alone, which means its first moment in UTC.
///
/// # Errors
///
/// [`TimeError`] when it is neither, or lies outside of the years 0 to 9999.
pub fn parse(text: &str) -> Result<Timestamp, TimeError> {
    let fail = || TimeError {
        text: text.chars().take(60).flat_map(char::escape_debug).collect(),
    };
    let moment = match text.parse::<jiff::Timestamp>() {
        Ok(moment) => moment,
        Err(_) => midnight(text).ok_or_else(fail)?,
    };
    if moment < first() {
        return Err(fail());
    }
    Ok(Timestamp::from_micros(moment.as_microsecond()))
}

fn midnight(text: &str) -> Option<jiff::Timestamp> {
    if text.len() != "2026-12-31".len() {
        return None;
    }
    format!("{text}T00:00:00Z").parse().ok()
}

/// The first moment that is written with four digits of a year.
fn first() -> jiff::Timestamp {
    jiff::Timestamp::constant(-62_167_219_200, 0)
}

/// INVARIANT: within the years 0 to 9999, the stored form has 27 bytes; what lies outside (which
/// only a wrong clock can make) is moved to the border.
fn civil(time: Timestamp) -> jiff::Timestamp {
    let border = if time.micros() < 0 {
        first()
    } else {
        jiff::Timestamp::MAX
    };
    jiff::Timestamp::from_microsecond(time.micros())
        .unwrap_or(border)
        .max(first())
}

/// A text that is no time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeError {
    text: String,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text } = self;
        write!(
            f,
            "`{text}` is no time; write `2026-12-31` or `2026-12-31T18:00:00Z`"
        )
    }
}

impl Error for TimeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_times_sort_like_moments() {
        let moments = [
            i64::MIN,
            -62_167_219_200_000_000,
            -1,
            0,
            1,
            999_999,
            1_000_000,
            i64::MAX,
        ];
        let texts: Vec<String> = moments
            .iter()
            .map(|micros| stored(Timestamp::from_micros(*micros)))
            .collect();
        assert!(texts.iter().all(|text| text.len() == 27), "{texts:?}");
        assert!(texts.is_sorted(), "{texts:?}");
    }

    #[test]
    fn what_is_stored_is_read_again() {
        for micros in [0, 1, 1_763_634_600_123_456] {
            let time = Timestamp::from_micros(micros);
            assert_eq!(parse(&stored(time)), Ok(time));
            assert_eq!(parse(&shown(time)), Ok(time));
        }
    }

    #[test]
    fn what_is_no_time_is_named() {
        for text in [
            "",
            "tomorrow",
            "2026-13-01",
            "2026-02-30",
            "2026-12-31T25:00:00Z",
            "-000001-01-01T00:00:00Z",
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("`{text}` is no time")),
                "{error}"
            );
        }
    }
}
