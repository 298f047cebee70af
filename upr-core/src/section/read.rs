//! The bytes of a section as fragments.

use semver::Version;

use super::error::{SectionError, SectionProblem};
use super::view::{
    ActionView, DeprecationView, ModuleView, ProgramView, Record, Result, RoleView, damaged,
};
use super::{FORMAT, HEAD, Kind, MAGIC};
use crate::catalog::{self, Application, Retired, RoleMode};
use crate::fragment::{
    ActionBody, ActionFragment, DeprecationFragment, Fragment, LockedCrate, ModuleFragment, Origin,
    ProgramFragment, RoleFragment,
};
use crate::id::fnv1a_undo;
use crate::key::{Key, ModuleKey, RoleKey};

/// Reads the bytes of one section: what each record declares, in the order in which they stand.
///
/// Zeros between records are padding. What refers to other declarations is not resolved here: that is
/// [`assemble`](crate::fragment::assemble)'s.
///
/// # Errors
///
/// [`SectionError`], with the byte, when something else than a record stands there, when the section ends inside of one,
/// when a record contradicts itself, or when a newer upr wrote it.
///
/// ```
/// use upr_core::section;
/// assert_eq!(section::read(&[0; 8]), Ok(vec![]));
/// let error = section::read(b"\0\0text").unwrap_err();
/// assert_eq!(error.to_string(), "the section `.upr` is damaged: expected a record at byte 2");
/// ```
pub fn read(section: &[u8]) -> Result<Vec<Fragment>> {
    let mut fragments = Vec::new();
    let mut at = 0;
    while let Some(padding) = padding(section, at) {
        at += padding;
        let bytes = section.get(at..).unwrap_or_default();
        let record = whole(bytes).map_err(|error| error.behind(at))?;
        fragments.push(fragment(record).map_err(|error| error.behind(at))?);
        at += record.len();
    }
    Ok(fragments)
}

/// How many zeros stand from a place on; `None` when nothing else does.
fn padding(section: &[u8], at: usize) -> Option<usize> {
    section.get(at..)?.iter().position(|byte| *byte != 0)
}

/// The bytes of the record that these begin with.
fn whole(bytes: &[u8]) -> Result<&[u8]> {
    let truncated = || SectionError::new(0, SectionProblem::Truncated);
    let magic = bytes.get(..MAGIC.len()).unwrap_or(bytes);
    if !MAGIC.starts_with(magic) {
        return Err(damaged(0, "a record"));
    }
    let format = *bytes.get(4).ok_or_else(truncated)?;
    if format > FORMAT {
        return Err(SectionError::new(0, SectionProblem::Newer { format }));
    }
    if format < FORMAT {
        return Err(damaged(4, "the version of the format"));
    }
    let head = bytes.first_chunk::<HEAD>().ok_or_else(truncated)?;
    let [_, _, _, _, _, _, zero, other, a, b, c, d, ..] = *head;
    if (zero, other) != (0, 0) {
        return Err(damaged(6, "zeros"));
    }
    let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).map_err(|_| truncated())?;
    if length < HEAD {
        return Err(damaged(8, "the length of a record"));
    }
    bytes.get(..length).ok_or_else(truncated)
}

fn fragment(bytes: &[u8]) -> Result<Fragment> {
    let record = Record::open(bytes)?;
    record.check_end()?;
    match record.kind() {
        Some(Kind::Module) => module(&record, &record.module()?).map(Fragment::Module),
        Some(Kind::Action) => action(&record, &record.action()?).map(Fragment::Action),
        Some(Kind::Role) => role(&record, &record.role()?).map(Fragment::Role),
        Some(Kind::Program) => program(&record.program()?).map(Fragment::Program),
        None => Err(damaged(5, "the kind of a record")),
    }
}

fn module(record: &Record<'_>, view: &ModuleView<'_>) -> Result<ModuleFragment> {
    view.check_end()?;
    let mut late = record.late_texts();
    late.check(&[view.label, view.description])?;
    let key = ModuleKey::parse(view.key).map_err(|_| damaged(HEAD, "the key of a module"))?;
    let mut actions = Vec::new();
    for action in view.actions() {
        let action = action?;
        late.check(&[action.label, action.description])?;
        let name = action.name.strip_prefix(view.key);
        let name = name.and_then(|name| name.strip_prefix('.'));
        let name = name.filter(|_| Key::parse(action.name).is_ok());
        let name = name.ok_or_else(|| damaged(HEAD, "a module with keys of its own"))?;
        actions.push(body(&action, name, view.file)?);
    }
    let place = [view.package, view.version, view.krate, view.file];
    Ok(ModuleFragment {
        key,
        label: trimmed(view.label),
        description: trimmed(view.description),
        allow_case_variants: view.allow_case_variants,
        cfg: view.cfg.iter().map(str::to_owned).collect(),
        origin: origin(place, view.line)?,
        actions,
    })
}

