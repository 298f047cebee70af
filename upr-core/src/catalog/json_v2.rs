//! Catalog v2: the same data, flat.

use semver::Version;
use serde_core::ser::SerializeMap;
use serde_core::{Serialize, Serializer};

use super::json::{DeprecationMembers, Named, read_module, read_permission_with, to_text};
use super::{Catalog, Deprecation, Module, Permission};
use crate::json::{JsonError, Node};

/// The member `format` of catalog v2.
pub const FORMAT_V2: &str = "upr.catalog/2";
const VERSION_V2: &str = "2.0";

impl Catalog {
    /// Catalog v2 as indented JSON with a final line break: every permission in one list, with its
    /// module's key and its `lifecycle`. It has the fingerprint of v1, since it says the same.
    ///
    /// ```
    /// use upr_core::Catalog;
    /// let catalog = Catalog::from_json(r#"{
    ///     "format": "upr.catalog/1", "application": {"name": "helpdesk"},
    ///     "modules": [{"key": "users", "permissions": [{"key": "users.view"}]}]
    /// }"#)?;
    /// let flat = catalog.to_json_v2();
    /// assert!(flat.contains("\"module\": \"users\""));
    /// assert_eq!(Catalog::from_json(&flat)?, catalog);
    /// # Ok::<(), upr_core::catalog::ReadError>(())
    /// ```
    #[must_use]
    pub fn to_json_v2(&self) -> String {
        let mut text = to_text(serde_json::to_string_pretty(&Flat(self)));
        text.push('\n');
        text
    }
}

struct Flat<'a>(&'a Catalog);

impl Serialize for Flat<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Catalog {
            application,
            modules,
            roles,
            retired,
            partial,
            sealed: _,
        } = self.0;
        let application = Named {
            name: &application.name,
            version: Some(application.version.to_string()),
        };
        let heads: Vec<Head<'_>> = modules.iter().map(Head).collect();
        let permissions: Vec<FlatPermission<'_>> =
            self.0.permissions().map(FlatPermission).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", VERSION_V2)?;
        map.serialize_entry("format", FORMAT_V2)?;
        map.serialize_entry("application", &application)?;
        map.serialize_entry("fingerprint", &self.0.fingerprint())?;
        if *partial {
            map.serialize_entry("partial", partial)?;
        }
        map.serialize_entry("modules", &heads)?;
        map.serialize_entry("permissions", &permissions)?;
        map.serialize_entry("roles", roles)?;
        map.serialize_entry("retired", retired)?;
        map.end()
    }
}

struct Head<'a>(&'a Module);

impl Serialize for Head<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.serialize_head(&mut map)?;
        map.end()
    }
}

struct FlatPermission<'a>(&'a Permission);

impl Serialize for FlatPermission<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Permission {
            key,
            label,
            description,
            kind,
            critical,
            deprecation,
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("key", key)?;
        map.serialize_entry("module", key.module())?;
        map.serialize_entry("action", key.action())?;
        map.serialize_entry("label", label)?;
        map.serialize_entry("description", description)?;
        map.serialize_entry("kind", kind.as_str())?;
        map.serialize_entry("critical", critical)?;
        map.serialize_entry("lifecycle", &Lifecycle(deprecation.as_ref()))?;
        map.end()
    }
}

struct Lifecycle<'a>(Option<&'a Deprecation>);

impl Serialize for Lifecycle<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let deprecation = self.0;
        let text = |version: &Option<Version>| version.as_ref().map(Version::to_string);
        let state = if deprecation.is_some() {
            "deprecated"
        } else {
            "active"
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("state", state)?;
        map.serialize_entry("message", deprecation.map_or("", |d| d.message.as_str()))?;
        map.serialize_entry("since", &deprecation.and_then(|d| text(&d.since)))?;
        map.serialize_entry("removal", &deprecation.and_then(|d| text(&d.remove_in)))?;
        let replaced_by = deprecation.and_then(|deprecation| deprecation.replaced_by.as_ref());
        map.serialize_entry("replaced_by", &replaced_by)?;
        map.end()
    }
}

/// The modules with their permissions, which the document keeps apart.
pub(super) fn read_modules(root: &Node<'_>) -> Result<Vec<Module>, JsonError> {
    let mut modules = Vec::new();
    root.list("modules", |node| {
        // Passed over they would be lost, and what is lost looks like what was removed.
        if let Some(nested) = node.get("permissions")? {
            return Err(nested.error(format_args!(
                "in `{FORMAT_V2}` permissions stand in a list of their own, beside `modules`"
            )));
        }
        read_module(&node).map(|module| modules.push(module))
    })?;
    // Stable, so that of two modules with one key the first is the first still.
    modules.sort_by(|a, b| a.key.cmp(&b.key));
    root.list("permissions", |node| {
        let permission = read_permission(&node)?;
        let named = permission.key.module();
        if let Some(module) = node.get("module")? {
            let said = module.text()?;
            if !said.is_empty() && said != named {
                return Err(module.error(format_args!(
                    "`{said}` is not the module of `{}`",
                    permission.key
                )));
            }
        }
        let found = modules.binary_search_by(|module| module.key.as_str().cmp(named));
        let Some(module) = found.ok().and_then(|index| modules.get_mut(index)) else {
            return Err(node.error(format_args!("module `{named}` is not among `modules`")));
        };
        module.permissions.push(permission);
        Ok(())
    })?;
    Ok(modules)
}

fn read_permission(node: &Node<'_>) -> Result<Permission, JsonError> {
    let deprecation = node.get("lifecycle")?;
    let deprecation = deprecation.map(|lifecycle| read_lifecycle(&lifecycle));
    read_permission_with(node, deprecation.transpose()?.flatten())
}

fn read_lifecycle(node: &Node<'_>) -> Result<Option<Deprecation>, JsonError> {
    let is_deprecated = match node.get("state")? {
        None => false,
        Some(state) => state.parse(|text| match text {
            "active" | "" => Ok(false),
            "deprecated" => Ok(true),
            other => Err(format!(
                "`{other}` is no state; write `active` or `deprecated`"
            )),
        })?,
    };
    let members = DeprecationMembers {
        state: "state",
        message: "message",
        since: "since",
        remove_in: "removal",
    };
    members.read(node, is_deprecated)
}
