//! From what Cargo built to declarations: which program is meant, and what a lock must know of all of them.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use upr_core::artifact::{self, ArtifactProblem};
use upr_core::catalog::Application;
use upr_core::finding::Place;
use upr_core::fragment::{Assembled, Fragment, assemble, places, without_lock};
use upr_core::lock::{Declared, FILE_NAME};
use upr_core::{Catalog, Key, Version};

use super::graph::Graph;
use super::message::{Artifact, build};
use super::{BuildOptions, Package, Project};
use crate::args::Global;
use crate::binary::{BITCODE, contradicts, embeds_lock, unread};
use crate::context::or_here;
use crate::failure::Failure;
use crate::output::{Detail, Output};

/// A build that is done once, when declarations are first asked for.
#[derive(Debug)]
pub(crate) struct Build {
    project: Project,
    options: BuildOptions,
    /// Where Cargo runs: options with paths start there.
    directory: PathBuf,
    out: Output,
    built: OnceCell<Vec<Artifact>>,
}

/// Said where libraries hold nothing but what link-time optimisation is to compile.
const NOT_READ: &str = "\
Only programs were read: the libraries are still to be compiled, for link-time optimisation. What a library declares and \
no program uses is seen without --release.";

/// Something that declares permissions: a program, or a library with those below it.
struct Whole<'a> {
    package: &'a Package,
    /// How `cargo upr` is told to read it alone, without the package.
    option: String,
    fragments: Vec<Fragment>,
    /// Whose the declarations of a library are; a program says it itself.
    application: Option<Application>,
}

impl Build {
    /// Asks Cargo which packages are meant; nothing is built yet.
    pub(crate) fn locate(
        directory: PathBuf,
        options: BuildOptions,
        global: &Global,
    ) -> Result<Self, Failure> {
        if let Some(option) = global.registry_option() {
            let message = format!("`cargo upr` reads what it builds, and no {option}");
            return Err(Failure::usage("usage", message).remedy(format!(
                "read a file that is there with `upr {option} FILE`"
            )));
        }
        Ok(Self {
            project: Project::locate(&directory, &options)?,
            options,
            directory,
            out: global.output(),
            built: OnceCell::new(),
        })
    }

    /// Where the lock of the packages stands or will stand, as people write it.
    pub(crate) fn package_directory(&self) -> PathBuf {
        or_here(&self.shown(self.project.directory()))
    }

    /// Where `upr.toml` is looked for.
    pub(crate) fn settings_directory(&self) -> PathBuf {
        self.shown(self.project.settings_directory())
    }

    /// Relative where it is below the current directory.
    fn shown(&self, path: &Path) -> PathBuf {
        let here = std::env::current_dir().unwrap_or_default();
        path.strip_prefix(here).unwrap_or(path).to_owned()
    }

    /// The catalog of the program that is meant; where the packages have none, that of their library.
    pub(crate) fn catalog(&self) -> Result<Catalog, Failure> {
        let mut wholes = self.programs()?;
        if wholes.is_empty() {
            wholes = self.libraries()?;
        }
        if wholes.is_empty() {
            return Err(self.declares_nothing());
        }
        if let Some(position) = default_run(&wholes) {
            wholes = vec![wholes.swap_remove(position)];
        }
        let mut catalogs: Vec<(String, Catalog)> = Vec::new();
        for whole in wholes {
            let option = format!("-p {} {}", whole.package.name, whole.option);
            let catalog = whole.assemble()?.catalog;
            // Programs that declare the same are one for every command.
            if catalogs.iter().all(|(_, known)| *known != catalog) {
                catalogs.push((option, catalog));
            }
        }
        match catalogs.as_slice() {
            [(_, only)] => Ok(only.clone()),
            several => {
                let options: Vec<&str> = several.iter().map(|(option, _)| &**option).collect();
                let message = "several programs here declare permissions, and not the same ones";
                Err(Failure::usage("several-programs", message)
                    .remedy(format!("say which: {}", options.join(", or "))))
            }
        }
    }

