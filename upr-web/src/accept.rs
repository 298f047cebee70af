//! Which version of a document `Accept` asks for (RFC 9110, 12.5.1).

/// The versions that there are.
const VERSIONS: [u32; 2] = [1, 2];

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// Any version, so the one that has been there longest.
    Default,
    /// One of the versions that there are.
    Version(u32),
    /// Only versions that there are not.
    Nothing,
}

/// What the lines of `Accept` ask for; no line asks for nothing in particular.
///
/// The most wanted range wins; of equals a version that is named, then the first. Everything that is
/// no version is the default, so that browsers and plain clients get an answer. Only a client that
/// names versions, none of which there is, and takes nothing else, gets none.
pub(crate) fn version(lines: &[&str]) -> Accepted {
    let ranges: Vec<(Accepted, u16)> = lines
        .iter()
        .flat_map(|line| line.split(','))
        .filter_map(read_range)
        .collect();
    if ranges.is_empty() {
        return Accepted::Default;
    }
    let mut best: Option<(Accepted, (u16, bool))> = None;
    for (accepted, weight) in ranges {
        let rank = (weight, accepted != Accepted::Default);
        let is_there = accepted != Accepted::Nothing && weight > 0;
        if is_there && best.is_none_or(|(_, most)| rank > most) {
            best = Some((accepted, rank));
        }
    }
    best.map_or(Accepted::Nothing, |(accepted, _)| accepted)
}

/// One range, and how much it is wanted in thousandths; nothing where none is written.
fn read_range(range: &str) -> Option<(Accepted, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let media_type = parts.next()?.to_ascii_lowercase();
    if media_type.is_empty() {
        return None;
    }
    let weight = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .map_or(1000, |(_, value)| thousandths(value.trim()));
    Some((meant_by(&media_type), weight))
}

fn meant_by(media_type: &str) -> Accepted {
    let number = media_type
        .strip_prefix("application/vnd.upr.v")
        .and_then(|rest| rest.strip_suffix("+json"));
    match number {
        None => Accepted::Default,
        Some(number) => match VERSIONS.iter().find(|known| known.to_string() == number) {
            Some(known) => Accepted::Version(*known),
            None => Accepted::Nothing,
        },
    }
}

/// `0.5` is 500. What is no weight wants as much as none at all would.
fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = format!("{whole}{fraction:0<3}");
    let is_weight = fraction.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_weight.then(|| digits.parse().ok()).flatten();
    number.filter(|number| *number <= 1000).unwrap_or(1000)
}

#[cfg(test)]
mod tests {
    use super::Accepted::{Default, Nothing, Version};
    use super::version;

    #[test]
    fn the_version_that_is_wanted_most() {
        for (line, wanted) in [
            ("", Default),
            ("*/*", Default),
            ("application/json", Default),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Default),
            ("text/html", Default),
            ("application/vnd.upr.v1+json", Version(1)),
            ("application/vnd.upr.v2+json", Version(2)),
            ("Application/VND.upr.V2+JSON; charset=utf-8", Version(2)),
            ("application/vnd.upr.v9+json", Nothing),
            ("application/vnd.upr.v02+json", Nothing),
            ("application/vnd.upr.v+json", Nothing),
            (
                "application/vnd.upr.v9+json, application/json;q=0.1",
                Default,
            ),
            (
                "application/vnd.upr.v9+json, application/vnd.upr.v2+json;q=0.1",
                Version(2),
            ),
            (
                "application/json;q=0.5, application/vnd.upr.v2+json",
                Version(2),
            ),
            ("application/json, application/vnd.upr.v2+json", Version(2)),
            (
                "application/vnd.upr.v2+json, application/vnd.upr.v1+json",
                Version(2),
            ),
            (
                "application/vnd.upr.v2+json;q=0.4, application/vnd.upr.v1+json;q=0.45",
                Version(1),
            ),
            ("application/vnd.upr.v2+json;q=0", Nothing),
            ("application/vnd.upr.v2+json; q=0.000, */*; Q=1", Default),
            ("application/vnd.upr.v2+json;q=bad, */*;q=0.9", Version(2)),
        ] {
            assert_eq!(version(&[line]), wanted, "{line}");
        }
        assert_eq!(version(&[]), Default);
        let lines = ["application/json;q=0.1", "application/vnd.upr.v2+json"];
        assert_eq!(version(&lines), Version(2), "several lines are one list");
    }
}
