//! Where `mod name;` finds its file: rustc's own rules.

use std::path::{Path, PathBuf};

/// The folder that a place in a source file looks for modules in.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// The name of the module whose file is not `mod.rs`: its own modules are in a folder of that name.
    relative: Option<String>,
    /// In a function's body `mod name;` finds nothing without `#[path]`.
    is_block: bool,
}

/// A file of a module, and where its own modules are found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) file: PathBuf,
    pub(super) folder: Folder,
}

/// Why there is no file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoFile {
    /// None of the files that it could be is there.
    Missing(Vec<PathBuf>),
    /// Two are.
    Both([PathBuf; 2]),
    /// A block has no folder.
    InBlock,
}

impl Folder {
    /// Of a crate's root, of a `mod.rs`, of a file that `#[path]` or `include!` named.
    pub(super) fn of_owner(file: &Path) -> Self {
        Self {
            path: parent(file),
            relative: None,
            is_block: false,
        }
    }

    /// Inside an inline mod.
    pub(super) fn inline(&self, name: &str, path: Option<&str>) -> Self {
        if let Some(path) = path {
            // For `#[path]` of an inline mod the text is a folder.
            return Self {
                path: self.path.join(path),
                relative: None,
                is_block: false,
            };
        }
        let mut folder = self.path.clone();
        folder.extend(&self.relative);
        folder.push(name);
        Self {
            path: folder,
            relative: None,
            is_block: self.is_block,
        }
    }

    /// Inside a block.
    pub(super) fn block(&self) -> Self {
        Self {
            is_block: true,
            ..self.clone()
        }
    }

    /// The file of `mod name;`.
    pub(super) fn find(&self, name: &str, path: Option<&str>) -> Result<Found, NoFile> {
        if let Some(path) = path {
            let file = self.path.join(path);
            if !file.is_file() {
                return Err(NoFile::Missing(vec![file]));
            }
            let folder = Self::of_owner(&file);
            return Ok(Found { file, folder });
        }
        if self.is_block {
            return Err(NoFile::InBlock);
        }
        let mut folder = self.path.clone();
        folder.extend(&self.relative);
        let own = folder.join(format!("{name}.rs"));
        let nested = folder.join(name).join("mod.rs");
        match (own.is_file(), nested.is_file()) {
            (true, false) => Ok(Found {
                folder: Self {
                    path: parent(&own),
                    relative: Some(name.to_owned()),
                    is_block: false,
                },
                file: own,
            }),
            (false, true) => Ok(Found {
                folder: Self::of_owner(&nested),
                file: nested,
            }),
            (false, false) => Err(NoFile::Missing(vec![own, nested])),
            (true, true) => Err(NoFile::Both([own, nested])),
        }
    }
}

fn parent(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}