    /// Every key of all packages that are built: what their programs declare, and what their libraries themselves do,
    /// which a program need not use.
    pub(crate) fn declared(&self) -> Result<Vec<Declared>, Failure> {
        self.check_locks()?;
        let programs = self.programs()?;
        let has_programs = !programs.is_empty();
        let mut all: BTreeMap<Key, Declared> = BTreeMap::new();
        for whole in programs {
            insert(&mut all, whole.declared()?)?;
        }
        let libraries = match self.libraries() {
            // A program holds what is linked into it, and that is nearly all.
            Err(failure) if has_programs && failure.code == BITCODE => {
                self.out.note(NOT_READ);
                Vec::new()
            }
            libraries => libraries?,
        };
        for whole in libraries {
            let package = whole.package.name.clone();
            let mut declared = whole.declared()?;
            // What a library could be linked with, no program here may be.
            declared.retain(|one| !has_programs || one.package == package);
            insert(&mut all, declared)?;
        }
        if all.is_empty() {
            return Err(self.declares_nothing());
        }
        Ok(all.into_values().collect())
    }

    /// Where all of them are declared, by key.
    pub(crate) fn places(&self) -> Result<BTreeMap<String, Place>, Failure> {
        let (programs, libraries) = (self.programs()?, self.libraries()?);
        let wholes = libraries.iter().chain(&programs);
        Ok(wholes.flat_map(|whole| places(&whole.fragments)).collect())
    }

    /// The packages that are built.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &str> {
        self.project.packages().map(|package| &*package.name)
    }

    /// Whether a program of them embeds its lock, and so needs everything that stands there.
    pub(crate) fn embeds_lock(&self) -> Result<bool, Failure> {
        let programs = self.programs()?;
        Ok(programs.iter().any(|whole| embeds_lock(&whole.fragments)))
    }

    /// One lock is written at a time.
    fn check_locks(&self) -> Result<(), Failure> {
        let own = |package: &&Package| package.directory().join(FILE_NAME).is_file();
        let is_apart = |package: &&Package| package.directory() != self.project.directory();
        let apart: Vec<String> = self
            .project
            .packages()
            .filter(own)
            .filter(is_apart)
            .map(|package| format!("-p {}", package.name))
            .collect();
        if apart.is_empty() {
            return Ok(());
        }
        let message = format!("several packages here have a {FILE_NAME} of their own");
        let failure = Failure::usage("several-locks", message);
        Err(failure.remedy(format!(
            "say which: {}, or --workspace with --exclude",
            apart.join(", or ")
        )))
    }

    fn built(&self) -> Result<&[Artifact], Failure> {
        if let Some(built) = self.built.get() {
            return Ok(built);
        }
        let built = build(
            &self.directory,
            &self.options,
            self.out.detail == Detail::Quiet,
        )?;
        Ok(self.built.get_or_init(|| built))
    }

    /// The programs that declare something.
    fn programs(&self) -> Result<Vec<Whole<'_>>, Failure> {
        let mut programs = Vec::new();
        for package in self.project.packages() {
            for artifact in self
                .built()?
                .iter()
                .filter(|one| one.package_id == package.id)
            {
                let Some(executable) = &artifact.executable else {
                    continue;
                };
                let fragments = read(executable)?;
                if !fragments.is_empty() {
                    programs.push(Whole {
                        package,
                        option: format!("--bin {}", artifact.target.name),
                        fragments,
                        application: None,
                    });
                }
            }
        }
        // Cargo tells of them in the order in which they were done.
        programs.sort_by(|a, b| (&a.package.name, &a.option).cmp(&(&b.package.name, &b.option)));
        Ok(programs)
    }

    /// The libraries that declare something, or are linked with one that does.
    fn libraries(&self) -> Result<Vec<Whole<'_>>, Failure> {
        let mut libraries = Vec::new();
        for package in self.project.packages() {
            let own = self
                .built()?
                .iter()
                .filter(|one| one.package_id == package.id);
            let Some(root) = own.filter_map(Artifact::library).next() else {
                continue;
            };
            let fragments = self.linked(package, root)?;
            if !fragments.is_empty() {
                libraries.push(Whole {
                    package,
                    option: "--lib".to_owned(),
                    fragments,
                    application: Some(application(package)),
                });
            }
        }
        Ok(libraries)
    }

    /// What a library holds; the others that it is linked with, where it does not hold them itself.
    fn linked(&self, package: &Package, root: &Path) -> Result<Vec<Fragment>, Failure> {
        if root.extension().is_none_or(|extension| extension != "rlib") {
            return read(root);
        }
        let has_others = self.project.packages().nth(1).is_some();
        let graph = Graph::below(package, has_others, &self.directory, &self.options)?;
        let mut fragments = Vec::new();
        for artifact in self
            .built()?
            .iter()
            .filter(|artifact| graph.holds(artifact))
        {
            if let Some(library) = artifact.library() {
                fragments.extend(read(library)?);
            }
        }
        Ok(fragments)
    }

    fn declares_nothing(&self) -> Failure {
        let names: Vec<&str> = self
            .project
            .packages()
            .map(|package| &*package.name)
            .collect();
        let (what, verb) = match names.len() {
            1 => ("package", "declares"),
            _ => ("packages", "declare"),
        };
        let message = format!("the {what} `{}` {verb} no permissions", names.join("`, `"));
        Failure::could_not("no-permissions", message)
            .remedy("declare some with `#[upr::module]`, or name another package with -p")
            .remedy("a crate that nothing refers to is not linked (`use billing as _;`)")
    }
}

