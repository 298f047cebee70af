//! What SemVer asks of the next version.

use std::fmt;

use semver::{BuildMetadata, Prerelease, Version};

/// What SemVer asks of the next version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bump {
    /// Nothing changed.
    #[default]
    None,
    /// Only texts changed.
    Patch,
    /// Something was added or deprecated.
    Minor,
    /// Something was taken away.
    Major,
}

impl Bump {
    /// `none`, `patch`, `minor` or `major`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// The least version that may follow `old`.
    ///
    /// As Cargo reads versions: below 1.0.0 the minor number counts as the major one and the patch
    /// number as both others; below 0.1.0 every version may break.
    ///
    /// ```
    /// use upr_core::finding::Bump;
    /// let next = |bump: Bump, old: &str| Ok::<_, semver::Error>(bump.next(&old.parse()?).to_string());
    /// assert_eq!(next(Bump::Major, "1.4.2")?, "2.0.0");
    /// assert_eq!(next(Bump::Minor, "1.4.2")?, "1.5.0");
    /// assert_eq!(next(Bump::Major, "0.4.2")?, "0.5.0");
    /// assert_eq!(next(Bump::Minor, "0.4.2")?, "0.4.3");
    /// assert_eq!(next(Bump::Major, "0.0.2")?, "0.0.3");
    /// # Ok::<(), semver::Error>(())
    /// ```
    #[must_use]
    pub fn next(self, old: &Version) -> Version {
        // A pre-release promises nothing: the version that it leads to is still to come.
        if self == Self::None || !old.pre.is_empty() {
            return old.clone();
        }
        let Version {
            major,
            minor,
            patch,
            ..
        } = *old;
        match (self, major, minor) {
            (Self::None, ..) => old.clone(),
            (Self::Major, 1.., _) => Version::new(major + 1, 0, 0),
            (Self::Minor, 1.., _) | (Self::Major, 0, 1..) => Version::new(major, minor + 1, 0),
            _ => Version::new(major, minor, patch + 1),
        }
    }

    /// Whether going from `old` to `new` says enough.
    ///
    /// A pre-release of a version counts as that version, and build metadata as nothing.
    ///
    /// ```
    /// use upr_core::finding::Bump;
    /// let suffices = |old: &str, new: &str| {
    ///     Ok::<_, semver::Error>(Bump::Major.suffices(&old.parse()?, &new.parse()?))
    /// };
    /// assert!(suffices("1.4.0", "2.0.0-rc.1")?);
    /// assert!(suffices("2.0.0-rc.1", "2.0.0-rc.2")?);
    /// assert!(!suffices("1.4.0", "1.5.0")?);
    /// # Ok::<(), semver::Error>(())
    /// ```
    #[must_use]
    pub fn suffices(self, old: &Version, new: &Version) -> bool {
        let (old, new) = (without_build(old), without_build(new));
        let least = self.next(&old);
        let has_moved = self == Self::None || new > old;
        has_moved && (new >= least || released(&new) >= least)
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn without_build(version: &Version) -> Version {
    Version {
        build: BuildMetadata::EMPTY,
        ..version.clone()
    }
}

fn released(version: &Version) -> Version {
    Version {
        pre: Prerelease::EMPTY,
        ..version.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enough_is_what_cargo_would_not_take_for_compatible() {
        use Bump::{Major, Minor, None, Patch};
        for (bump, old, new, suffices) in [
            (None, "1.4.0", "1.4.0", true),
            (None, "1.4.0", "1.3.0", false),
            (Patch, "1.4.0", "1.4.0", false),
            (Patch, "1.4.0", "1.4.1", true),
            (Minor, "1.4.0", "1.4.9", false),
            (Minor, "1.4.0", "1.5.0", true),
            (Major, "1.4.0", "1.5.0", false),
            (Major, "1.4.0", "3.1.0", true),
            (Major, "1.4.0", "0.9.0", false),
            (Major, "0.4.0", "0.4.1", false),
            (Major, "0.4.0", "0.5.0", true),
            (Major, "0.4.0", "1.0.0", true),
            (Minor, "0.4.0", "0.4.1", true),
            (Minor, "0.4.0", "0.4.0", false),
            (Major, "0.0.4", "0.0.5", true),
            (Major, "1.4.0", "2.0.0-rc.1", true),
            (Major, "1.4.0", "1.5.0-rc.1", false),
            (Major, "2.0.0-rc.1", "2.0.0", true),
            (Major, "2.0.0-rc.2", "2.0.0-rc.1", false),
            (Patch, "1.4.0+a", "1.4.0+b", false),
        ] {
            let versions = [old, new].map(|text| text.parse().unwrap());
            assert_eq!(
                bump.suffices(&versions[0], &versions[1]),
                suffices,
                "{bump} from {old} to {new}"
            );
        }
    }
}
