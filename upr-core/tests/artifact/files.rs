//! Files with a section, as small as they can be.

use object::write::Object;
use object::write::pe::{NtHeaders, Writer};
use object::{Architecture, BinaryFormat, Endianness, SectionKind, pe};
use upr_core::fragment::Fragment;
use upr_core::section::{self, MACH_O_NAME, NAME};

/// The bytes of a section with `fragments`, and the zeros that a linker puts between records.
pub(crate) fn section(fragments: &[Fragment]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for fragment in fragments {
        bytes.extend(section::encode(fragment));
        bytes.extend([0; 5]);
    }
    bytes
}

/// An object file whose section holds `content`.
pub(crate) fn object(format: BinaryFormat, content: &[u8]) -> Vec<u8> {
    object_of(format, Architecture::X86_64, content)
}

pub(crate) fn object_of(
    format: BinaryFormat,
    architecture: Architecture,
    content: &[u8],
) -> Vec<u8> {
    let mut object = Object::new(format, architecture, Endianness::Little);
    let text = object.section_id(object::write::StandardSection::Text);
    object.append_section_data(text, &[0xc3], 16);
    let (segment, name) = match format {
        BinaryFormat::MachO => MACH_O_NAME,
        _ => ("", NAME),
    };
    if !content.is_empty() {
        let id = object.add_section(segment.into(), name.into(), SectionKind::ReadOnlyData);
        object.append_section_data(id, content, 8);
    }
    object.write().unwrap()
}

/// A program for Windows.
pub(crate) fn pe_image(content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(true, 0x1000, 0x200, &mut bytes);
    writer.reserve_dos_header_and_stub();
    writer.reserve_nt_headers(16);
    writer.reserve_section_headers(1);
    let mut name = [0; 8];
    name[..NAME.len()].copy_from_slice(NAME.as_bytes());
    let length = u32::try_from(content.len()).unwrap();
    let characteristics = pe::IMAGE_SCN_CNT_INITIALIZED_DATA | pe::IMAGE_SCN_MEM_READ;
    let range = writer.reserve_section(name, characteristics, length, length);
    writer.write_dos_header_and_stub().unwrap();
    writer.write_nt_headers(NtHeaders {
        machine: pe::IMAGE_FILE_MACHINE_AMD64,
        time_date_stamp: 0,
        characteristics: pe::IMAGE_FILE_EXECUTABLE_IMAGE,
        major_linker_version: 14,
        minor_linker_version: 0,
        address_of_entry_point: 0,
        image_base: 0x1_4000_0000,
        major_operating_system_version: 6,
        minor_operating_system_version: 0,
        major_image_version: 0,
        minor_image_version: 0,
        major_subsystem_version: 6,
        minor_subsystem_version: 0,
        subsystem: pe::IMAGE_SUBSYSTEM_WINDOWS_CUI,
        dll_characteristics: Default::default(),
        size_of_stack_reserve: 0,
        size_of_stack_commit: 0,
        size_of_heap_reserve: 0,
        size_of_heap_commit: 0,
    });
    writer.write_section_headers();
    writer.write_section(range.file_offset, content);
    bytes
}

/// A module of WebAssembly.
pub(crate) fn wasm(content: &[u8]) -> Vec<u8> {
    let mut custom = leb128(NAME.len());
    custom.extend(NAME.as_bytes());
    custom.extend(content);
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.push(0);
    bytes.extend(leb128(custom.len()));
    bytes.extend(custom);
    bytes
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

/// An archive, as `ar` makes it.
pub(crate) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in members {
        let header = format!(
            "{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
            format!("{name}/"),
            0,
            0,
            0,
            644,
            content.len()
        );
        bytes.extend(header.as_bytes());
        bytes.extend(*content);
        if content.len() % 2 == 1 {
            bytes.push(b'\n');
        }
    }
    bytes
}

/// A file for several architectures of Apple's.
pub(crate) fn universal(parts: &[Vec<u8>]) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
    let mut bytes = vec![0xca, 0xfe, 0xba, 0xbe];
    bytes.extend(number(parts.len()));
    let mut offset = 0x1000;
    for part in parts {
        bytes.extend(number(7));
        bytes.extend(number(3));
        bytes.extend(number(offset));
        bytes.extend(number(part.len()));
        bytes.extend(number(12));
        offset += part.len().next_multiple_of(0x1000);
    }
    for part in parts {
        bytes.resize(bytes.len().next_multiple_of(0x1000), 0);
        bytes.extend(part);
    }
    bytes
}
