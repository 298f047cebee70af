//! Files that hold nothing, or not what they should: an error that says what, never a panic.

use object::BinaryFormat;
use upr_core::artifact::{self, ArtifactProblem};

use crate::files::{archive, object, pe_image, section, universal, wasm};
use crate::{file, module, read, refused};

#[test]
fn what_is_no_object_is_named_so() {
    for text in ["", "{\"version\": \"1.0\"}", "#!/bin/sh\nexec app \"$@\"\n"] {
        let (message, remedies) = refused("app", text.as_bytes());
        assert_eq!(
            message,
            "`app` is neither a program nor a library nor an object file"
        );
        assert!(
            remedies[0].starts_with("name an executable"),
            "{remedies:?}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let missing = artifact::read(&directory.path().join("app")).unwrap_err();
    assert!(
        missing.to_string().contains("cannot be read: "),
        "{missing}"
    );
    assert!(missing.remedies()[0].starts_with("build it first"));
    let folder = artifact::read(directory.path()).unwrap_err();
    assert!(matches!(folder.problem(), ArtifactProblem::Unreadable(_)));
    assert!(std::error::Error::source(&folder).is_some());
}

#[cfg(unix)]
#[test]
fn a_device_is_not_waited_for() {
    let error = artifact::read("/dev/tty".as_ref()).unwrap_err();
    assert!(matches!(error.problem(), ArtifactProblem::Unreadable(_)));
}

#[test]
fn a_program_without_permissions_is_asked_after() {
    let without = [
        object(BinaryFormat::Elf, &[]),
        object(BinaryFormat::MachO, &[]),
        object(BinaryFormat::Elf, &[0; 16]),
        archive(&[
            ("lib.rmeta", b"rust"),
            ("a.o", &object(BinaryFormat::Elf, &[])),
        ]),
    ];
    for bytes in without {
        let (message, remedies) = refused("app", &bytes);
        assert_eq!(
            message,
            "`app` declares no permissions: it has no section `.upr`, or nothing in it"
        );
        assert_eq!(
            remedies[0],
            "was it built with upr, and does it declare permissions?"
        );
    }
}

#[test]
fn bitcode_is_known_when_it_is_all_there_is() {
    let bitcode = b"BC\xc0\xde and what follows it";
    let object = object(BinaryFormat::Elf, &section(&[module("users")]));
    for bytes in [bitcode.to_vec(), archive(&[("a.o", bitcode)])] {
        let (message, remedies) = refused("libapp.rlib", &bytes);
        assert!(message.contains("still to be compiled"), "{message}");
        assert!(remedies[0].contains("lto = false"), "{remedies:?}");
    }
    let both = archive(&[("a.o", bitcode), ("b.o", &object)]);
    assert_eq!(read("libapp.rlib", &both).unwrap(), [module("users")]);
}

#[test]
fn a_thin_archive_says_that_it_holds_nothing() {
    let mut bytes = archive(&[("a.o", b"")]);
    bytes[..8].copy_from_slice(b"!<thin>\n");
    let (message, _) = refused("libapp.a", &bytes);
    assert!(message.contains("is a thin archive"), "{message}");
}

#[test]
fn a_damaged_section_names_the_member_and_the_byte() {
    let mut content = section(&[module("users")]);
    let end = content.len();
    content.extend(b"no record");
    let broken = object(BinaryFormat::Elf, &content);
    let sound = object(BinaryFormat::Elf, &section(&[module("tickets")]));
    let bytes = archive(&[("sound.o", &sound), ("broken.o", &broken)]);
    let (message, remedies) = refused("libapp.rlib", &bytes);
    assert!(
        message.starts_with("`libapp.rlib` (member `broken.o`): the section `.upr` is "),
        "{message}"
    );
    assert!(message.contains(&format!("at byte {end}")), "{message}");
    assert!(!remedies.is_empty());
}

#[test]
fn a_newer_format_asks_for_a_newer_reader() {
    let mut content = section(&[module("users")]);
    content[4] += 1;
    let (message, remedies) = refused("app", &object(BinaryFormat::Elf, &content));
    assert!(message.contains("newer"), "{message}");
    assert!(remedies[0].contains("later one"), "{remedies:?}");
}

#[test]
fn a_compressed_section_says_how_to_read_it() {
    use object::{Object as _, ObjectSection as _};

    // The header of a section that zlib has compressed: its kind, and what it was.
    let header = [
        [1, 0, 0, 0, 0, 0, 0, 0],
        100_u64.to_le_bytes(),
        8_u64.to_le_bytes(),
    ];
    let mut bytes = object(BinaryFormat::Elf, header.as_flattened());
    let parsed = object::File::parse(&*bytes).unwrap();
    let index = parsed.section_by_name(".upr").unwrap().index().0;
    let flags = section_headers(&bytes) + 64 * index + 8;
    bytes[flags + 1] |= 0x08;
    let (message, remedies) = refused("app.o", &bytes);
    assert_eq!(message, "`app.o`: the section `.upr` is compressed");
    assert!(
        remedies[0].contains("--decompress-sections"),
        "{remedies:?}"
    );
}

/// Where the section headers of an ELF file of 64 bits stand.
fn section_headers(elf: &[u8]) -> usize {
    usize::try_from(u64::from_le_bytes(elf[40..48].try_into().unwrap())).unwrap()
}

#[test]
fn a_file_that_was_cut_off_or_changed_never_panics() {
    let content = section(&[module("users"), module("tickets")]);
    let elf = object(BinaryFormat::Elf, &content);
    let mach_o = object(BinaryFormat::MachO, &content);
    let files = [
        archive(&[("lib.rmeta", b"rust"), ("a.o", &elf)]),
        universal(std::slice::from_ref(&mach_o)),
        elf,
        mach_o,
        object(BinaryFormat::Coff, &content),
        pe_image(&content),
        wasm(&content),
    ];
    for whole in files {
        let (_directory, path) = file("app", &[]);
        let try_it = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let read = artifact::read(&path);
            if let Err(error) = &read {
                assert!(!error.to_string().is_empty() && !error.remedies().is_empty());
            }
        };
        for end in (0..whole.len()).step_by(29) {
            try_it(&whole[..end]);
        }
        // What is between the parts of a universal file says nothing.
        let padding = |place: &usize| {
            whole[..=*place]
                .iter()
                .rev()
                .take(64)
                .any(|byte| *byte != 0)
        };
        for place in (0..whole.len()).filter(padding).step_by(3) {
            let mut bytes = whole.clone();
            bytes[place] ^= [0xff, 0x80, 0x01][place / 3 % 3];
            try_it(&bytes);
        }
    }
}

/// A file that is all holes, whose sections are larger than those of any program: the next is larger than the memory.
#[cfg(target_os = "linux")]
#[test]
fn a_section_that_is_larger_than_any_is_refused() {
    let mut bytes = object(BinaryFormat::Elf, &section(&[module("users")]));
    let table = section_headers(&bytes);
    let headers = bytes[table..].len() / 64;
    for index in 1..headers {
        let size = table + 64 * index + 32;
        bytes[size..size + 8].copy_from_slice(&(300_u64 << 20).to_le_bytes());
    }
    let (_directory, path) = file("app", &bytes);
    let holes = std::fs::File::options().write(true).open(&path).unwrap();
    holes.set_len(1 << 30).unwrap();
    let error = artifact::read(&path).unwrap_err();
    assert!(
        matches!(error.problem(), ArtifactProblem::Malformed(_)),
        "{error}"
    );
}

/// Many parts of a universal file may be the same bytes; reading them all would fill the memory.
#[test]
fn parts_that_overlap_are_not_read_for_ever() {
    let content = vec![0; 1 << 20];
    let part = object(BinaryFormat::MachO, &content);
    let mut bytes = universal(&[part]);
    let arch: Vec<u8> = bytes[8..28].to_vec();
    bytes[4..8].copy_from_slice(&150_u32.to_be_bytes());
    for index in 0..150 {
        bytes[8 + 20 * index..][..20].copy_from_slice(&arch);
    }
    let error = read("app", &bytes).unwrap_err();
    assert!(
        matches!(error.problem(), ArtifactProblem::Malformed(_)),
        "{error}"
    );
}
