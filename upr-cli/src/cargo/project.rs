//! Which packages `cargo upr` is about, and where their files stand.

use std::path::Path;

use upr_core::name::nearest;
use upr_sync::settings;

use super::options::BuildOptions;
use super::{Package, Workspace};
use crate::failure::Failure;

/// The packages that are built, and their directory.
#[derive(Debug)]
pub(crate) struct Project {
    workspace: Workspace,
    /// Positions in the workspace's list; at least one.
    selected: Vec<usize>,
}

impl Project {
    /// Asks Cargo about the workspace here, or that of `--manifest-path`.
    pub(crate) fn locate(directory: &Path, options: &BuildOptions) -> Result<Self, Failure> {
        let workspace = Workspace::ask(directory, options.of_metadata())?;
        let selected = select(&workspace, options)?;
        if selected.is_empty() {
            return Err(Failure::usage("no-package", "no package is left to build")
                .remedy("name one with -p"));
        }
        Ok(Self {
            workspace,
            selected,
        })
    }

    /// The packages that are built and read.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &Package> {
        let packages = self.selected.iter();
        packages.filter_map(|position| self.workspace.packages.get(*position))
    }

    /// Where the lock of the packages stands or will stand: the one package's own directory, else the workspace's root.
    pub(crate) fn directory(&self) -> &Path {
        let mut packages = self.packages();
        match (packages.next(), packages.next()) {
            (Some(only), None) => only.directory(),
            _ => &self.workspace.root,
        }
    }

    /// Where `upr.toml` is looked for: the nearest directory that has one, from the package's up to the workspace's root.
    pub(crate) fn settings_directory(&self) -> &Path {
        let (package, root) = (self.directory(), &*self.workspace.root);
        let within = package
            .ancestors()
            .take_while(|above| above.starts_with(root));
        // A member need not stand below its workspace's root.
        let places = [package].into_iter().chain(within).chain([root]);
        let mut with_file = places.filter(|place| place.join(settings::FILE_NAME).is_file());
        with_file.next().unwrap_or(package)
    }
}

fn select(workspace: &Workspace, options: &BuildOptions) -> Result<Vec<usize>, Failure> {
    if !options.package.is_empty() {
        let found = options.package.iter().map(|spec| find(workspace, spec));
        let mut found = found.collect::<Result<Vec<usize>, Failure>>()?;
        found.sort_unstable();
        found.dedup();
        return Ok(found);
    }
    let excluded = options.exclude.iter().map(|spec| find(workspace, spec));
    let excluded = excluded.collect::<Result<Vec<usize>, Failure>>()?;
    let members = if options.workspace {
        &workspace.members
    } else {
        &workspace.default_members
    };
    let positions = workspace.packages.iter().enumerate();
    Ok(positions
        .filter(|(position, package)| members.contains(&package.id) && !excluded.contains(position))
        .map(|(position, _)| position)
        .collect())
}

/// The member that a specification of Cargo's names: `helpdesk`, `helpdesk@1.4.0`, or the whole id.
fn find(workspace: &Workspace, spec: &str) -> Result<usize, Failure> {
    let (name, version) = spec
        .split_once('@')
        .map_or((spec, None), |(name, version)| (name, Some(version)));
    let is_meant = |package: &Package| {
        let is_named = package.name == name
            && version.is_none_or(|version| package.version.starts_with(version));
        is_named || package.id == spec
    };
    workspace.packages.iter().position(is_meant).ok_or_else(|| {
        let names: Vec<&str> = workspace
            .packages
            .iter()
            .map(|package| package.name.as_str())
            .collect();
        let message = format!("the workspace has no package `{spec}`");
        let failure = Failure::usage("unknown-package", message);
        match nearest(name, names.iter().copied()) {
            Some(near) => failure.remedy(format!("did you mean `{near}`?")),
            None => failure.remedy(format!("it has: {}", names.join(", "))),
        }
    })
}
