//! A part of a file as `object` reads it: by and by, within bounds, and with errors of the disk kept.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use object::read::{ReadCache, ReadCacheOps, ReadRef};

/// No table and no section of a real file comes near; a file that says so is not to fill the memory.
const LARGEST_READ: u64 = 256 << 20;

/// How often a file's length may be read in all: headers that overlap make small files large.
const READS: u64 = 8;

/// An open file, and what is known of reading it.
pub(super) struct Input {
    file: File,
    length: u64,
    left: Cell<u64>,
    /// What `object` does not hand on.
    failure: RefCell<Option<io::Error>>,
}

impl Input {
    pub(super) fn new(file: File, length: u64) -> Self {
        Self {
            file,
            length,
            left: Cell::new(length.saturating_mul(READS)),
            failure: RefCell::new(None),
        }
    }

    /// Why the disk gave nothing, if that was why reading failed.
    pub(super) fn failure(&self) -> Option<io::Error> {
        self.failure.take()
    }

    /// What a window into the file reads from. Each member of an archive gets one of its own, so that no more is kept than
    /// one of them needs.
    pub(super) fn cache(&self) -> ReadCache<Reader<'_>> {
        ReadCache::new(Reader(self))
    }

    fn keep<T>(&self, result: io::Result<T>) -> Result<T, ()> {
        result.map_err(|error| {
            self.failure.replace(Some(error));
        })
    }
}

/// Reads an [`Input`] for `object`.
pub(super) struct Reader<'a>(&'a Input);

impl ReadCacheOps for Reader<'_> {
    fn len(&mut self) -> Result<u64, ()> {
        Ok(self.0.length)
    }

    fn seek(&mut self, position: u64) -> Result<u64, ()> {
        let mut file = &self.0.file;
        self.0
            .keep(Seek::seek(&mut file, SeekFrom::Start(position)))
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ()> {
        let mut file = &self.0.file;
        self.0.keep(Read::read(&mut file, bytes))
    }

    fn read_exact(&mut self, bytes: &mut [u8]) -> Result<(), ()> {
        let mut file = &self.0.file;
        self.0.keep(Read::read_exact(&mut file, bytes))
    }
}

/// A part of a file: all of it, a member of an archive, or one architecture.
#[derive(Clone, Copy)]
pub(super) struct Window<'a> {
    input: &'a Input,
    cache: &'a ReadCache<Reader<'a>>,
    start: u64,
    length: u64,
}

impl<'a> Window<'a> {
    /// All of a file.
    pub(super) fn new(input: &'a Input, cache: &'a ReadCache<Reader<'a>>) -> Self {
        Self {
            input,
            cache,
            start: 0,
            length: input.length,
        }
    }

    /// A part of this one; what reaches beyond its end is cut off.
    pub(super) fn part<'b>(
        self,
        cache: &'b ReadCache<Reader<'b>>,
        (start, length): (u64, u64),
    ) -> Window<'b>
    where
        'a: 'b,
    {
        let start = start.min(self.length);
        Window {
            input: self.input,
            cache,
            start: self.start + start,
            length: length.min(self.length - start),
        }
    }

    fn spend(self, bytes: u64) -> Result<(), ()> {
        let left = self.input.left.get().checked_sub(bytes).ok_or(())?;
        self.input.left.set(left);
        Ok(())
    }
}

impl<'a> ReadRef<'a> for Window<'a> {
    fn len(self) -> Result<u64, ()> {
        Ok(self.length)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        let end = offset.checked_add(size).ok_or(())?;
        if end > self.length || size > LARGEST_READ {
            return Err(());
        }
        self.spend(size)?;
        self.cache.read_bytes_at(self.start + offset, size)
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        let end = range.end.min(self.length);
        if range.start > end {
            return Err(());
        }
        let range = self.start + range.start..self.start + end;
        let bytes = self.cache.read_bytes_at_until(range, delimiter)?;
        self.spend(u64::try_from(bytes.len()).map_err(|_| ())?)?;
        Ok(bytes)
    }
}
