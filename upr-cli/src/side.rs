//! The two sides of `upr diff`: catalogs, locks, built programs, and each of the first two as it was at a revision.

use std::fs;
use std::path::{Path, PathBuf};

use upr_core::catalog::Retired;
use upr_core::diff;
use upr_core::fragment::assemble;
use upr_core::lock::{FILE_NAME, LockError, Share};
use upr_core::{Catalog, Lock, artifact};
use upr_sync::settings::Settings;

use crate::binary::{contradicts, unread};
use crate::context::Context;
use crate::declarations::whole;
use crate::failure::Failure;
use crate::git::Revision;
use crate::lock_file::LockFile;

/// What is compared, and what it is called.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) name: String,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Catalog(Catalog),
    Lock(Lock),
}

impl Content {
    pub(crate) fn as_side(&self) -> diff::Side<'_> {
        match self {
            Self::Catalog(catalog) => catalog.into(),
            Self::Lock(lock) => lock.into(),
        }
    }
}

/// A side as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// The registry of the program, or of what `cargo upr` builds.
    Code,
    File(PathBuf),
    Revision {
        name: String,
        path: Option<String>,
    },
}

impl Named {
    /// `git:REV`, `git:REV:PATH`, or a file. A revision with a colon in it has to be written as a hash.
    pub(crate) fn parse(text: &str) -> Self {
        match text.strip_prefix("git:") {
            None => Self::File(PathBuf::from(text)),
            Some(revision) => {
                let (name, path) = match revision.split_once(':') {
                    Some((name, path)) => (name, Some(path.to_owned())),
                    None => (revision, None),
                };
                Self::Revision {
                    name: name.to_owned(),
                    path: path.filter(|path| !path.is_empty()),
                }
            }
        }
    }
}

/// Reads sides.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) context: &'a Context,
    pub(crate) settings: &'a Settings,
    /// What `--lock` names.
    pub(crate) lock: Option<&'a Path>,
}

impl Reader<'_> {
    /// One side; `other` is what it is compared with.
    pub(crate) fn read(&self, named: &Named, other: &Named) -> Result<Side, Failure> {
        match named {
            Named::Code => self.code(),
            Named::File(path) => Ok(Side {
                name: path.display().to_string(),
                content: file(path)?,
            }),
            Named::Revision { name, path } => self.revision(name, path.as_deref(), other),
        }
    }

    /// A lock that packages share, without the lines of those that the code on the other side does not use.
    pub(crate) fn share(&self, side: &mut Side, other: &Named) -> Result<(), Failure> {
        if let (Content::Lock(lock), Named::Code) = (&side.content, other) {
            let file = LockFile::locate(self.lock, self.context);
            let share = self.share_of(&file, lock)?;
            side.content = Content::Lock(lock.shared(&share));
        }
        Ok(())
    }

    fn share_of(&self, file: &LockFile, lock: &Lock) -> Result<Share, Failure> {
        let mut declared = self.context.declared(self.settings)?;
        self.context.complete(lock, &mut declared);
        self.context.share(file, &declared)
    }

    /// What the code declares. A program that embeds no lock knows no tombstones; the lock beside it does.
    fn code(&self) -> Result<Side, Failure> {
        let mut catalog = self.context.whole_catalog(self.settings)?;
        if catalog.retired().is_empty() {
            let file = LockFile::locate(self.lock, self.context);
            if let Some(lock) = file.read()? {
                let own = lock.shared(&self.share_of(&file, &lock)?);
                catalog = with_tombstones(&catalog, &own)?;
            }
        }
        Ok(Side {
            name: "the code".to_owned(),
            content: Content::Catalog(catalog),
        })
    }

    fn revision(&self, name: &str, path: Option<&str>, other: &Named) -> Result<Side, Failure> {
        let revision = Revision::find(self.context.directory(), name)?;
        let path = match path {
            Some(path) => path.to_owned(),
            None => self.path_at(&revision, other)?,
        };
        let text = revision.file(&path)?;
        let shown = format!("git:{name}:{path}");
        Ok(Side {
            content: parse(&text, &shown, Path::new(&path))?,
            name: shown,
        })
    }

    /// Which file is meant when only a revision is named: `--lock`; the file that it is compared with; else the
    /// catalog of the settings where it was committed, else the lock.
    fn path_at(&self, revision: &Revision, other: &Named) -> Result<String, Failure> {
        let within = |path: &Path| {
            revision.path_of(path).ok_or_else(|| {
                let message = format!("{} is outside of the repository", path.display());
                Failure::usage("outside-repository", message)
                    .remedy("name the file as it is called at the revision, as in git:REV:PATH")
            })
        };
        if let Some(lock) = self.lock {
            return within(lock);
        }
        if let Named::File(path) = other
            && !is_built(path)
        {
            return within(path);
        }
        let catalog = revision.path_of(&self.settings.catalog);
        if let Some(catalog) = catalog.filter(|catalog| revision.has(catalog)) {
            return Ok(catalog);
        }
        within(&LockFile::locate(None, self.context).path)
    }
}

