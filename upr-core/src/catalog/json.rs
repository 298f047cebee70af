//! Catalog v1: writing it byte for byte alike, and reading it from anywhere. What both versions share
//! stands here too; `json_v2.rs` holds what v2 says in another way.

use std::error::Error;
use std::fmt;

use semver::Version;
use serde_core::ser::SerializeMap;
use serde_core::{Serialize, Serializer};

use super::json_v2::{self, FORMAT_V2};
use super::{
    Application, Catalog, CatalogError, Deprecation, Fingerprint, Kind, Module, Permission,
    Retired, Role, RoleMode,
};
use crate::json::{JsonError, Node, parse_version};
use crate::key::{Key, ModuleKey, RoleKey};
use crate::name;

/// The member `format` of catalog v1.
pub const FORMAT_V1: &str = "upr.catalog/1";
const VERSION_V1: &str = "1.0";

/// Why a text is no catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// It is no JSON, or not of the catalog's shape; names the place.
    Json(JsonError),
    /// Its parts contradict each other.
    Catalog(CatalogError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Catalog(error) => error.fmt(f),
        }
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            Self::Catalog(error) => Some(error),
        }
    }
}

impl From<JsonError> for ReadError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<CatalogError> for ReadError {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}

impl Catalog {
    /// Catalog v1 as indented JSON with a final line break; equal catalogs give equal bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = to_text(serde_json::to_string_pretty(self));
        text.push('\n');
        text
    }

    /// `sha256:…` over everything but itself and the application's version, as compact JSON. It is
    /// computed when it is first asked for, and kept.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.sealed.0.get_or_init(|| self.seal()).clone()
    }

    fn seal(&self) -> Fingerprint {
        let text = to_text(serde_json::to_string(&Content {
            catalog: self,
            sealed: None,
        }));
        let hash = hmac_sha256::Hash::hash(text.as_bytes());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Fingerprint(format!("sha256:{hex}"))
    }

    /// Reads catalog v1 or v2, as its `format` says. Unknown members are passed over; the fingerprint
    /// is computed anew.
    ///
    /// # Errors
    ///
    /// [`ReadError`], which names the place in the document or the keys that contradict.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| JsonError::syntax(&error))?;
        let root = Node::root(&value);
        let version = read_format(&root)?;
        let application = read_application(&root.require("application")?)?;
        let modules = match version {
            Format::V1 => read_modules(&root)?,
            Format::V2 => json_v2::read_modules(&root)?,
        };
        let mut roles = Vec::new();
        root.list("roles", |node| {
            read_role(&node).map(|role| roles.push(role))
        })?;
        let mut retired = Vec::new();
        root.list("retired", |node| {
            read_retired(&node).map(|entry| retired.push(entry))
        })?;
        let partial = root.is_set("partial")?;
        Ok(Self::new(application, modules, roles, retired)?.with_partial(partial))
    }
}

#[expect(
    clippy::expect_used,
    reason = "an empty document must not pass for a catalog"
)]
pub(super) fn to_text(written: serde_json::Result<String>) -> String {
    // INVARIANT: memory takes every byte, and every map key is a string.
    written.expect("a catalog is written into memory")
}

impl Serialize for Catalog {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sealed = Some(self.fingerprint());
        Content {
            catalog: self,
            sealed,
        }
        .serialize(serializer)
    }
}

/// A catalog as the document, or (unsealed) as what the fingerprint covers.
struct Content<'a> {
    catalog: &'a Catalog,
    sealed: Option<Fingerprint>,
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Catalog {
            application,
            modules,
            roles,
            retired,
            partial,
            sealed: _,
        } = self.catalog;
        let version = self
            .sealed
            .as_ref()
            .map(|_| application.version.to_string());
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", VERSION_V1)?;
        map.serialize_entry("format", FORMAT_V1)?;
        let name = &application.name;
        map.serialize_entry("application", &Named { name, version })?;
        if let Some(fingerprint) = &self.sealed {
            map.serialize_entry("fingerprint", fingerprint)?;
        }
        if *partial {
            map.serialize_entry("partial", partial)?;
        }
        map.serialize_entry("modules", modules)?;
        map.serialize_entry("roles", roles)?;
        map.serialize_entry("retired", retired)?;
        map.end()
    }
}

pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) version: Option<String>,
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.name)?;
        if let Some(version) = &self.version {
            map.serialize_entry("version", version)?;
        }
        map.end()
    }
}

