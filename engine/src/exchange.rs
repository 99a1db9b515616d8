//! What combiners hold as bytes that another process takes on: entries as those of logs.

use crate::combiner::Combiner;
use crate::groups::{Groups, hash, merge, part};
use crate::monoid::Monoid;
use crate::runs::{Entry, write_entry};
use ouzel_dsl::plan::Site;
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Error, Key, Result, Windows};
use std::io::Read;

/// Entries are handed on together up to so many bytes.
const TOGETHER: usize = 256 << 10;

/// Takes what a combiner holds, and hands it on, each entry to the part of its key.
pub fn scatter<K: Key, W: Windows, A: Monoid>(
    port: &mut dyn Port,
    parts: usize,
    each: &mut dyn FnMut(usize, &[u8]) -> Result<()>,
) -> Result<()> {
    let (taken, runs) = Combiner::<K, W, A>::take_all(&mut [port]);
    let mut buffers: Vec<Vec<u8>> = vec![Vec::new(); parts];
    let mut encoded = Vec::new();
    for groups in &taken {
        for (start, table) in groups.iter() {
            for (id, acc) in table.iter() {
                encoded.clear();
                K::encode(groups.keys().get(id), &mut encoded);
                let part = part(groups.keys().hash(id), parts);
                let buffer = &mut buffers[part];
                write_entry(buffer, start, &encoded, acc).map_err(unwritten)?;
                hand_on(part, buffer, TOGETHER, each)?;
            }
        }
    }
    let mut entry = Entry::new();
    for mut run in runs.entries() {
        while entry.read(&mut run).map_err(unwritten)?.is_some() {
            let key: K = entry.key()?;
            let part = part(hash::<K>(key.view()), parts);
            entry.write(&mut buffers[part]).map_err(unwritten)?;
            hand_on(part, &mut buffers[part], TOGETHER, each)?;
        }
    }
    buffers.iter_mut().enumerate().try_for_each(|(part, buffer)| hand_on(part, buffer, 1, each))
}

fn hand_on(
    part: usize,
    buffer: &mut Vec<u8>,
    from: usize,
    each: &mut dyn FnMut(usize, &[u8]) -> Result<()>,
) -> Result<()> {
    if buffer.len() < from {
        return Ok(());
    }
    each(part, buffer)?;
    buffer.clear();
    Ok(())
}

fn unwritten(error: std::io::Error) -> Error {
    Error::io("handing on what is to be merged", error)
}

/// A combiner that holds the entries.
pub fn gather<K: Key, W: Windows, A: Monoid>(
    logic: &A,
    site: Site,
    entries: &mut dyn Read,
) -> Result<Box<dyn Port>> {
    let mut groups = Groups::<K, A::Acc>::default();
    let mut entry = Entry::new();
    let what = |e| Error::io("taking on what another process has handed on", e);
    while entry.read(entries).map_err(what)?.is_some() {
        let key: K = entry.key()?;
        let hash = hash::<K>(key.view());
        let (start, acc) = (entry.window(), entry.acc()?);
        merge(&mut groups, W::WINDOWED, logic, start, (key.view(), hash), acc);
    }
    Ok(Box::new(Combiner::<K, W, A>::of(groups, logic.clone(), site)))
}
