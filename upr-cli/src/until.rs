//! The end of a grant, as people write it.

use jiff::{Span, Timestamp, civil, tz::TimeZone};

/// Reads `text` as a moment: RFC 3339 (`2026-12-31T18:00:00+01:00`), a date (its first moment in
/// UTC), or a span from `now` on (`30d`, `12h`, `6mo`, `1y 2w`).
pub(crate) fn parse(text: &str, now: Timestamp) -> Result<upr_core::Timestamp, String> {
    let moment = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| date(text))
        .or_else(|| from(now, text))
        .ok_or_else(|| {
            format!(
                "`{text}` is no time; write 2026-12-31T18:00:00Z, 2026-12-31 (00:00 UTC), or a \
                 span from now such as 30d or 12h"
            )
        })?;
    Ok(upr_core::Timestamp::from_micros(moment.as_microsecond()))
}

fn date(text: &str) -> Option<Timestamp> {
    // `civil::Date` reads the date of a date-time too; a time without its zone is ambiguous.
    if text.len() != "2026-12-31".len() {
        return None;
    }
    let date: civil::Date = text.parse().ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn from(now: Timestamp, text: &str) -> Option<Timestamp> {
    let span: Span = text.parse().ok()?;
    // A moment that a person can read again: whole seconds.
    let now = Timestamp::from_second(now.as_second()).ok()?;
    let end = now.to_zoned(TimeZone::UTC).checked_add(span).ok()?;
    Some(end.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, String> {
        let now: Timestamp = "2026-01-31T12:00:00.123456Z".parse().unwrap();
        parse(text, now).map(|end| {
            Timestamp::from_microsecond(end.micros())
                .unwrap()
                .to_string()
        })
    }

    #[test]
    fn times_dates_and_spans() {
        for (text, end) in [
            ("2026-12-31T18:00:00Z", "2026-12-31T18:00:00Z"),
            ("2026-12-31T18:00:00+02:00", "2026-12-31T16:00:00Z"),
            ("2026-12-31", "2026-12-31T00:00:00Z"),
            ("30d", "2026-03-02T12:00:00Z"),
            ("12h", "2026-02-01T00:00:00Z"),
            ("1mo", "2026-02-28T12:00:00Z"),
            ("1y 2w", "2027-02-14T12:00:00Z"),
            ("P1W", "2026-02-07T12:00:00Z"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(end), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_or_of_no_zone_is_refused() {
        for text in [
            "",
            "tomorrow",
            "30",
            "2026-13-01",
            "2026-12-31T18:00:00",
            "99999999y",
        ] {
            let message = parsed(text).unwrap_err();
            assert!(message.contains("30d"), "{message}");
        }
    }
}