impl Serialize for Module {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.serialize_head(&mut map)?;
        map.serialize_entry("permissions", &self.permissions)?;
        map.end()
    }
}

impl Module {
    /// Everything but the permissions.
    pub(super) fn serialize_head<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("key", &self.key)?;
        map.serialize_entry("label", &self.label)?;
        map.serialize_entry("description", &self.description)?;
        if self.allow_case_variants {
            map.serialize_entry("allow_case_variants", &true)?;
        }
        Ok(())
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let deprecation = self.deprecation.as_ref();
        let text = |version: &Option<Version>| version.as_ref().map(Version::to_string);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("key", &self.key)?;
        map.serialize_entry("action", self.key.action())?;
        map.serialize_entry("label", &self.label)?;
        map.serialize_entry("description", &self.description)?;
        map.serialize_entry("kind", self.kind.as_str())?;
        map.serialize_entry("critical", &self.critical)?;
        map.serialize_entry("is_deprecated", &deprecation.is_some())?;
        let message = deprecation.map_or("", |deprecation| deprecation.message.as_str());
        map.serialize_entry("deprecation_message", message)?;
        map.serialize_entry(
            "deprecated_since",
            &deprecation.and_then(|d| text(&d.since)),
        )?;
        map.serialize_entry(
            "removal_version",
            &deprecation.and_then(|d| text(&d.remove_in)),
        )?;
        let replaced_by = deprecation.and_then(|deprecation| deprecation.replaced_by.as_ref());
        map.serialize_entry("replaced_by", &replaced_by)?;
        map.end()
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("key", &self.key)?;
        map.serialize_entry("label", &self.label)?;
        map.serialize_entry("mode", self.mode.as_str())?;
        map.serialize_entry("all", &self.all)?;
        map.serialize_entry("permissions", &self.permissions)?;
        map.serialize_entry("modules", &self.modules)?;
        map.end()
    }
}

impl Serialize for Retired {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("key", &self.key)?;
        map.serialize_entry("retired", &self.retired.to_string())?;
        map.serialize_entry("replaced_by", &self.replaced_by)?;
        map.end()
    }
}

/// The versions of the document.
enum Format {
    V1,
    V2,
}

fn read_format(root: &Node<'_>) -> Result<Format, JsonError> {
    let format = root.require("format")?;
    match format.text()? {
        FORMAT_V1 => Ok(Format::V1),
        FORMAT_V2 => Ok(Format::V2),
        other => Err(format.error(format_args!(
            "`{other}` is no format that this program reads; it reads `{FORMAT_V1}` and `{FORMAT_V2}`"
        ))),
    }
}

fn read_application(node: &Node<'_>) -> Result<Application, JsonError> {
    let name = node.require("name")?.text()?.to_owned();
    let version = version(node, "version")?.unwrap_or(Version::new(0, 0, 0));
    Ok(Application { name, version })
}

fn read_modules(root: &Node<'_>) -> Result<Vec<Module>, JsonError> {
    // Passed over they would be lost, and what is lost looks like what was removed.
    if let Some(flat) = root.get("permissions")? {
        return Err(flat.error(format_args!(
            "in `{FORMAT_V1}` permissions stand in their modules"
        )));
    }
    let mut modules = Vec::new();
    root.list("modules", |node| {
        let mut module = read_module(&node)?;
        node.list("permissions", |node| {
            read_permission(&node).map(|permission| module.permissions.push(permission))
        })?;
        modules.push(module);
        Ok(())
    })?;
    Ok(modules)
}

/// A module without its permissions.
pub(super) fn read_module(node: &Node<'_>) -> Result<Module, JsonError> {
    let key = node.require("key")?.parse(ModuleKey::parse)?;
    let label = match node.text_or_empty("label")? {
        "" => name::module_label(key.as_str()),
        label => label.to_owned(),
    };
    Ok(Module {
        key,
        label,
        description: node.text_or_empty("description")?.to_owned(),
        allow_case_variants: node.is_set("allow_case_variants")?,
        permissions: Vec::new(),
    })
}

fn read_permission(node: &Node<'_>) -> Result<Permission, JsonError> {
    let deprecation = DeprecationMembers {
        state: "is_deprecated",
        message: "deprecation_message",
        since: "deprecated_since",
        remove_in: "removal_version",
    };
    let deprecation = deprecation.read(node, node.is_set("is_deprecated")?)?;
    read_permission_with(node, deprecation)
}

