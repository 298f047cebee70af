//! Fields to bytes: the literal part of a record, and records that are put together from parts.
//!
//! What a macro cannot know stands behind the literal: [`record`] joins them where a constant is evaluated.

use semver::Version;

use super::{FORMAT, HEAD, Kind, MAGIC, flag};
use crate::catalog::{self, RoleMode};
use crate::fragment::{
    ActionBody, ActionFragment, DeprecationFragment, Fragment, ModuleFragment, Origin,
    ProgramFragment, RoleFragment,
};
use crate::id::fnv1a_continue;

/// A text of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextField<'a> {
    /// It is known.
    Known(&'a str),
    /// It is the next of the late texts.
    Late,
}

/// Where a declaration stands.
#[derive(Clone, Copy, Debug)]
pub struct OriginFields<'a> {
    /// The package.
    pub package: &'a str,
    /// Its version; empty where the build tool says none.
    pub version: &'a str,
    /// The crate target, with underscores.
    pub krate: &'a str,
    /// The source file.
    pub file: &'a str,
    /// The line in that file.
    pub line: u32,
}

/// What a module's record says.
#[derive(Clone, Copy, Debug)]
pub struct ModuleFields<'a> {
    /// Such as `users`.
    pub key: &'a str,
    /// One line for people.
    pub label: TextField<'a>,
    /// Markdown; may be empty.
    pub description: TextField<'a>,
    /// Whether actions may differ in nothing but the case of their letters.
    pub allow_case_variants: bool,
    /// Where it stands.
    pub origin: OriginFields<'a>,
    /// The predicates of `cfg` that it stands under.
    pub cfg: &'a [String],
    /// The actions of the attribute, each by its action alone.
    pub actions: &'a [ActionFields<'a>],
}

/// What is said of one action.
#[derive(Clone, Copy, Debug)]
pub struct ActionFields<'a> {
    /// The last segment of the key.
    pub name: &'a str,
    /// One line for people.
    pub label: TextField<'a>,
    /// Markdown; may be empty.
    pub description: TextField<'a>,
    /// How it was declared.
    pub kind: catalog::Kind,
    /// Whether at least one active subject must always hold it.
    pub critical: bool,
    /// Set when it is on its way out.
    pub deprecation: Option<DeprecationFields<'a>>,
    /// The predicates of `cfg` that it stands under itself.
    pub cfg: &'a [String],
    /// The source file; empty where it is the module's.
    pub file: &'a str,
    /// The line in that file.
    pub line: u32,
}

/// What was said about the end of an action.
#[derive(Clone, Copy, Debug)]
pub struct DeprecationFields<'a> {
    /// For people.
    pub message: &'a str,
    /// The version that deprecated it.
    pub since: Option<&'a Version>,
    /// The first version that may be without it.
    pub remove_in: Option<&'a Version>,
    /// Whether the next of the ids is the one that takes its place.
    pub is_replaced: bool,
}

/// What a role's record says.
#[derive(Clone, Copy, Debug)]
pub struct RoleFields<'a> {
    /// Such as `support`.
    pub key: &'a str,
    /// One line for people.
    pub label: TextField<'a>,
    /// Who decides what it holds.
    pub mode: RoleMode,
    /// Whether it holds every permission of the application.
    pub all: bool,
    /// Where it stands.
    pub origin: OriginFields<'a>,
    /// How many of the ids are permissions.
    pub permissions: usize,
    /// How many are modules.
    pub modules: usize,
}

/// What a program's record says.
#[derive(Clone, Copy, Debug)]
pub struct ProgramFields<'a> {
    /// Where it stands; the package names the application.
    pub origin: OriginFields<'a>,
    /// Tombstones: key, version, and replacement or nothing.
    pub retired: &'a [[String; 3]],
    /// What must be linked: package, crate, and keys parted by line feeds.
    pub locked: &'a [[String; 3]],
}

/// What of a record is known before ids are resolved and files included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The record up to its ids. Its length is right when there are no late texts.
    pub bytes: Vec<u8>,
    /// How many ids must follow.
    pub ids: usize,
    /// How many late texts must follow.
    pub late: usize,
}

/// The literal of a module.
#[must_use]
pub fn module(fields: &ModuleFields<'_>) -> Literal {
    let mut writer = Writer::new(Kind::Module);
    writer.byte(flag_if(
        fields.allow_case_variants,
        flag::ALLOW_CASE_VARIANTS,
    ));
    writer.name(fields.key);
    writer.field(fields.label);
    writer.field(fields.description);
    writer.origin(&fields.origin);
    writer.list(fields.cfg);
    writer.count(fields.actions.len());
    let mut key = String::from(fields.key) + ".";
    let module = key.len();
    for action in fields.actions {
        key.truncate(module);
        key += action.name;
        writer.sized_action(&key, action);
    }
    writer.finish()
}

/// The literal of an action on a handler; the first id is its own.
#[must_use]
pub fn action(fields: &ActionFields<'_>) -> Literal {
    let mut writer = Writer::new(Kind::Action);
    writer.ids = 1;
    writer.action(fields.name, fields);
    writer.finish()
}