fn action(record: &Record<'_>, view: &ActionView<'_>) -> Result<ActionFragment> {
    record.late_texts().check(&[view.label, view.description])?;
    let id = record.ids().next();
    let id = id.ok_or_else(|| damaged(16, "the id of the action"))?;
    let module = fnv1a_undo(fnv1a_undo(id, view.name.as_bytes()), b".");
    on_handler(module, view)
}

/// The fragment of an action on a handler, whose module is known.
///
/// # Errors
///
/// [`SectionError`] when a version is none.
pub fn on_handler(module: u64, view: &ActionView<'_>) -> Result<ActionFragment> {
    Ok(ActionFragment {
        module,
        body: body(view, view.name, "")?,
    })
}

fn body(view: &ActionView<'_>, name: &str, file: &str) -> Result<ActionBody> {
    let deprecation = view.deprecation.as_ref().map(deprecation).transpose()?;
    let file = if view.file.is_empty() {
        file
    } else {
        view.file
    };
    Ok(ActionBody {
        name: name.to_owned(),
        label: trimmed(view.label),
        description: trimmed(view.description),
        kind: if view.is_crud {
            catalog::Kind::Crud
        } else {
            catalog::Kind::Action
        },
        critical: view.critical,
        deprecation,
        cfg: view.cfg.iter().map(str::to_owned).collect(),
        file: file.to_owned(),
        line: view.line,
    })
}

fn deprecation(view: &DeprecationView<'_>) -> Result<DeprecationFragment> {
    let said = |text: &str| match text {
        "" => Ok(None),
        text => version(text).map(Some),
    };
    Ok(DeprecationFragment {
        message: view.message.to_owned(),
        since: said(view.since)?,
        remove_in: said(view.remove_in)?,
        replaced_by: view.replaced_by,
    })
}

fn role(record: &Record<'_>, view: &RoleView<'_>) -> Result<RoleFragment> {
    record.late_texts().check(&[view.label])?;
    let place = [view.package, view.version, view.krate, view.file];
    Ok(RoleFragment {
        key: RoleKey::parse(view.key).map_err(|_| damaged(HEAD, "the key of a role"))?,
        label: trimmed(view.label),
        mode: if view.seeded {
            RoleMode::Seeded
        } else {
            RoleMode::Managed
        },
        all: view.all,
        permissions: view.permissions().collect(),
        modules: view.modules().collect(),
        origin: origin(place, view.line)?,
    })
}

fn program(view: &ProgramView<'_>) -> Result<ProgramFragment> {
    let key = |text: &str| Key::parse(text).map_err(|_| damaged(HEAD, "a tombstone's key"));
    let retired = view.retired().map(|[retired_key, retired, replaced_by]| {
        let replaced_by = (!replaced_by.is_empty()).then(|| key(replaced_by));
        Ok(Retired {
            key: key(retired_key)?,
            retired: version(retired)?,
            replaced_by: replaced_by.transpose()?,
        })
    });
    let locked = view.locked().map(|[package, krate, keys]| LockedCrate {
        package: package.to_owned(),
        krate: krate.to_owned(),
        keys: keys.lines().map(str::to_owned).collect(),
    });
    let place = [view.package, view.version, view.krate, view.file];
    let origin = origin(place, view.line)?;
    Ok(ProgramFragment {
        application: Application {
            name: origin.package.clone(),
            version: origin.version.clone(),
        },
        locked: locked.collect(),
        retired: retired.collect::<Result<_>>()?,
        origin,
    })
}

fn origin([package, version, krate, file]: [&str; 4], line: u32) -> Result<Origin> {
    Ok(Origin {
        package: package.to_owned(),
        version: match version {
            "" => Version::new(0, 0, 0),
            text => self::version(text)?,
        },
        krate: krate.to_owned(),
        file: file.to_owned(),
        line,
    })
}

fn version(text: &str) -> Result<Version> {
    Version::parse(text).map_err(|_| damaged(HEAD, "a version"))
}

/// Texts from files end with a line feed.
fn trimmed(text: &str) -> String {
    text.trim().to_owned()
}
