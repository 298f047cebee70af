//! Running `cargo build`: its progress and diagnostics go to standard error as they come, its report is read.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;

use super::{BuildOptions, cargo, missing};
use crate::failure::Failure;

/// A crate that was built, or was fresh.
#[derive(Debug, Deserialize)]
pub(super) struct Artifact {
    pub(super) package_id: String,
    pub(super) target: Target,
    pub(super) features: Vec<String>,
    pub(super) filenames: Vec<PathBuf>,
    pub(super) executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) kind: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact(Artifact),
    BuildFinished {
        success: bool,
    },
    #[serde(other)]
    Other,
}

/// Builds, and gives every crate of the build.
///
/// What does not compile is a no (the compiler refuses a rename, too); what Cargo cannot begin could not be found out.
pub(super) fn build(
    directory: &Path,
    options: &BuildOptions,
    is_quiet: bool,
) -> Result<Vec<Artifact>, Failure> {
    let mut command = cargo(directory);
    command
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(options.of_build())
        .stdout(Stdio::piped());
    if is_quiet {
        command.arg("--quiet");
    }
    let mut process = command.spawn().map_err(|error| missing(&error))?;
    let mut artifacts = Vec::new();
    let mut finished = None;
    for line in process
        .stdout
        .take()
        .into_iter()
        .flat_map(|stdout| BufReader::new(stdout).lines())
    {
        let line = line.map_err(|error| lost(&error))?;
        // What does not parse was printed by a macro while it expanded.
        match serde_json::from_str(&line) {
            Ok(Message::CompilerArtifact(artifact)) => artifacts.push(artifact),
            Ok(Message::BuildFinished { success }) => finished = Some(success),
            Ok(Message::Other) | Err(_) => {}
        }
    }
    let status = process.wait().map_err(|error| lost(&error))?;
    match (status.success(), finished) {
        (true, _) => Ok(artifacts),
        (false, Some(false)) => Err(Failure::no("build-failed", "the package does not compile")
            .remedy(
                "the compiler's messages say why; one about a published key names the ways on",
            )),
        _ => Err(
            Failure::could_not("cargo", format!("cargo build failed: {status}"))
                .remedy("its own message says why"),
        ),
    }
}

fn lost(error: &std::io::Error) -> Failure {
    Failure::could_not("cargo", format!("cannot hear what cargo says: {error}"))
}
