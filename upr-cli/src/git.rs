//! Files as they were at a revision, asked of `git` itself.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::context::or_here;
use crate::failure::Failure;

/// A revision of the repository that a directory is in, resolved to a commit.
#[derive(Debug)]
pub(crate) struct Revision {
    directory: PathBuf,
    /// As it was written.
    name: String,
    commit: String,
}

impl Revision {
    /// Finds `name`, which may be anything that git takes for a commit: `HEAD~1`, `main`, `v1.4.0`, a hash.
    pub(crate) fn find(directory: &Path, name: &str) -> Result<Self, Failure> {
        if name.is_empty() || name.starts_with('-') {
            return Err(Failure::usage(
                "revision-invalid",
                format!("`{name}` is no revision"),
            )
            .remedy("write git:REV with what git calls a revision, such as git:HEAD~1 or git:v1.4.0"));
        }
        let directory = or_here(directory);
        // Whatever `name` is, git takes it for a revision and for no option.
        let commit = format!("{name}^{{commit}}");
        let output = git(
            &directory,
            [
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &commit,
            ],
        )?;
        if !output.status.success() {
            return Err(unknown(&directory, name));
        }
        Ok(Self {
            directory,
            name: name.to_owned(),
            commit: text(&output).trim().to_owned(),
        })
    }

    /// The text of a file as it was. `path` is as git takes it: from the repository's root, or from here behind `./`.
    pub(crate) fn file(&self, path: &str) -> Result<String, Failure> {
        let object = format!("{}:{path}", self.commit);
        let output = git(
            &self.directory,
            [
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &object,
            ],
        )?;
        if !output.status.success() {
            let message = format!("there is no {path} at {}", self.name);
            let failure = Failure::could_not("not-at-revision", message).remedy(format!(
                "name another file with git:{}:PATH, or a later revision; paths start at the repository's root",
                self.name
            ));
            return Err(failure);
        }
        let blob = text(&output).trim().to_owned();
        let output = git(&self.directory, ["cat-file", "blob", &blob])?;
        if !output.status.success() {
            let message = format!(
                "cannot read {path} at {}: {}",
                self.name,
                complaint(&output)
            );
            return Err(Failure::could_not("not-at-revision", message)
                .remedy(format!("name a file, as in git:{}:upr.lock", self.name)));
        }
        String::from_utf8(output.stdout).map_err(|_| {
            let message = format!("{path} at {} is no text in UTF-8", self.name);
            Failure::could_not("not-at-revision", message)
                .remedy("name a catalog or a lock; a built program is compared from a file")
        })
    }

    /// Whether a file was there.
    pub(crate) fn has(&self, path: &str) -> bool {
        let object = format!("{}:{path}", self.commit);
        git(&self.directory, ["cat-file", "-e", &object])
            .is_ok_and(|output| output.status.success())
    }

    /// `path` as it is called from the repository's root; nothing for a file outside of it.
    pub(crate) fn path_of(&self, path: &Path) -> Option<String> {
        let root = root(&self.directory).ok()?;
        let absolute = std::path::absolute(path).ok()?;
        // The file itself may be gone; its directory says where it was.
        let directory = absolute.parent()?.canonicalize().ok()?;
        let inside = directory
            .strip_prefix(root)
            .ok()?
            .join(absolute.file_name()?);
        Some(inside.to_str()?.replace('\\', "/"))
    }
}

/// The root of the repository that `directory` is in.
pub(crate) fn root(directory: &Path) -> Result<PathBuf, Failure> {
    let output = git(&or_here(directory), ["rev-parse", "--show-toplevel"])?;
    if !output.status.success() {
        return Err(no_repository(&output));
    }
    let root = PathBuf::from(text(&output).trim_end_matches(['\n', '\r']));
    Ok(root.canonicalize().unwrap_or(root))
}

/// Why a revision cannot be found, told apart: no repository, too little history, no such name.
fn unknown(directory: &Path, name: &str) -> Failure {
    let inside = match git(directory, ["rev-parse", "--is-shallow-repository"]) {
        Ok(output) => output,
        Err(failure) => return failure,
    };
    if !inside.status.success() {
        return no_repository(&inside);
    }
    let failure = Failure::could_not(
        "no-such-revision",
        format!("git knows no revision `{name}`"),
    );
    if text(&inside).trim() == "true" {
        return failure.remedy(
            "this clone has only the newest commits: 'git fetch --unshallow', or `fetch-depth: 0` of actions/checkout",
        );
    }
    failure.remedy(
        "'git log' lists revisions; 'git fetch' brings those of others, as in git:origin/main",
    )
}

fn no_repository(output: &Output) -> Failure {
    let complaint = complaint(output);
    let failure = Failure::could_not(
        "no-repository",
        format!("git finds no repository here: {complaint}"),
    );
    failure.remedy("run it inside of the repository, or compare with a file")
}

/// Runs git for an answer. It asks nobody for a password, and takes no lock.
fn git<S: AsRef<OsStr>>(
    directory: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Output, Failure> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output();
    output.map_err(|error| {
        Failure::could_not("git-missing", format!("cannot start git: {error}"))
            .remedy("install git, or compare with a file")
    })
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The first line of what git has to say, without its `fatal:`.
fn complaint(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().next().unwrap_or("it does not say why");
    line.strip_prefix("fatal: ").unwrap_or(line).to_owned()
}