/// A permission whose deprecation is read already: the versions say it in different ways.
pub(super) fn read_permission_with(
    node: &Node<'_>,
    deprecation: Option<Deprecation>,
) -> Result<Permission, JsonError> {
    let key = node.require("key")?.parse(Key::parse)?;
    if let Some(action) = node.get("action")? {
        let named = action.text()?;
        if !named.is_empty() && named != key.action() {
            return Err(action.error(format_args!("`{named}` is not the last segment of `{key}`")));
        }
    }
    let label = match node.text_or_empty("label")? {
        "" => name::label(key.action()),
        label => label.to_owned(),
    };
    let kind = match node.get("kind")? {
        None => Kind::Action,
        Some(kind) => kind.parse(|text| match text {
            "crud" => Ok(Kind::Crud),
            "action" | "" => Ok(Kind::Action),
            other => Err(format!("`{other}` is no kind; write `crud` or `action`")),
        })?,
    };
    Ok(Permission {
        key,
        label,
        description: node.text_or_empty("description")?.to_owned(),
        kind,
        critical: node.is_set("critical")?,
        deprecation,
    })
}

/// The members that tell of a deprecation; `replaced_by` has one name in both versions.
pub(super) struct DeprecationMembers {
    /// The one that says whether there is a deprecation, for messages.
    pub(super) state: &'static str,
    pub(super) message: &'static str,
    pub(super) since: &'static str,
    pub(super) remove_in: &'static str,
}

impl DeprecationMembers {
    pub(super) fn read(
        &self,
        node: &Node<'_>,
        is_deprecated: bool,
    ) -> Result<Option<Deprecation>, JsonError> {
        let Self { state, message, .. } = self;
        let deprecation = Deprecation {
            message: node.text_or_empty(message)?.to_owned(),
            since: version(node, self.since)?,
            remove_in: version(node, self.remove_in)?,
            replaced_by: optional_key(node, "replaced_by")?,
        };
        let has_message = !deprecation.message.is_empty();
        if is_deprecated {
            return if has_message {
                Ok(Some(deprecation))
            } else {
                Err(node.error(format_args!("`{state}` needs a `{message}`")))
            };
        }
        let Deprecation {
            since,
            remove_in,
            replaced_by,
            ..
        } = deprecation;
        if has_message || since.is_some() || remove_in.is_some() || replaced_by.is_some() {
            let problem = format_args!("it is not deprecated (`{state}`), but says why or when");
            return Err(node.error(problem));
        }
        Ok(None)
    }
}

fn read_role(node: &Node<'_>) -> Result<Role, JsonError> {
    let key = node.require("key")?.parse(RoleKey::parse)?;
    let label = match node.text_or_empty("label")? {
        "" => name::module_label(key.as_str()),
        label => label.to_owned(),
    };
    let mode = node.require("mode")?.parse(|text| match text {
        "managed" => Ok(RoleMode::Managed),
        "seeded" => Ok(RoleMode::Seeded),
        other => Err(format!("`{other}` is no mode; write `managed` or `seeded`")),
    })?;
    let mut permissions = Vec::new();
    node.list("permissions", |node| {
        node.parse(Key::parse).map(|key| permissions.push(key))
    })?;
    let mut modules = Vec::new();
    node.list("modules", |node| {
        node.parse(ModuleKey::parse).map(|key| modules.push(key))
    })?;
    Ok(Role {
        key,
        label,
        mode,
        all: node.is_set("all")?,
        permissions,
        modules,
    })
}

fn read_retired(node: &Node<'_>) -> Result<Retired, JsonError> {
    Ok(Retired {
        key: node.require("key")?.parse(Key::parse)?,
        retired: node.require("retired")?.parse(parse_version)?,
        replaced_by: optional_key(node, "replaced_by")?,
    })
}

fn version(node: &Node<'_>, name: &str) -> Result<Option<Version>, JsonError> {
    let Some(member) = node.get(name)? else {
        return Ok(None);
    };
    if member.text()?.is_empty() {
        Ok(None)
    } else {
        member.parse(parse_version).map(Some)
    }
}

fn optional_key(node: &Node<'_>, name: &str) -> Result<Option<Key>, JsonError> {
    let Some(member) = node.get(name)? else {
        return Ok(None);
    };
    if member.text()?.is_empty() {
        Ok(None)
    } else {
        member.parse(Key::parse).map(Some)
    }
}
