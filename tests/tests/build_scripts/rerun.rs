//! The build script runs again exactly when it must.

use std::fs;

use super::{MANIFEST, Outcome, Project};

impl Project {
    /// Checks the package; gives whether its build script ran.
    fn runs(&self) -> Result<bool, Box<dyn std::error::Error>> {
        let ran = self.check()?.expect_code(0)?;
        let is_run = |line: &str| line.contains("Running") && line.contains("build-script-build");
        Ok(ran.stderr.lines().any(is_run))
    }
}

#[test]
fn it_runs_again_for_what_it_read_and_for_nothing_else() -> Outcome {
    let files = "//- build.rs
fn main() { upr::build::Build::new().typescript(\"frontend/permissions.ts\").check().run(); }
//- src/main.rs
mod users;
#[cfg(windows)] mod windows;
fn main() {}
//- src/users.rs
#[upr::module(crud(view), label = include_str!(\"../label.txt\"))]
pub struct Users;
//- label.txt
People
//- README.md
Nothing.
//- src/unused.rs
fn nothing() {}
//- src/windows.rs
fn nothing() {}
";
    let project = Project::new("scan-rerun", &[MANIFEST, files].concat())?;
    assert!(project.runs()?);
    assert!(!project.runs()?, "nothing has changed");
    let script = fs::read_to_string(project.path("frontend/permissions.ts"))?;
    assert!(script.contains("users.view"), "{script}");

    for name in ["README.md", "src/unused.rs", "src/windows.rs", "upr.toml"] {
        project.write(&format!("//- {name}\n// Changed.\n"))?;
        assert!(!project.runs()?, "{name} is none of its business");
    }
    for (name, text) in [
        ("label.txt", "Users\n"),
        ("src/users.rs", "#[upr::module(crud)] pub struct Users;\n"),
        (
            "src/main.rs",
            "mod users; mod more;\nfn main() {}\n//- src/more.rs\n// Nothing yet.\n",
        ),
        ("src/more.rs", "#[upr::module(crud)] pub struct More;\n"),
    ] {
        project.write(&format!("//- {name}\n{text}"))?;
        assert!(project.runs()?, "{name} was read");
        assert!(!project.runs()?, "nothing has changed since {name}");
    }

    // A file that is missing is noticed when it comes.
    project.write("//- src/more.rs\nmod missing;\n#[upr::module(crud)] pub struct More;\n")?;
    let refused = project.refused()?;
    assert!(
        refused[0].starts_with("src/more.rs:1:5: mod `missing` has no file"),
        "{refused:?}"
    );
    project.write("//- src/more/missing.rs\n#[upr::module(crud)] pub struct Missing;\n")?;
    assert!(project.runs()?);
    assert!(!project.runs()?);
    let script = fs::read_to_string(project.path("frontend/permissions.ts"))?;
    assert!(script.contains("missing.view"), "{script}");

    // A lock that appears comes with `upr lock`, which touches the crate's root.
    project.write("//- upr.lock\n{\"format\":\"upr.lock/1\"}\n{\"key\":\"gone.view\",\"published\":\"0.1.0\",\"package\":\"scan-rerun\",\"crate\":\"scan_rerun\"}\n//- src/main.rs\nmod users; mod more;\nfn main() { }\n")?;
    assert!(project.refused()?[0].starts_with("`gone.view` was published"));
    project.write("//- upr.lock\n{\"format\":\"upr.lock/1\"}\n")?;
    assert!(project.runs()?);
    project.write("//- upr.lock\n{\"format\":\"upr.lock/1\"}\n{\"key\":\"users.view\",\"published\":\"0.1.0\",\"package\":\"scan-rerun\",\"crate\":\"scan_rerun\"}\n")?;
    assert!(project.runs()?, "the lock is watched");
    Ok(())
}
