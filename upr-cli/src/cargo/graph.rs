//! What a library is linked with: the packages below it, without those that only build scripts and macros use.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use super::message::Artifact;
use super::{BuildOptions, Package, cargo, run};
use crate::failure::Failure;

/// The packages below a library, with the features that they have there.
#[derive(Debug)]
pub(super) struct Graph {
    /// By name and version.
    packages: HashMap<(String, String), Vec<String>>,
}

impl Graph {
    /// Asks `cargo tree`, which resolves features and platforms as the build did.
    ///
    /// Packages that are built together have the features that any of them asks for, so with several it is asked about all
    /// of them, too.
    pub(super) fn below(
        package: &Package,
        has_others: bool,
        directory: &Path,
        options: &BuildOptions,
    ) -> Result<Self, Failure> {
        let alone = vec![format!("--package={}", package.id).into()];
        let mut packages = ask(directory, options, alone)?;
        if has_others {
            let mut together = ask(directory, options, options.of_packages())?;
            for (known, features) in &mut packages {
                if let Some(shared) = together.remove(known) {
                    *features = shared;
                }
            }
        }
        Ok(Self { packages })
    }

    /// Whether the library is linked with this crate. One that a build script uses too may have been built twice.
    pub(super) fn holds(&self, artifact: &Artifact) -> bool {
        let is_library = |kind: &String| kind == "lib" || kind.ends_with("lib");
        let features =
            name_and_version(&artifact.package_id).and_then(|known| self.packages.get(&known));
        artifact.target.kind.iter().any(is_library)
            && features.is_some_and(|features| *features == artifact.features)
    }
}

/// The packages below those that are named, with their features.
fn ask(
    directory: &Path,
    options: &BuildOptions,
    packages: Vec<OsString>,
) -> Result<HashMap<(String, String), Vec<String>>, Failure> {
    let mut command = cargo(directory);
    command
        .args(["tree", "--edges=normal,no-proc-macro", "--prefix=none"])
        .args(["--format={p}|{f}", "--color=never"])
        .args(packages)
        .args(options.of_tree());
    let output = run(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(read_line).collect())
}

/// Such as `tickets v0.3.0 (/srv/help desk/tickets)|default,extra (*)`.
fn read_line(line: &str) -> Option<((String, String), Vec<String>)> {
    let (package, features) = line.rsplit_once('|')?;
    let mut words = package.split(' ');
    let name = words.next()?.to_owned();
    let version = words.next()?.strip_prefix('v')?.to_owned();
    let features = features.trim_end_matches(" (*)");
    let mut features: Vec<String> = features
        .split(',')
        .filter(|feature| !feature.is_empty())
        .map(str::to_owned)
        .collect();
    features.sort();
    Some(((name, version), features))
}

/// What an id says: `path+file:///srv/tickets#0.3.0`, or `registry+https://…#serde@1.0.0`.
fn name_and_version(id: &str) -> Option<(String, String)> {
    let (source, fragment) = id.rsplit_once('#')?;
    let (name, version) = match fragment.split_once('@') {
        Some(both) => both,
        None => {
            let source = source.split('?').next()?;
            (source.rsplit('/').next()?, fragment)
        }
    };
    Some((name.to_owned(), version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_ids_name_the_same_packages() {
        let known = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let (package, features) =
            read_line("tickets v0.3.0 (/srv/help desk/tickets)|extra,default (*)").unwrap();
        assert_eq!(package, known("tickets", "0.3.0"));
        assert_eq!(features, ["default", "extra"]);
        assert_eq!(read_line("").map(|(package, _)| package), None);
        for (id, package) in [
            (
                "path+file:///srv/help%20desk/tickets#0.3.0",
                known("tickets", "0.3.0"),
            ),
            (
                "path+file:///srv/x#tickets@0.3.0",
                known("tickets", "0.3.0"),
            ),
            (
                "registry+https://github.com/rust-lang/crates.io-index#serde@1.0.228",
                known("serde", "1.0.228"),
            ),
            (
                "git+https://example.org/a/kit?branch=x/y#2.0.0-rc.1",
                known("kit", "2.0.0-rc.1"),
            ),
        ] {
            assert_eq!(name_and_version(id), Some(package), "{id}");
        }
    }
}
