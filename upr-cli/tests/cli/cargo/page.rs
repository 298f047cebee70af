//! What the guide shows is what the commands say: its console blocks are run, in order.
//!
//! `UPR_WRITE_PAGES=1` writes what the commands say now into the page.

use std::path::Path;

use upr_core::fragment::Fragment;

use super::host::{Host, module, program};
use crate::project::Ran;

/// Two programs with a library in common, as the guide says.
fn workspace() -> Host {
    let host = Host::workspace();
    host.package("people", "people", "");
    host.source(
        "people/src/lib.rs",
        &[module("people", "people")],
        "pub fn used() {}",
    );
    for name in ["desk", "kiosk"] {
        host.package(
            name,
            name,
            "[dependencies]\npeople = { path = \"../people\" }\n",
        );
        let code = "fn main() { people::used() }";
        let Fragment::Program(mut own) = program(name, &[]) else {
            unreachable!()
        };
        // It says `upr::application!()`, which demands nothing.
        own.locked.clear();
        let fragments = [module(name, name), Fragment::Program(own)];
        host.source(&format!("{name}/src/main.rs"), &fragments, code);
    }
    host
}

#[test]
fn the_guide_shows_what_is_said() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cargo-upr.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let host = workspace();
    let (mut said, mut is_block) = (String::new(), false);
    for line in text.lines() {
        if line.starts_with("```") {
            is_block = line == "```console";
        }
        match line.strip_prefix("$ ") {
            Some(command) if is_block => said.push_str(&format!("{line}\n{}", run(&host, command))),
            _ if is_block && !line.starts_with("```") => {}
            _ => said.push_str(&format!("{line}\n")),
        }
    }
    if std::env::var_os("UPR_WRITE_PAGES").is_some() {
        std::fs::write(&page, said).unwrap();
    } else {
        assert!(said == text, "the page shows something else than:\n{said}");
    }
}

/// Both streams, without Cargo's part of them.
fn run(host: &Host, command: &str) -> String {
    let ran: Ran = match command.strip_prefix("cargo upr ") {
        Some(line) => host.cargo_upr("", line),
        None => host.upr("", command.strip_prefix("upr ").unwrap()),
    };
    let is_cargos = |line: &&str| {
        let words = ["Compiling", "Finished", "Blocking", "Locking", "Updating"];
        words.iter().any(|word| line.trim_start().starts_with(word))
    };
    let text = format!("{}{}", ran.stdout, ran.stderr);
    text.lines()
        .filter(|line| !is_cargos(line))
        .map(|line| format!("{line}\n"))
        .collect()
}