/// The catalog with the tombstones of a lock. What is declared and retired is for `lock --check` to say.
fn with_tombstones(catalog: &Catalog, lock: &Lock) -> Result<Catalog, Failure> {
    let retired = lock
        .retired()
        .filter(|entry| catalog.find(entry.key.as_str()).is_none())
        .filter_map(|entry| {
            Some(Retired {
                key: entry.key.clone(),
                retired: entry.retired.clone()?,
                replaced_by: entry.replaced_by.clone(),
            })
        });
    let parts = (catalog.modules().to_vec(), catalog.roles().to_vec());
    Catalog::new(
        catalog.application().clone(),
        parts.0,
        parts.1,
        retired.collect(),
    )
    .map_err(|error| {
        Failure::could_not(
            "lock-invalid",
            format!("the lock and the code contradict: {error}"),
        )
        .remedy("run 'upr lock --check'")
    })
}

fn file(path: &Path) -> Result<Content, Failure> {
    let bytes = fs::read(path).map_err(|error| {
        let message = format!("cannot read {}: {error}", path.display());
        let failure = Failure::could_not("unreadable", message);
        match path.to_str().filter(|name| !name.contains(['/', '.'])) {
            // Nobody has a file of that name; a revision was meant.
            Some(name) => failure.remedy(format!("for a revision write git:{name}")),
            None => failure.remedy("name a catalog, a lock, a built program, or git:REV"),
        }
    })?;
    if is_object(&bytes) {
        let fragments = artifact::read(path).map_err(|error| unread(&error))?;
        let assembled = assemble(fragments, None).map_err(|error| contradicts(&error))?;
        return Ok(Content::Catalog(assembled.catalog));
    }
    let shown = path.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => parse(&text, &shown, path),
        Err(_) => Err(Failure::could_not(
            "not-comparable",
            format!("{shown} is no catalog, no lock and no built program"),
        )
        .remedy("write a catalog with 'upr catalog --out FILE'")),
    }
}

/// A catalog or a lock; its first line says which.
fn parse(text: &str, shown: &str, path: &Path) -> Result<Content, Failure> {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let is_lock = first.contains("\"upr.lock/")
        || path.file_name().is_some_and(|name| name == FILE_NAME)
        || path
            .extension()
            .is_some_and(|extension| extension == "lock");
    if is_lock {
        return Lock::parse(text)
            .map(Content::Lock)
            .map_err(|error| invalid_lock(shown, &error));
    }
    let catalog = Catalog::from_json(text).map_err(|error| {
        Failure::could_not("catalog-invalid", format!("{shown}: {error}")).remedy(
            "name a catalog ('upr catalog --out FILE' writes one), a lock or a built program",
        )
    })?;
    // As the old side a part would hide what is lost; as the new one it would make it up.
    whole(catalog).map(Content::Catalog).map_err(|mut failure| {
        failure.message = format!("{shown}: {}", failure.message);
        failure
    })
}

fn invalid_lock(shown: &str, error: &LockError) -> Failure {
    let message = format!("{shown}:{}: {}", error.line(), error.problem());
    Failure::could_not("lock-invalid", message).remedy(error.remedy())
}

fn is_built(path: &Path) -> bool {
    use std::io::Read as _;

    let mut start = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(8).read_to_end(&mut start));
    read.is_ok() && is_object(&start)
}

/// ELF, Mach-O of either order or for several machines, PE and COFF, archives.
fn is_object(bytes: &[u8]) -> bool {
    let magics: [&[u8]; 8] = [
        b"\x7fELF",
        b"MZ",
        b"!<arch>",
        b"\xcf\xfa\xed\xfe",
        b"\xce\xfa\xed\xfe",
        b"\xfe\xed\xfa\xcf",
        b"\xfe\xed\xfa\xce",
        b"\xca\xfe\xba\xbe",
    ];
    magics.iter().any(|magic| bytes.starts_with(magic)) || bytes.starts_with(b"\0asm")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_may_name_a_file() {
        let revision = |name: &str, path: Option<&str>| Named::Revision {
            name: name.to_owned(),
            path: path.map(str::to_owned),
        };
        for (text, named) in [
            ("upr.lock", Named::File("upr.lock".into())),
            ("./git:odd", Named::File("./git:odd".into())),
            ("git:HEAD~1", revision("HEAD~1", None)),
            (
                "git:v1.4.0:crates/app/upr.lock",
                revision("v1.4.0", Some("crates/app/upr.lock")),
            ),
            ("git:main:", revision("main", None)),
            ("git:", revision("", None)),
            ("git:--output=x", revision("--output=x", None)),
        ] {
            assert_eq!(Named::parse(text), named, "{text}");
        }
    }
}