impl Whole<'_> {
    fn assemble(self) -> Result<Assembled, Failure> {
        assemble(self.fragments, self.application).map_err(|error| contradicts(&error))
    }

    fn declared(mut self) -> Result<Vec<Declared>, Failure> {
        self.fragments = without_lock(self.fragments);
        Ok(self.assemble()?.declared)
    }
}

/// The program that `cargo run` would run, where all are of one package and it says so.
fn default_run(wholes: &[Whole<'_>]) -> Option<usize> {
    let package = wholes.first()?.package;
    let name = package.default_run.as_ref()?;
    let is_alone = wholes.iter().all(|whole| whole.package.id == package.id);
    let option = format!("--bin {name}");
    wholes
        .iter()
        .position(|whole| is_alone && whole.option == option)
}

impl Artifact {
    /// The file of a library that can be read: the one that Rust links with, else one that is linked already.
    fn library(&self) -> Option<&Path> {
        let is_library = |kind: &String| kind == "lib" || kind.ends_with("lib");
        if !self.target.kind.iter().any(is_library) {
            return None;
        }
        let with = |extension: &str| {
            let mut files = self.filenames.iter();
            files.find(|file| file.extension().is_some_and(|own| own == extension))
        };
        let known = ["rlib", "so", "dylib", "dll", "wasm", "a", "lib"];
        known.into_iter().find_map(with).map(|file| &**file)
    }
}

/// What a file declares; nothing where it has no section.
fn read(path: &Path) -> Result<Vec<Fragment>, Failure> {
    match artifact::read(path) {
        Err(error) if matches!(error.problem(), ArtifactProblem::NoSection) => Ok(Vec::new()),
        read => read.map_err(|error| unread(&error)),
    }
}

fn application(package: &Package) -> Application {
    Application {
        name: package.name.clone(),
        version: Version::parse(&package.version).unwrap_or(Version::new(0, 0, 0)),
    }
}

/// A line of a lock names one crate. Crates of one package share what both use through their library.
fn declared_twice(known: &Declared, other: &Declared) -> Failure {
    let key = &known.key;
    if known.package == other.package {
        let message = format!(
            "`{key}` is declared by the crates `{}` and `{}` of package `{}`, which share a lock",
            known.krate, other.krate, known.package
        );
        return Failure::no("registry", message).remedy(
            "declare it in the package's library, which both use, or give one of them another key",
        );
    }
    let message = format!(
        "`{key}` is declared by package `{}` and by package `{}`, which share a lock",
        known.package, other.package
    );
    Failure::no("registry", message)
        .remedy("give one of them another key, or each package a lock of its own")
}

/// Adds to what other programs declare; one key has one crate.
fn insert(all: &mut BTreeMap<Key, Declared>, declared: Vec<Declared>) -> Result<(), Failure> {
    for one in declared {
        match all.entry(one.key.clone()) {
            Entry::Vacant(place) => {
                place.insert(one);
            }
            Entry::Occupied(place) => {
                let known = place.get();
                if (&known.package, &known.krate) != (&one.package, &one.krate) {
                    return Err(declared_twice(known, &one));
                }
            }
        }
    }
    Ok(())
}
