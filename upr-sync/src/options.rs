//! What a sync or a validation may do and minds.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::settings::{MassLoss, OrphanAction};

/// Whether losing `lost` of `all` must be confirmed: more than `keys` and more than `percent`, or
/// half or more (rule 21).
pub(crate) fn stops(guard: MassLoss, lost: u64, all: u64) -> bool {
    if lost == 0 {
        return false;
    }
    let share = u128::from(all) * u128::from(guard.percent);
    let is_many = lost > u64::from(guard.keys) && u128::from(lost) * 100 > share;
    is_many || u128::from(lost) * 2 >= u128::from(all)
}

/// What a sync may do. The default is the strictest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncOptions {
    /// Retires orphans to which nothing is assigned.
    pub clean_orphans: bool,
    /// Takes away what is assigned of keys that were retired without a replacement.
    pub revoke_retired: bool,
    /// Lets breaking changes pass this once.
    pub allow_breaking: bool,
    /// Lets an older registry become the present one again.
    pub allow_older: bool,
    /// The exact number of losses that are meant.
    pub expect_loss: Option<u64>,
    /// Whether breaking changes are refused (`fail_on_breaking_changes`).
    pub fail_on_breaking_changes: bool,
    /// Whether the relaxations of development are off (`strict_mode`).
    pub strict_mode: bool,
    /// When the guard against mass losses stops a run (`mass_loss`).
    #[serde(serialize_with = "guard", deserialize_with = "read_guard")]
    pub mass_loss: MassLoss,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            clean_orphans: false,
            revoke_retired: false,
            allow_breaking: false,
            allow_older: false,
            expect_loss: None,
            fail_on_breaking_changes: true,
            strict_mode: true,
            mass_loss: MassLoss {
                keys: 10,
                percent: 5,
            },
        }
    }
}

/// What a validation minds. The default is the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidateOptions {
    /// What orphans mean.
    pub orphan_action: OrphanAction,
    /// Whether warnings count as errors, those about announced orphans excepted.
    pub strict_mode: bool,
}

impl Default for ValidateOptions {
    fn default() -> Self {
        Self {
            orphan_action: OrphanAction::Error,
            strict_mode: true,
        }
    }
}

fn guard<S: Serializer>(guard: &MassLoss, serializer: S) -> Result<S::Ok, S::Error> {
    [("keys", guard.keys), ("percent", guard.percent)]
        .into_iter()
        .collect::<std::collections::BTreeMap<_, _>>()
        .serialize(serializer)
}

fn read_guard<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MassLoss, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Guard {
        keys: u32,
        percent: u32,
    }
    let Guard { keys, percent } = Guard::deserialize(deserializer)?;
    Ok(MassLoss { keys, percent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_confirmed_when_it_is_much_or_half() {
        let guard = MassLoss {
            keys: 10,
            percent: 5,
        };
        for (lost, all, stopped) in [
            (0, 0, false),
            (0, 100, false),
            (10, 100, false),
            (11, 100, true),
            (11, 220, false),
            (11, 219, true),
            (1, 2, true),
            (1, 3, false),
            (1, 1, true),
            (1652, 13652, true),
        ] {
            assert_eq!(stops(guard, lost, all), stopped, "{lost} of {all}");
        }
    }
}
