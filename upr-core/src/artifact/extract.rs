//! From a file to the bytes of its sections, whatever its format.

use object::read::archive::ArchiveFile;
use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};
use object::read::{CompressionFormat, ReadRef};
use object::{File, FileKind, Object, ObjectSection};

use super::error::ArtifactProblem;
use super::window::{Input, Window};
use crate::section::{MACH_O_NAME, NAME};
use crate::text::one_line;

/// How LLVM's bitcode begins, bare and wrapped.
const BITCODE: [[u8; 4]; 2] = [*b"BC\xc0\xde", *b"\xde\xc0\x17\x0b"];

/// The bytes of one section.
pub(super) struct Section {
    /// In an archive, the member that it stands in.
    pub(super) member: Option<String>,
    pub(super) bytes: Vec<u8>,
}

/// What is wrong, and in which member.
pub(super) struct Fault {
    pub(super) member: Option<String>,
    pub(super) problem: ArtifactProblem,
}

/// Walks through a file and collects sections.
pub(super) struct Extractor<'a> {
    input: &'a Input,
    pub(super) sections: Vec<Section>,
    /// Whether there is code that a linker would still compile.
    pub(super) has_bitcode: bool,
    /// The member of an archive that is being read.
    member: Option<String>,
}

impl<'a> Extractor<'a> {
    pub(super) fn new(input: &'a Input) -> Self {
        Self {
            input,
            sections: Vec::new(),
            has_bitcode: false,
            member: None,
        }
    }

    /// Reads the whole file.
    pub(super) fn run(&mut self) -> Result<(), Fault> {
        let cache = self.input.cache();
        let result = self.file(Window::new(self.input, &cache));
        result.map_err(|problem| Fault {
            member: self.member.take(),
            problem,
        })
    }

    fn file(&mut self, window: Window<'_>) -> Result<(), ArtifactProblem> {
        match self.kind(window) {
            None if self.has_bitcode => Ok(()),
            None => Err(ArtifactProblem::NotAnObject),
            Some(FileKind::MachOFat32) => {
                let file = MachOFatFile32::parse(window)?;
                self.architectures(file.arches(), window)
            }
            Some(FileKind::MachOFat64) => {
                let file = MachOFatFile64::parse(window)?;
                self.architectures(file.arches(), window)
            }
            Some(FileKind::Archive) => self.archive(window),
            Some(_) => self.object(window),
        }
    }

    /// The same program, or the same library, for several architectures.
    fn architectures(
        &mut self,
        all: &[impl FatArch],
        window: Window<'_>,
    ) -> Result<(), ArtifactProblem> {
        for one in all {
            let cache = self.input.cache();
            let part = window.part(&cache, one.file_range());
            match self.kind(part) {
                Some(FileKind::Archive) => self.archive(part)?,
                Some(_) => self.object(part)?,
                None => {}
            }
        }
        Ok(())
    }

    /// Every member. Those that are no objects, such as `lib.rmeta`, are passed over.
    fn archive(&mut self, window: Window<'_>) -> Result<(), ArtifactProblem> {
        let archive = ArchiveFile::parse(window)?;
        if archive.is_thin() {
            return Err(ArtifactProblem::Thin);
        }
        for member in archive.members() {
            let member = member?;
            let cache = self.input.cache();
            let part = window.part(&cache, member.file_range());
            if !matches!(self.kind(part), None | Some(FileKind::Archive)) {
                self.member = Some(one_line(&String::from_utf8_lossy(member.name())));
                self.object(part)?;
            }
        }
        self.member = None;
        Ok(())
    }

    /// What a window shows; nothing where that holds no sections.
    fn kind(&mut self, window: Window<'_>) -> Option<FileKind> {
        let start = window.read_bytes_at(0, 4).unwrap_or_default();
        self.has_bitcode |= BITCODE.iter().any(|magic| start == magic);
        let kind = FileKind::parse(window).ok()?;
        // The members of an import library only name what another file holds.
        let has_sections = !matches!(kind, FileKind::DyldCache | FileKind::CoffImport);
        has_sections.then_some(kind)
    }

    fn object(&mut self, window: Window<'_>) -> Result<(), ArtifactProblem> {
        let file = File::parse(window)?;
        for section in file.sections() {
            let name = section.name_bytes()?;
            let is_mach_o = section.segment_name_bytes()?.is_some();
            let wanted = if is_mach_o { MACH_O_NAME.1 } else { NAME };
            if name != wanted.as_bytes() {
                continue;
            }
            if section.compressed_file_range()?.format != CompressionFormat::None {
                return Err(ArtifactProblem::Compressed);
            }
            self.sections.push(Section {
                member: self.member.clone(),
                bytes: section.data()?.to_owned(),
            });
        }
        Ok(())
    }
}

impl From<object::Error> for ArtifactProblem {
    fn from(error: object::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}
