//! Findings that somebody answers for, until a day.
//!
//! An entry names one rule, one key (or `module.*`), a reason and an end. What is ignored is still shown. What has ended, and what matches nothing, is a finding itself, so that entries do not pile up.

use std::error::Error;
use std::fmt;

use serde_core::ser::SerializeMap;
use serde_core::{Serialize, Serializer};

use super::{About, Check, Finding, FindingId, Place};

/// A day of the calendar, such as `2027-01-31`.
///
/// ```
/// use upr_core::finding::Day;
/// let day = Day::parse("2028-02-29").ok_or("a day")?;
/// assert!(day > Day::parse("2027-12-31").ok_or("a day")?);
/// assert_eq!(Day::parse("2027-02-29"), None);
/// assert_eq!(day.to_string(), "2028-02-29");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// The day, if the calendar has it.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        let is_day = (1..=days).contains(&day) && (1000..=9999).contains(&year);
        is_day.then_some(Self { year, month, day })
    }

    /// Reads `YYYY-MM-DD`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let is_written_out = (year.len(), month.len(), day.len()) == (4, 2, 2)
            && [year, month, day]
                .iter()
                .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        if parts.next().is_some() || !is_written_out {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A finding that somebody answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    id: FindingId,
    key: String,
    reason: String,
    until: Day,
    place: Option<Place>,
}

/// Why an entry is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IgnoreError {
    /// No rule has the id.
    UnknownId(String),
    /// The rule may never be ignored.
    Never {
        /// The rule.
        id: FindingId,
        /// Why not.
        why: &'static str,
    },
    /// It does not say which keys.
    NoKey,
    /// Nobody would know why.
    NoReason,
}

impl fmt::Display for IgnoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownId(text) => write!(f, "`{text}` is no rule"),
            Self::Never { id, why } => {
                write!(f, "{} {} can not be ignored: {why}", id.code(), id.name())
            }
            Self::NoKey => f.write_str("it names no key"),
            Self::NoReason => f.write_str("it gives no reason"),
        }
    }
}

impl Error for IgnoreError {}

impl Ignore {
    /// An entry that holds up to the end of the day `until`, in UTC.
    ///
    /// `key` is that of a permission, a role or an application, or `module.*` for every action of one module.
    ///
    /// # Errors
    ///
    /// [`IgnoreError`] when no rule has the id, the rule may never be ignored, or key or reason is empty.
    pub fn new(id: &str, key: &str, reason: &str, until: Day) -> Result<Self, IgnoreError> {
        let id = FindingId::find(id).ok_or_else(|| IgnoreError::UnknownId(id.to_owned()))?;
        if let Some(why) = id.never_ignored() {
            return Err(IgnoreError::Never { id, why });
        }
        if key.trim().is_empty() {
            return Err(IgnoreError::NoKey);
        }
        if reason.trim().is_empty() {
            return Err(IgnoreError::NoReason);
        }
        Ok(Self {
            id,
            key: key.to_owned(),
            reason: reason.trim().to_owned(),
            until,
            place: None,
        })
    }

    /// The same, with the line where it stands.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The last day on which it holds.
    #[must_use]
    pub fn until(&self) -> Day {
        self.until
    }

    fn matches(&self, finding: &Finding) -> bool {
        self.id == finding.id && matches_key(&self.key, finding.key())
    }

    fn finding(&self, id: FindingId, message: String, remedy: &str) -> Finding {
        let about = About::Ignore(format!("{} {}", self.id, self.key));
        let mut finding = Finding::new(id, about, message, remedy.to_owned());
        finding.place.clone_from(&self.place);
        finding
    }
}

fn matches_key(pattern: &str, key: &str) -> bool {
    match pattern.strip_suffix(".*") {
        Some(module) => key.rsplit_once('.').is_some_and(|(of, _)| of == module),
        None => pattern == key,
    }
}

/// A finding with the entry that ignores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// What was found.
    pub finding: Finding,
    /// Why it is ignored.
    pub reason: String,
    /// Until when.
    pub until: Day,
}

/// As its finding, and `{"reason","until"}`.
impl Serialize for Ignored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let finding = &self.finding;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", finding.id.code())?;
        map.serialize_entry("name", finding.id.name())?;
        map.serialize_entry("key", finding.key())?;
        map.serialize_entry("message", &finding.message)?;
        map.serialize_entry("reason", &self.reason)?;
        map.serialize_entry("until", &self.until.to_string())?;
        map.end()
    }
}

/// Findings, parted by the entries that ignore some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sifted {
    /// What counts, with what there is to say about the entries themselves.
    pub findings: Vec<Finding>,
    /// What is ignored.
    pub ignored: Vec<Ignored>,
}

impl Sifted {
    /// Whether a finding that counts fails the check.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }
}

/// Takes out what is ignored on the day `today`, and reports entries that have ended or match nothing.
///
/// An entry that matches nothing is reported by the one check that would have to see its finding: a deliberate change of a
/// release is in the way of `diff` for as long as releases are compared across it, and never in that of `lock --check`.
#[must_use]
pub fn sift(findings: Vec<Finding>, ignores: &[Ignore], today: Day, check: Check) -> Sifted {
    let mut sifted = Sifted::default();
    let mut is_used = vec![false; ignores.len()];
    for finding in findings {
        let mut by = None;
        for (ignore, used) in ignores.iter().zip(&mut is_used) {
            if ignore.matches(&finding) {
                *used = true;
                if by.is_none() && today <= ignore.until {
                    by = Some(ignore);
                }
            }
        }
        match by {
            Some(ignore) => sifted.ignored.push(Ignored {
                finding,
                reason: ignore.reason.clone(),
                until: ignore.until,
            }),
            None => sifted.findings.push(finding),
        }
    }
    for (ignore, used) in ignores.iter().zip(is_used) {
        if used && today > ignore.until {
            sifted.findings.push(ignore.finding(
                FindingId::IgnoreEnded,
                format!("it was ignored until {} ({})", ignore.until, ignore.reason),
                "mend what it ignored, or decide again until when it is ignored",
            ));
        } else if !used && ignore.id.home() == check {
            sifted.findings.push(ignore.finding(
                FindingId::IgnoreUnused,
                "nothing was found that it would ignore".to_owned(),
                "remove the entry",
            ));
        }
    }
    sifted
}
