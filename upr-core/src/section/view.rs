//! Records as they stand, without copies: what a program reads of itself at run time, and a file's reader checks.

use super::error::{SectionError, SectionProblem};
use super::{HEAD, Kind, MAGIC, flag};

/// One record, from its magic to its last byte.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    bytes: &'a [u8],
    ids: usize,
    ids_count: usize,
}

/// What a module's record says.
#[derive(Clone, Copy, Debug)]
pub struct ModuleView<'a> {
    /// Such as `users`.
    pub key: &'a str,
    /// One line for people, untrimmed.
    pub label: &'a str,
    /// Markdown, untrimmed; may be empty.
    pub description: &'a str,
    /// Whether actions may differ in nothing but the case of their letters.
    pub allow_case_variants: bool,
    /// The package.
    pub package: &'a str,
    /// Its version; empty where the build tool said none.
    pub version: &'a str,
    /// The crate target, with underscores.
    pub krate: &'a str,
    /// The source file.
    pub file: &'a str,
    /// The line in that file.
    pub line: u32,
    /// The predicates of `cfg` that it stands under.
    pub cfg: Texts<'a>,
    actions: Fields<'a>,
    actions_count: usize,
}

/// What is said of one action.
#[derive(Clone, Copy, Debug)]
pub struct ActionView<'a> {
    /// The whole key in a module's record, the action on a handler.
    pub name: &'a str,
    /// One line for people, untrimmed.
    pub label: &'a str,
    /// Markdown, untrimmed; may be empty.
    pub description: &'a str,
    /// Whether it came from `crud`.
    pub is_crud: bool,
    /// Whether at least one active subject must always hold it.
    pub critical: bool,
    /// Set when it is on its way out.
    pub deprecation: Option<DeprecationView<'a>>,
    /// The predicates of `cfg` that it stands under itself.
    pub cfg: Texts<'a>,
    /// The source file; empty where it is the module's.
    pub file: &'a str,
    /// The line in that file.
    pub line: u32,
}

/// What was said about the end of an action.
#[derive(Clone, Copy, Debug)]
pub struct DeprecationView<'a> {
    /// For people.
    pub message: &'a str,
    /// A version, or empty.
    pub since: &'a str,
    /// A version, or empty.
    pub remove_in: &'a str,
    /// The id of what to use instead.
    pub replaced_by: Option<u64>,
}

/// What a role's record says.
#[derive(Clone, Copy, Debug)]
pub struct RoleView<'a> {
    /// Such as `support`.
    pub key: &'a str,
    /// One line for people, untrimmed.
    pub label: &'a str,
    /// Whether the store decides what it holds.
    pub seeded: bool,
    /// Whether it holds every permission of the application.
    pub all: bool,
    /// The package.
    pub package: &'a str,
    /// Its version; empty where the build tool said none.
    pub version: &'a str,
    /// The crate target, with underscores.
    pub krate: &'a str,
    /// The source file.
    pub file: &'a str,
    /// The line in that file.
    pub line: u32,
    record: Record<'a>,
    permissions: usize,
}

/// What a program's record says.
#[derive(Clone, Copy, Debug)]
pub struct ProgramView<'a> {
    /// The package, which names the application.
    pub package: &'a str,
    /// Its version; empty where the build tool said none.
    pub version: &'a str,
    /// The crate target, with underscores.
    pub krate: &'a str,
    /// The source file.
    pub file: &'a str,
    /// The line in that file.
    pub line: u32,
    retired: Fields<'a>,
    retired_count: usize,
    locked: Fields<'a>,
    locked_count: usize,
}

/// A list of texts.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    fields: Fields<'a>,
    count: usize,
}

/// What stands at a place and should not.
pub(super) type Result<T> = std::result::Result<T, SectionError>;

