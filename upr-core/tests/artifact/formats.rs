//! One section, in whatever file it stands.

use object::{Architecture, BinaryFormat};
use upr_core::fragment::Fragment;

use crate::files::{archive, object, object_of, pe_image, section, universal, wasm};
use crate::{module, read, refused};

fn two() -> Vec<Fragment> {
    vec![module("users"), module("tickets")]
}

#[test]
fn every_format_gives_the_same() {
    let content = section(&two());
    let files = [
        ("elf.o", object(BinaryFormat::Elf, &content)),
        ("mach-o.o", object(BinaryFormat::MachO, &content)),
        ("coff.obj", object(BinaryFormat::Coff, &content)),
        ("app.exe", pe_image(&content)),
        ("app.wasm", wasm(&content)),
    ];
    for (name, bytes) in files {
        assert_eq!(read(name, &bytes).unwrap(), two(), "{name}");
    }
}

#[test]
fn files_of_thirty_two_bits_are_read_too() {
    let content = section(&two());
    for (format, architecture) in [
        (BinaryFormat::Elf, Architecture::Arm),
        (BinaryFormat::Coff, Architecture::I386),
        (BinaryFormat::MachO, Architecture::Arm),
    ] {
        let bytes = object_of(format, architecture, &content);
        assert_eq!(read("file.o", &bytes).unwrap(), two(), "{format:?}");
    }
}

#[test]
fn an_archive_gives_the_sections_of_all_its_members() {
    let [users, tickets] = [module("users"), module("tickets")].map(|one| section(&[one]));
    for format in [BinaryFormat::Elf, BinaryFormat::MachO, BinaryFormat::Coff] {
        let bytes = archive(&[
            ("lib.rmeta", b"rust\0\0\0 metadata, no object"),
            ("a.o", &object(format, &users)),
            ("none.o", &object(format, &[])),
            ("empty", b""),
            ("b.o", &object(format, &tickets)),
        ]);
        assert_eq!(read("libapp.rlib", &bytes).unwrap(), two(), "{format:?}");
    }
}

#[test]
fn a_universal_file_gives_the_sections_of_all_architectures() {
    let [users, tickets] = [module("users"), module("tickets")].map(|one| section(&[one]));
    let objects = [users, tickets].map(|content| object(BinaryFormat::MachO, &content));
    assert_eq!(read("app", &universal(&objects)).unwrap(), two());
    let archives = objects.map(|object| archive(&[("a.o", &object)]));
    assert_eq!(read("libapp.a", &universal(&archives)).unwrap(), two());
}

#[test]
fn on_mach_o_the_name_is_another() {
    // `.upr` would be a section that the macros never write there.
    let mut object = object::write::Object::new(
        BinaryFormat::MachO,
        Architecture::Aarch64,
        object::Endianness::Little,
    );
    let kind = object::SectionKind::ReadOnlyData;
    let id = object.add_section(b"__TEXT".into(), b".upr".into(), kind);
    object.append_section_data(id, &section(&two()), 8);
    let (message, _) = refused("app", &object.write().unwrap());
    assert_eq!(
        message,
        "`app` declares no permissions: it has no section `.upr`, or nothing in it"
    );
}