/// The literal of a role.
#[must_use]
pub fn role(fields: &RoleFields<'_>) -> Literal {
    let mut writer = Writer::new(Kind::Role);
    let seeded = flag_if(fields.mode == RoleMode::Seeded, flag::SEEDED);
    writer.byte(seeded | flag_if(fields.all, flag::ALL));
    writer.text(fields.key);
    writer.field(fields.label);
    writer.origin(&fields.origin);
    writer.count(fields.permissions);
    writer.ids = fields.permissions + fields.modules;
    writer.finish()
}

/// The literal of a program, which is the whole record.
#[must_use]
pub fn program(fields: &ProgramFields<'_>) -> Literal {
    let mut writer = Writer::new(Kind::Program);
    writer.origin(&fields.origin);
    for list in [fields.retired, fields.locked] {
        writer.count(list.len());
        for text in list.iter().flatten() {
            writer.text(text);
        }
    }
    writer.finish()
}

/// A whole record: the literal, its ids and its late texts. `N` is the length of all of them, late texts with four bytes more.
///
/// # Panics
///
/// When `N` is anything else, which a constant's evaluation shows to the compiler.
#[must_use]
pub const fn record<const N: usize>(literal: &[u8], ids: &[u64], late: &[&str]) -> [u8; N] {
    let mut bytes = [0; N];
    let mut at = put(&mut bytes, 0, literal);
    let mut rest = ids;
    while let [id, others @ ..] = rest {
        at = put(&mut bytes, at, &id.to_le_bytes());
        rest = others;
    }
    let mut rest = late;
    while let [text, others @ ..] = rest {
        at = put(&mut bytes, at, &length(text.len()));
        at = put(&mut bytes, at, text.as_bytes());
        rest = others;
    }
    assert!(at == N, "a record is as long as its parts");
    put(&mut bytes, 8, &length(N));
    bytes
}

/// Writes `part` at a place, and gives the place behind it.
const fn put(bytes: &mut [u8], at: usize, part: &[u8]) -> usize {
    let (_, rest) = bytes.split_at_mut(at);
    let (place, _) = rest.split_at_mut(part.len());
    place.copy_from_slice(part);
    at + part.len()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "checked; `try_from` is not const"
)]
const fn length(bytes: usize) -> [u8; 4] {
    let length = bytes as u32;
    assert!(length as usize == bytes, "a record is shorter than 4 GB");
    length.to_le_bytes()
}

/// The record of a fragment, as the macros would have written it.
#[must_use]
pub fn encode(fragment: &Fragment) -> Vec<u8> {
    match fragment {
        Fragment::Module(module) => encode_module(module),
        Fragment::Action(ActionFragment { module, body }) => {
            let id = fnv1a_continue(fnv1a_continue(*module, b"."), body.name.as_bytes());
            let ids = [id].into_iter().chain(replacement(body));
            with_ids(action(&action_fields(body, "")), ids)
        }
        Fragment::Role(role) => encode_role(role),
        Fragment::Program(program) => encode_program(program),
    }
}

fn encode_module(module: &ModuleFragment) -> Vec<u8> {
    let file = &module.origin.file;
    let actions: Vec<ActionFields<'_>> = module
        .actions
        .iter()
        .map(|body| action_fields(body, file))
        .collect();
    let literal = self::module(&ModuleFields {
        key: module.key.as_str(),
        label: TextField::Known(&module.label),
        description: TextField::Known(&module.description),
        allow_case_variants: module.allow_case_variants,
        origin: origin_fields(&module.origin, &module.origin.version.to_string()),
        cfg: &module.cfg,
        actions: &actions,
    });
    with_ids(literal, module.actions.iter().filter_map(replacement))
}

fn encode_role(role: &RoleFragment) -> Vec<u8> {
    let literal = self::role(&RoleFields {
        key: role.key.as_str(),
        label: TextField::Known(&role.label),
        mode: role.mode,
        all: role.all,
        origin: origin_fields(&role.origin, &role.origin.version.to_string()),
        permissions: role.permissions.len(),
        modules: role.modules.len(),
    });
    let ids = role.permissions.iter().chain(&role.modules);
    with_ids(literal, ids.copied())
}

fn encode_program(program: &ProgramFragment) -> Vec<u8> {
    let retired = program.retired.iter().map(|retired| {
        let replaced_by = retired.replaced_by.as_ref();
        [
            retired.key.to_string(),
            retired.retired.to_string(),
            replaced_by.map(ToString::to_string).unwrap_or_default(),
        ]
    });
    let locked = program.locked.iter().map(|locked| {
        [
            locked.package.clone(),
            locked.krate.clone(),
            locked.keys.join("\n"),
        ]
    });
    let literal = self::program(&ProgramFields {
        origin: origin_fields(&program.origin, &program.origin.version.to_string()),
        retired: &retired.collect::<Vec<_>>(),
        locked: &locked.collect::<Vec<_>>(),
    });
    literal.bytes
}