impl<'a> Record<'a> {
    /// The record that begins where `bytes` do. Only the fields of a handler's record may stand without what follows
    /// them, as the program keeps them; a reader checks the length before.
    ///
    /// # Errors
    ///
    /// [`SectionError`] when none begins there.
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        if !bytes.starts_with(&MAGIC) {
            return Err(damaged(0, "a record"));
        }
        let number = |at: usize| {
            let number = bytes.get(at..).and_then(<[u8]>::first_chunk);
            let number = number.map(|bytes| u32::from_le_bytes(*bytes));
            number.and_then(|number| usize::try_from(number).ok())
        };
        match (number(8), number(12), number(16)) {
            (Some(_), Some(ids), Some(ids_count)) if ids >= HEAD => Ok(Self {
                bytes,
                ids,
                ids_count,
            }),
            _ => Err(damaged(12, "the place of the ids")),
        }
    }

    /// What it says.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match self.bytes.get(5)? {
            1 => Some(Kind::Module),
            2 => Some(Kind::Action),
            3 => Some(Kind::Role),
            4 => Some(Kind::Program),
            _ => None,
        }
    }

    /// Its ids, in their order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = u64> + use<'a> {
        let bytes = self.ids_count.saturating_mul(8);
        let ids = self.bytes.get(self.ids..self.ids.saturating_add(bytes));
        let (ids, _) = ids.unwrap_or_default().as_chunks::<8>();
        ids.iter().map(|id| u64::from_le_bytes(*id))
    }

    /// Whether it has more ids than so many.
    #[must_use]
    pub fn refers(&self, own: usize) -> bool {
        self.ids_count > own
    }

    /// As a module's.
    ///
    /// # Errors
    ///
    /// [`SectionError`] when a field is none.
    pub fn module(&self) -> Result<ModuleView<'a>> {
        let mut fields = self.fields();
        let flags = fields.byte()?;
        let key = fields.name()?;
        let label = fields.maybe_late()?;
        let description = fields.maybe_late()?;
        let [package, version, krate, file] = fields.texts()?;
        let line = fields.number()?;
        let cfg = fields.list()?;
        let actions_count = fields.count()?;
        Ok(ModuleView {
            key,
            label,
            description,
            allow_case_variants: flags & flag::ALLOW_CASE_VARIANTS != 0,
            package,
            version,
            krate,
            file,
            line,
            cfg,
            actions: fields,
            actions_count,
        })
    }

    /// Whether a module's record says `allow_case_variants`.
    #[must_use]
    pub fn allows_case_variants(&self) -> bool {
        let flags = self.bytes.get(HEAD).copied().unwrap_or_default();
        flags & flag::ALLOW_CASE_VARIANTS != 0
    }

    /// The keys in a module's record, in written order, without a look at anything else.
    ///
    /// # Errors
    ///
    /// [`SectionError`] when what stands in front of them is damaged; what is itself ends them.
    pub fn keys(&self) -> Result<impl Iterator<Item = &'a str> + use<'a>> {
        let mut fields = self.fields();
        fields.byte()?;
        let name = fields.byte()?;
        fields.take(usize::from(name))?;
        for _ in ["label", "description"] {
            let number = fields.count()?;
            fields.take(if number % 2 == 0 { number / 2 } else { 0 })?;
        }
        for _ in ["package", "version", "crate", "file"] {
            fields.sized()?;
        }
        fields.number()?;
        for _ in 0..fields.count()? {
            fields.sized()?;
        }
        let count = fields.count()?;
        Ok((0..count).map_while(move |_| fields.sized().ok()?.key().ok()))
    }

    /// As an action's on a handler.
    ///
    /// # Errors
    ///
    /// [`SectionError`] when a field is none.
    pub fn action(&self) -> Result<ActionView<'a>> {
        self.fields().whole_action()
    }

    /// The action of a module's record whose key was read from it before: without a walk over those in front of it.
    ///
    /// # Errors
    ///
    /// [`SectionError`] when there is none.
    pub fn action_with(&self, key: &str) -> Result<ActionView<'a>> {
        let start = key.as_ptr().addr().checked_sub(self.bytes.as_ptr().addr());
        // In front of the key stand the flags and its length.
        let start = start.and_then(|start| start.checked_sub(2));
        let start = start.filter(|start| *start < self.ids);
        let mut fields = self.fields();
        fields.at = start.ok_or_else(|| damaged(HEAD, "a key of the record"))?;
        fields.read_action()
    }

    /// The name of an action on a handler.
    ///
    /// # Errors
    ///
    /// [`SectionError`] when there is none.
    pub fn action_name(&self) -> Result<&'a str> {
        self.fields().key()
    }

    /// As a role's.
    ///
    /// # Errors
    ///
    /// [`SectionError`] when a field is none.
    pub fn role(&self) -> Result<RoleView<'a>> {
        let mut fields = self.fields();
        let flags = fields.byte()?;
        let key = fields.text()?;
        let label = fields.maybe_late()?;
        let [package, version, krate, file] = fields.texts()?;
        let line = fields.number()?;
        let permissions = fields.count()?;
        fields.end()?;
        if permissions > self.ids_count {
            return Err(damaged(fields.at, "no more permissions than ids"));
        }
        Ok(RoleView {
            key,
            label,
            seeded: flags & flag::SEEDED != 0,
            all: flags & flag::ALL != 0,
            package,
            version,
            krate,
            file,
            line,
            record: *self,
            permissions,
        })
    }

    /// As a program's.
    ///
    /// # Errors
    ///
    /// [`SectionError`] when a field is none.
    pub fn program(&self) -> Result<ProgramView<'a>> {
        let mut fields = self.fields();
        let [package, version, krate, file] = fields.texts()?;
        let line = fields.number()?;
        let retired_count = fields.count()?;
        let retired = fields;
        for _ in 0..retired_count {
            fields.texts::<3>()?;
        }
        let locked_count = fields.count()?;
        let locked = fields;
        for _ in 0..locked_count {
            fields.texts::<3>()?;
        }
        fields.end()?;
        Ok(ProgramView {
            package,
            version,
            krate,
            file,
            line,
            retired,
            retired_count,
            locked,
            locked_count,
        })
    }

    fn fields(&self) -> Fields<'a> {
        Fields {
            record: *self,
            at: HEAD,
            end: self.ids,
        }
    }

    /// The text behind the ids at a position; the bytes behind the last one must be none.
    fn late_text(&self, position: usize) -> Option<&'a str> {
        let ids = self.ids_count.checked_mul(8)?;
        let mut rest = self.bytes.get(self.ids.checked_add(ids)?..)?;
        for _ in 0..position {
            (_, rest) = late(rest)?;
        }
        let (text, _) = late(rest)?;
        std::str::from_utf8(text).ok()
    }

    /// What was read of the late texts: nothing.
    pub(super) fn late_texts(&self) -> LateTexts<'a> {
        let start = self.ids.saturating_add(self.ids_count.saturating_mul(8));
        let rest = self.bytes.get(start..).unwrap_or_default();
        LateTexts {
            first: rest.as_ptr().addr(),
            rest,
        }
    }

    /// Checks that nothing but texts stands behind the ids.
    pub(super) fn check_end(&self) -> Result<()> {
        let ids = self.ids_count.checked_mul(8);
        let start = ids.and_then(|ids| self.ids.checked_add(ids));
        let Some((start, mut rest)) =
            start.and_then(|start| Some((start, self.bytes.get(start..)?)))
        else {
            return Err(damaged(16, "a number of ids that the record holds"));
        };
        while !rest.is_empty() {
            match late(rest) {
                Some((text, others)) if std::str::from_utf8(text).is_ok() => rest = others,
                _ => {
                    let behind = self.bytes.len() - start - rest.len();
                    return Err(damaged(start + behind, "a text"));
                }
            }
        }
        Ok(())
    }
}

