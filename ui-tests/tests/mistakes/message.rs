//! One message of the compiler, and as much of it as is upr's.

use std::path::Path;

use serde_json::Value;

use crate::HERE;

/// An error or a warning that points somewhere.
pub(crate) struct Message {
    pub(crate) level: String,
    /// rustc's code; `None` for what upr words alone.
    pub(crate) code: Option<String>,
    /// What upr says of it.
    pub(crate) ours: Option<String>,
    /// Where it starts: file, line and column.
    pub(crate) place: (String, u64, u64),
    /// The lines that it points at, the one it starts in first.
    places: Vec<String>,
    /// As a person sees it, without what only this machine has.
    pub(crate) shown: String,
}

impl Message {
    /// `None` for what only counts messages.
    pub(crate) fn read(message: &Value) -> Option<Self> {
        let text = message["message"].as_str().unwrap();
        let spans = message["spans"].as_array().unwrap();
        let primary = spans.iter().find(|span| span["is_primary"] == true)?;
        let primary = outermost(primary);
        let code = message["code"]["code"].as_str();
        let ours = match code {
            None => Some(text),
            // Before what upr says, compilers put words of their own.
            Some("E0080" | "deprecated") => {
                Some(text.split_once(": ").map_or(text, |(_, ours)| ours))
            }
            // What `#[diagnostic::on_unimplemented]` says.
            Some("E0277") if text.contains("upr") => Some(text),
            Some(_) => None,
        };
        Some(Self {
            level: message["level"].as_str().unwrap().to_owned(),
            code: code.map(str::to_owned),
            ours: ours.map(str::to_owned),
            place: (
                primary["file_name"].as_str().unwrap().to_owned(),
                primary["line_start"].as_u64().unwrap(),
                primary["column_start"].as_u64().unwrap(),
            ),
            places: places(spans),
            shown: shown(message["rendered"].as_str().unwrap_or_default()),
        })
    }

    /// `error E0592 at lib.rs:5 lib.rs:9`, or the message in upr's words with its column.
    pub(crate) fn summary(&self) -> String {
        let code = self
            .code
            .iter()
            .map(|code| format!(" {code}"))
            .collect::<String>();
        let places = match &self.code {
            None => {
                let (file, line, column) = &self.place;
                let file = Path::new(file).file_name().unwrap().to_str().unwrap();
                format!("{file}:{line}:{column}")
            }
            Some(_) => self.places.join(" "),
        };
        let ours = self
            .ours
            .iter()
            .map(|ours| format!("\n    {}", ours.replace('\n', "\n    ")))
            .collect::<String>();
        format!("{}{code} at {places}{ours}\n", self.level)
    }
}

/// The author's lines; where upr or the standard library is pointed at is not the author's mistake.
fn places(spans: &[Value]) -> Vec<String> {
    let mut places: Vec<(bool, String)> = spans
        .iter()
        .filter_map(|span| {
            let is_secondary = span["is_primary"] == false;
            let span = outermost(span);
            let path = Path::new(span["file_name"].as_str().unwrap());
            let file = path
                .file_name()
                .filter(|_| path.is_relative())?
                .to_str()
                .unwrap();
            Some((is_secondary, format!("{file}:{}", span["line_start"])))
        })
        .collect();
    places.sort();
    let mut places: Vec<String> = places.into_iter().map(|(_, place)| place).collect();
    places.dedup();
    places
}

/// Where the author wrote what was expanded to this.
fn outermost(mut span: &Value) -> &Value {
    while let Some(outer) = span["expansion"].get("span").filter(|_| {
        let file = span["file_name"].as_str().unwrap_or_default();
        Path::new(file).is_absolute()
    }) {
        span = outer;
    }
    span
}

/// What is rendered, without the folders of this machine, and without the lines of upr that it quotes.
fn shown(rendered: &str) -> String {
    let root = Path::new(HERE).parent().unwrap().to_str().unwrap();
    let mut shown = String::new();
    let mut quotes_upr = false;
    for line in rendered.trim_end().lines() {
        let Some((arrow, place)) = ["--> ", "::: "].iter().find_map(|arrow| {
            let at = line.find(arrow)? + arrow.len();
            line.split_at_checked(at)
        }) else {
            let is_quoted = line
                .trim_start_matches([' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.'])
                .starts_with('|');
            quotes_upr &= is_quoted || line == "...";
            // Which of upr's macros an error comes out of is upr's own matter.
            if !quotes_upr && !line.contains("= note: this error originates in") {
                shown.extend([line, "\n"]);
            }
            continue;
        };
        quotes_upr = place.starts_with(root);
        let place = match place.strip_prefix(root) {
            Some(file) => file
                .trim_start_matches('/')
                .split(':')
                .next()
                .unwrap_or_default(),
            // The package is the fixture.
            None => place
                .find("/src/")
                .and_then(|end| place.get(end + 1..))
                .unwrap_or(place),
        };
        shown.extend([arrow, place, "\n"]);
    }
    narrow(shown.trim_end_matches([' ', '|', '\n']))
}

/// The margin as wide as the line numbers that are left: those of upr, which move, have had their part in it.
fn narrow(shown: &str) -> String {
    let number = |line: &str| {
        let number = line.split_once('|')?.0.trim();
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| number.to_owned())
    };
    let width = shown
        .lines()
        .filter_map(number)
        .map(|number| number.len())
        .max();
    let width = width.unwrap_or(1);
    let lines = shown.lines().map(|line| {
        let text = line.trim_start();
        if let Some(number) = number(line) {
            let (_, rest) = line.split_once('|').unwrap();
            return format!("{number:>width$} |{rest}\n");
        }
        match text.chars().next() {
            Some('|' | '=' | ':') if text != line => format!("{:width$} {text}\n", ""),
            Some('-') if text.starts_with("--> ") => format!("{:width$}{text}\n", ""),
            _ => format!("{line}\n"),
        }
    });
    lines.collect()
}
