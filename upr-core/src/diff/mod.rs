//! A release compared with the one before: what each change means to those who hold permissions.
//!
//! [`diff`] takes two catalogs, or a lock in place of either; a lock knows keys and their lives, no labels and no roles. Every
//! change has a [`Class`], asks a [`Bump`] of the version number, and is a [`Finding`] when somebody can lose something by it.
//!
//! Breaking is, as for `upr sync`, a key that vanishes without a tombstone, never deprecated or before its `remove_in`; a
//! tombstone that is revived, lost or points elsewhere; an application that owns its keys no more; and a role that takes from
//! those who have it. A tombstone is notice enough, since `upr lock retire` asked for it.
//!
//! | file | holds |
//! | --- | --- |
//! | `change.rs` | one change: what, about what, how much it asks for |
//! | `keys.rs` | permissions, deprecations, tombstones |
//! | `modules.rs` | the application and its modules |
//! | `roles.rs` | roles that are defined in code |
//! | `view.rs` | what a catalog and a lock have in common |
//! | `lines.rs` | changes as lines that people read |
//! | `markdown.rs` | a comment for a pull request |

mod change;
mod keys;
mod lines;
mod markdown;
mod modules;
mod roles;
mod view;

use semver::Version;

pub use self::change::{Change, Class, Field, What};
pub use self::markdown::{Markdown, markdown};
pub use self::view::Side;
use self::view::View;
use crate::catalog::Application;
use crate::finding::{About, Bump, Finding, FindingId};
use crate::key::Key;

/// Everything that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Whose release the old one is; a lock does not say.
    pub old: Option<Application>,
    /// Whose release the new one is; a lock does not say.
    pub new: Option<Application>,
    /// By class, the gravest first, then by what they are about.
    pub changes: Vec<Change>,
    /// Keys of an old lock that the new side does not declare and that stand under a condition, sorted: a build in which it
    /// holds may have them.
    pub conditional: Vec<Key>,
}

/// What changed from `old` to `new`.
///
/// ```
/// use upr_core::Catalog;
/// use upr_core::diff::diff;
/// use upr_core::finding::Bump;
///
/// let release = |version: &str, keys: &str| {
///     Catalog::from_json(&format!(
///         r#"{{"format": "upr.catalog/1", "application": {{"name": "helpdesk", "version": "{version}"}},
///             "modules": [{{"key": "users", "permissions": [{keys}]}}]}}"#
///     ))
/// };
/// let old = release("1.4.0", r#"{"key": "users.view"}"#)?;
/// let new = release("1.5.0", r#"{"key": "users.view"}, {"key": "users.edit"}"#)?;
/// assert!(diff(&old, &old).changes.is_empty());
/// let forth = diff(&old, &new);
/// assert_eq!((forth.bump(), forth.is_breaking()), (Bump::Minor, false));
/// let back = diff(&new, &old);
/// assert_eq!((back.bump(), back.is_breaking()), (Bump::Major, true));
/// # Ok::<(), upr_core::catalog::ReadError>(())
/// ```
#[must_use]
pub fn diff<'a>(old: impl Into<Side<'a>>, new: impl Into<Side<'a>>) -> Difference {
    let (old, new) = (View::of(old.into()), View::of(new.into()));
    let mut changes = Vec::new();
    if let (Some(before), Some(after)) = (old.catalog, new.catalog) {
        modules::application(before, after, &mut changes);
        modules::modules(before, after, &mut changes);
        roles::roles(before, after, &new, &mut changes);
    }
    keys::keys(&old, &new, &mut changes);
    changes.sort_by(|a, b| (a.class, &a.about, a.what).cmp(&(b.class, &b.about, b.what)));
    let application = |view: &View<'_>| view.catalog.map(|catalog| catalog.application().clone());
    Difference {
        old: application(&old),
        new: application(&new),
        conditional: keys::conditional(&old, &new),
        changes,
    }
}

/// The two versions, and whether the step between them says what changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The old version.
    pub old: Version,
    /// The new version.
    pub new: Version,
    /// The least that may follow the old one.
    pub least: Version,
    /// Whether the new one is enough.
    pub suffices: bool,
}

impl Difference {
    /// What the changes ask of the version number; their gravest decides.
    #[must_use]
    pub fn bump(&self) -> Bump {
        let bumps = self.changes.iter().map(|change| change.bump);
        bumps.max().unwrap_or_default()
    }

    /// Whether somebody can lose something by it that nobody announced.
    #[must_use]
    pub fn is_breaking(&self) -> bool {
        self.count(Class::Breaking) > 0
    }

    /// How many changes are of a class.
    #[must_use]
    pub fn count(&self, class: Class) -> usize {
        self.of(class).count()
    }

    /// The changes of a class, by what they are about.
    pub fn of(&self, class: Class) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(move |change| change.class == class)
    }

    /// The step from version to version; `None` where one of them is not known (a lock, or a catalog made by hand).
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        let version = |application: &Option<Application>| {
            let version = &application.as_ref()?.version;
            (*version != Version::new(0, 0, 0)).then(|| version.clone())
        };
        let (old, new) = (version(&self.old)?, version(&self.new)?);
        let bump = self.bump();
        Some(Step {
            least: bump.next(&old),
            suffices: bump.suffices(&old, &new),
            old,
            new,
        })
    }

    /// What somebody has to look at: every breaking change, what is merely dubious, and a version number that says too little.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let found = self
            .changes
            .iter()
            .filter_map(|change| change.finding.clone());
        found.chain(self.version_too_low()).collect()
    }

    fn version_too_low(&self) -> Option<Finding> {
        let step = self.step().filter(|step| !step.suffices)?;
        let application = self.new.as_ref()?.name.clone();
        let Step {
            old, new, least, ..
        } = step;
        let message = if new < old {
            format!("version {new} is older than {old}")
        } else {
            format!(
                "from {old} to {new} is less than the changes ask for ({})",
                self.bump()
            )
        };
        Some(Finding::new(
            FindingId::VersionTooLow,
            About::Application(application),
            message,
            format!("release it as {least} or higher"),
        ))
    }
}