/// The late texts that nothing has referred to yet. Each may be referred to once, in their order: a few bytes must not
/// become many texts.
pub(super) struct LateTexts<'a> {
    /// The address behind the ids; a text from there on is a late one.
    first: usize,
    rest: &'a [u8],
}

impl LateTexts<'_> {
    pub(super) fn check(&mut self, texts: &[&str]) -> Result<()> {
        for text in texts {
            if text.as_ptr().addr() <= self.first {
                continue;
            }
            let next = late(self.rest).filter(|(next, _)| next.as_ptr() == text.as_ptr());
            let (_, rest) = next.ok_or_else(|| damaged(HEAD, "each late text once, in order"))?;
            self.rest = rest;
        }
        Ok(())
    }
}

/// A late text, and what stands behind it.
fn late(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    rest.split_at_checked(length)
}

impl<'a> ModuleView<'a> {
    /// The actions of the attribute, in written order.
    pub fn actions(&self) -> impl Iterator<Item = Result<ActionView<'a>>> + use<'a> {
        let mut fields = self.actions;
        (0..self.actions_count).map(move |_| fields.sized()?.whole_action())
    }

    /// Checks that nothing stands behind the last action.
    pub(super) fn check_end(&self) -> Result<()> {
        let mut fields = self.actions;
        for _ in 0..self.actions_count {
            fields.sized()?;
        }
        fields.end()
    }
}

impl<'a> RoleView<'a> {
    /// The ids of single permissions.
    pub fn permissions(&self) -> impl Iterator<Item = u64> + use<'a> {
        self.record.ids().take(self.permissions)
    }

    /// The ids of whole modules.
    pub fn modules(&self) -> impl Iterator<Item = u64> + use<'a> {
        self.record.ids().skip(self.permissions)
    }
}

impl<'a> ProgramView<'a> {
    /// The tombstones: key, version, and replacement or nothing.
    pub fn retired(&self) -> impl Iterator<Item = [&'a str; 3]> + use<'a> {
        let mut fields = self.retired;
        (0..self.retired_count).map_while(move |_| fields.texts().ok())
    }

    /// What must be linked: package, crate, and keys parted by line feeds.
    pub fn locked(&self) -> impl Iterator<Item = [&'a str; 3]> + use<'a> {
        let mut fields = self.locked;
        (0..self.locked_count).map_while(move |_| fields.texts().ok())
    }
}

impl<'a> Texts<'a> {
    /// The texts, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut fields = self.fields;
        (0..self.count).map_while(move |_| fields.text().ok())
    }
}

/// The fields of a record that were not read yet.
#[derive(Clone, Copy, Debug)]
struct Fields<'a> {
    record: Record<'a>,
    at: usize,
    end: usize,
}