fn with_ids(literal: Literal, ids: impl Iterator<Item = u64>) -> Vec<u8> {
    let mut bytes = literal.bytes;
    bytes.extend(ids.flat_map(u64::to_le_bytes));
    bytes
}

fn action_fields<'a>(body: &'a ActionBody, file: &str) -> ActionFields<'a> {
    let deprecation = body.deprecation.as_ref().map(|deprecation| {
        let DeprecationFragment {
            message,
            since,
            remove_in,
            replaced_by,
        } = deprecation;
        DeprecationFields {
            message,
            since: since.as_ref(),
            remove_in: remove_in.as_ref(),
            is_replaced: replaced_by.is_some(),
        }
    });
    ActionFields {
        name: &body.name,
        label: TextField::Known(&body.label),
        description: TextField::Known(&body.description),
        kind: body.kind,
        critical: body.critical,
        deprecation,
        cfg: &body.cfg,
        file: if body.file == file { "" } else { &body.file },
        line: body.line,
    }
}

fn replacement(body: &ActionBody) -> Option<u64> {
    body.deprecation.as_ref()?.replaced_by
}

fn origin_fields<'a>(origin: &'a Origin, version: &'a str) -> OriginFields<'a> {
    OriginFields {
        package: &origin.package,
        version,
        krate: &origin.krate,
        file: &origin.file,
        line: origin.line,
    }
}

fn flag_if(is_set: bool, flag: u8) -> u8 {
    if is_set { flag } else { 0 }
}

/// A literal that grows.
struct Writer {
    bytes: Vec<u8>,
    ids: usize,
    late: usize,
}

impl Writer {
    fn new(kind: Kind) -> Self {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend(MAGIC);
        bytes.extend([FORMAT, kind as u8]);
        bytes.resize(HEAD, 0);
        Self {
            bytes,
            ids: 0,
            late: 0,
        }
    }

    fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.bytes.push(low(number) | 0x80);
            number >>= 7;
        }
        self.bytes.push(low(number));
    }

    fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// A key, or a part of one: what is longer is refused before.
    fn name(&mut self, name: &str) {
        let name = name.as_bytes();
        let name = name.get(..usize::from(u8::MAX)).unwrap_or(name);
        self.bytes.push(low_byte(name.len()));
        self.bytes.extend(name);
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes.extend(text.as_bytes());
    }

    fn field(&mut self, field: TextField<'_>) {
        match field {
            TextField::Known(text) => {
                self.count(text.len() * 2);
                self.bytes.extend(text.as_bytes());
            }
            TextField::Late => {
                self.count(self.late * 2 + 1);
                self.late += 1;
            }
        }
    }

    fn origin(&mut self, origin: &OriginFields<'_>) {
        let OriginFields {
            package,
            version,
            krate,
            file,
            line,
        } = *origin;
        for text in [package, version, krate, file] {
            self.text(text);
        }
        self.number(u64::from(line));
    }

    fn list(&mut self, texts: &[String]) {
        self.count(texts.len());
        for text in texts {
            self.text(text);
        }
    }

    /// An action behind the number of its bytes.
    fn sized_action(&mut self, key: &str, fields: &ActionFields<'_>) {
        let start = self.bytes.len();
        self.action(key, fields);
        let action = self.bytes.split_off(start);
        self.count(action.len());
        self.bytes.extend(action);
    }

    fn action(&mut self, name: &str, fields: &ActionFields<'_>) {
        let ActionFields {
            label,
            description,
            kind,
            critical,
            deprecation,
            cfg,
            file,
            line,
            ..
        } = *fields;
        self.byte(
            flag_if(kind == catalog::Kind::Crud, flag::CRUD)
                | flag_if(critical, flag::CRITICAL)
                | flag_if(deprecation.is_some(), flag::DEPRECATED)
                | flag_if(!cfg.is_empty(), flag::CONDITIONAL),
        );
        self.name(name);
        self.field(label);
        self.field(description);
        self.number(u64::from(line));
        self.text(file);
        if let Some(deprecation) = deprecation {
            self.deprecation(&deprecation);
        }
        if !cfg.is_empty() {
            self.list(cfg);
        }
    }

    fn deprecation(&mut self, fields: &DeprecationFields<'_>) {
        self.text(fields.message);
        for version in [fields.since, fields.remove_in] {
            self.text(&version.map(ToString::to_string).unwrap_or_default());
        }
        if fields.is_replaced {
            self.ids += 1;
            self.count(self.ids);
        } else {
            self.count(0);
        }
    }

    fn finish(mut self) -> Literal {
        let literal = self.bytes.len();
        let whole = literal + self.ids * 8;
        for (at, number) in [(8, whole), (12, literal), (16, self.ids)] {
            put(&mut self.bytes, at, &length(number));
        }
        Literal {
            bytes: self.bytes,
            ids: self.ids,
            late: self.late,
        }
    }
}

fn low(number: u64) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low & 0x7f
}

fn low_byte(number: usize) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}
