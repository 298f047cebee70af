//! What the guides show is what the commands say: every console block of them is run, in order.
//!
//! `UPR_WRITE_PAGES=1` writes what the commands say now into the pages.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use crate::project::Project;

/// The first release of the help desk that the guides talk about.
const FIRST: &str = r#"{"version": "1.0", "format": "upr.catalog/1",
  "application": {"name": "helpdesk", "version": "1.0.0"},
  "modules": [
    {"key": "tickets", "permissions": [
      {"key": "tickets.view"}, {"key": "tickets.close"}, {"key": "tickets.purge"}]},
    {"key": "users", "permissions": [
      {"key": "users.view"}, {"key": "users.edit"}, {"key": "users.manage", "critical": true}]}],
  "roles": [
    {"key": "admin", "label": "Administrator", "mode": "managed", "all": true},
    {"key": "agent", "label": "Agent", "mode": "managed", "modules": ["tickets"]}]}"#;

/// The second retires one key for another, and one for nothing.
const SECOND: &str = r#"{"version": "1.0", "format": "upr.catalog/1",
  "application": {"name": "helpdesk", "version": "2.0.0"},
  "modules": [
    {"key": "tickets", "permissions": [{"key": "tickets.view"}, {"key": "tickets.close"}]},
    {"key": "users", "permissions": [
      {"key": "users.view"}, {"key": "users.update"}, {"key": "users.manage", "critical": true}]}],
  "roles": [
    {"key": "admin", "label": "Administrator", "mode": "managed", "all": true},
    {"key": "agent", "label": "Agent", "mode": "managed", "modules": ["tickets"]}],
  "retired": [
    {"key": "tickets.purge", "retired": "2.0.0"},
    {"key": "users.edit", "retired": "2.0.0", "replaced_by": "users.update"}]}"#;

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(name)
}

struct Shell {
    project: Project,
    /// A moment before the last revocation, for `--at`.
    before: String,
}

impl Shell {
    fn new() -> Self {
        let project = Project::helpdesk();
        project.write("upr-catalog.json", FIRST);
        project.upr("migrate").exits(0);
        project.upr("sync").exits(0);
        Self {
            project,
            before: String::new(),
        }
    }

    fn second_release(&self) {
        self.project.write("upr-catalog.json", SECOND);
        self.project.upr("sync").exits(0);
    }

    /// What a command says.
    fn says(&mut self, line: &str) -> String {
        if line.starts_with("upr revoke") || line.starts_with("upr undo") {
            sleep(Duration::from_millis(20));
            self.before = upr_sync::time::stored(upr_core::Timestamp::now());
            sleep(Duration::from_millis(20));
        }
        let line = line.strip_prefix("upr ").unwrap().replace('"', "'");
        // The page's moment stands for the one before the last revocation.
        let asked = line.split_once("--at ").filter(|(_, at)| at.contains('T'));
        let ran = match asked {
            Some((start, _)) => format!("{start}--at {}", self.before),
            None => line.clone(),
        };
        let ran = self.project.upr_with(&[("LOGNAME", "ada")], &ran);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        match asked {
            Some((_, at)) => said.replace(
                self.before.trim_end_matches(['0', 'Z']),
                at.trim_end_matches('Z'),
            ),
            None => said,
        }
        .trim_end()
        .to_owned()
    }
}

/// Runs the console blocks of a page; gives the page as it should be.
fn carried_out(shell: &mut Shell, text: &str) -> String {
    let mut result = String::new();
    let mut is_block = false;
    let mut is_said = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_block = line == "```console";
            is_said = false;
        }
        if is_block && line.starts_with("$ upr ") {
            result.push_str(line);
            result.push('\n');
            let said = shell.says(&line[2..]);
            if !said.is_empty() {
                result.push_str(&said);
                result.push('\n');
            }
            is_said = true;
            continue;
        }
        if is_block && line.starts_with("# ") {
            // The one comment there is says that time goes by.
            sleep(Duration::from_secs(3));
            is_said = false;
        }
        if !(is_block && is_said) {
            result.push_str(line);
            result.push('\n');
        }
    }
    result
}

/// Moments are others in each run.
fn timeless(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("20") {
        let (before, moment) = rest.split_at(start);
        result.push_str(before);
        let length = moment
            .find(|c: char| !(c.is_ascii_digit() || "-:.TZ".contains(c)))
            .unwrap_or(moment.len());
        if length >= "2026-11-20T09:00:00Z".len() {
            result.push_str("MOMENT");
            rest = &moment[length..];
        } else {
            result.push_str(&moment[..2]);
            rest = &moment[2..];
        }
    }
    result.push_str(rest);
    result
}

fn check(name: &str, prepare: impl FnOnce(&Shell)) {
    let written = std::fs::read_to_string(page(name)).unwrap();
    let mut shell = Shell::new();
    prepare(&shell);
    let carried_out = carried_out(&mut shell, &written);
    if std::env::var_os("UPR_WRITE_PAGES").is_some() {
        std::fs::write(page(name), &carried_out).unwrap();
        return;
    }
    assert_eq!(timeless(&written), timeless(&carried_out), "docs/{name}");
}

#[test]
fn decisions() {
    check("decisions.md", |shell| {
        for line in [
            "role create lead users.view tickets.close",
            "user create ada --role admin",
            "user create bob --role agent",
            "user create eve",
            "grant eve --permission users.edit",
        ] {
            shell.project.upr(line).exits(0);
        }
        shell.second_release();
    });
}

#[test]
fn history() {
    check("history.md", |_| {});
}