impl<'a> Fields<'a> {
    fn byte(&mut self) -> Result<u8> {
        let [byte] = self.take(1)? else {
            return Err(damaged(self.at, "a byte"));
        };
        Ok(*byte)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.end);
        let bytes = end.and_then(|end| self.record.bytes.get(self.at..end));
        let bytes = bytes.ok_or_else(|| damaged(self.at, "a longer record"))?;
        self.at += count;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u32> {
        let at = self.at;
        let mut number: u32 = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            let bits = u32::from(byte & 0x7f);
            number |= bits
                .checked_shl(shift)
                .filter(|shifted| shifted >> shift == bits)
                .ok_or_else(|| damaged(at, "a smaller number"))?;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(damaged(at, "a shorter number"))
    }

    fn count(&mut self) -> Result<usize> {
        let at = self.at;
        let number = self.number()?;
        usize::try_from(number).map_err(|_| damaged(at, "a smaller number"))
    }

    fn name(&mut self) -> Result<&'a str> {
        let length = self.byte()?;
        self.utf8(usize::from(length))
    }

    fn text(&mut self) -> Result<&'a str> {
        let length = self.count()?;
        self.utf8(length)
    }

    /// A text that may stand behind the ids.
    fn maybe_late(&mut self) -> Result<&'a str> {
        let at = self.at;
        let number = self.count()?;
        if number % 2 == 0 {
            return self.utf8(number / 2);
        }
        let text = self.record.late_text(number / 2);
        text.ok_or_else(|| damaged(at, "the position of a text"))
    }

    fn texts<const N: usize>(&mut self) -> Result<[&'a str; N]> {
        let mut texts = [""; N];
        for text in &mut texts {
            *text = self.text()?;
        }
        Ok(texts)
    }

    fn utf8(&mut self, length: usize) -> Result<&'a str> {
        let at = self.at;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| damaged(at, "UTF-8"))
    }

    /// A list of texts, which are read once now so that they can be read again without doubt.
    fn list(&mut self) -> Result<Texts<'a>> {
        let count = self.count()?;
        let fields = *self;
        for _ in 0..count {
            self.text()?;
        }
        Ok(Texts { fields, count })
    }

    /// The fields that a number of bytes in front of them holds.
    fn sized(&mut self) -> Result<Self> {
        let length = self.count()?;
        let at = self.at;
        self.take(length)?;
        Ok(Self {
            at,
            end: self.at,
            ..*self
        })
    }

    fn key(mut self) -> Result<&'a str> {
        self.byte()?;
        self.name()
    }

    fn whole_action(mut self) -> Result<ActionView<'a>> {
        let action = self.read_action()?;
        self.end()?;
        Ok(action)
    }

    fn read_action(&mut self) -> Result<ActionView<'a>> {
        let flags = self.byte()?;
        let name = self.name()?;
        let label = self.maybe_late()?;
        let description = self.maybe_late()?;
        let line = self.number()?;
        let file = self.text()?;
        let deprecation = match flags & flag::DEPRECATED {
            0 => None,
            _ => Some(self.deprecation()?),
        };
        let cfg = match flags & flag::CONDITIONAL {
            0 => Texts {
                fields: *self,
                count: 0,
            },
            _ => self.list()?,
        };
        Ok(ActionView {
            name,
            label,
            description,
            is_crud: flags & flag::CRUD != 0,
            critical: flags & flag::CRITICAL != 0,
            deprecation,
            cfg,
            file,
            line,
        })
    }

    fn deprecation(&mut self) -> Result<DeprecationView<'a>> {
        let [message, since, remove_in] = self.texts()?;
        let at = self.at;
        let replaced_by = match self.count()?.checked_sub(1) {
            None => None,
            Some(position) => {
                let id = self.record.ids().nth(position);
                Some(id.ok_or_else(|| damaged(at, "the position of an id"))?)
            }
        };
        Ok(DeprecationView {
            message,
            since,
            remove_in,
            replaced_by,
        })
    }

    fn end(&self) -> Result<()> {
        if self.at == self.end {
            Ok(())
        } else {
            Err(damaged(self.at, "the end of a record's fields"))
        }
    }
}

/// What should stand at a byte of the record and does not.
pub(super) fn damaged(at: usize, expected: &'static str) -> SectionError {
    SectionError::new(at, SectionProblem::Damaged { expected })
}
