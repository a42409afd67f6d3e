//! Things with short numbers that are never mistaken for their successors.

/// The place of a thing in a [`Slab`], and which of the things that stood there it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct SlotId {
    index: u32,
    generation: u32,
}

/// A vector with holes: constant-time insert, look-up and removal.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    slots: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl SlotId {
    /// No place: for a thing that is about to get one.
    pub(crate) const NOWHERE: SlotId = SlotId { index: u32::MAX, generation: u32::MAX };
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Slab { slots: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Puts a thing in. The caller keeps the number of things below its bound.
    pub(crate) fn insert(&mut self, thing: T) -> SlotId {
        if let Some(index) = self.free.pop() {
            let (generation, slot) = &mut self.slots[index as usize];
            *slot = Some(thing);
            return SlotId { index, generation: *generation };
        }
        let index = u32::try_from(self.slots.len()).expect("tables are bounded far below 2^32");
        self.slots.push((0, Some(thing)));
        SlotId { index, generation: 0 }
    }

    pub(crate) fn get(&self, id: SlotId) -> Option<&T> {
        match self.slots.get(id.index as usize) {
            Some((generation, slot)) if *generation == id.generation => slot.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn get_mut(&mut self, id: SlotId) -> Option<&mut T> {
        match self.slots.get_mut(id.index as usize) {
            Some((generation, slot)) if *generation == id.generation => slot.as_mut(),
            _ => None,
        }
    }

    pub(crate) fn remove(&mut self, id: SlotId) -> Option<T> {
        let (generation, slot) = self.slots.get_mut(id.index as usize)?;
        if *generation != id.generation {
            return None;
        }
        let thing = slot.take()?;
        *generation = generation.wrapping_add(1);
        self.free.push(id.index);
        Some(thing)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SlotId, &T)> {
        self.slots.iter().enumerate().filter_map(|(index, (generation, slot))| {
            let id = SlotId { index: index as u32, generation: *generation };
            slot.as_ref().map(|thing| (id, thing))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_is_another() {
        let mut slab = Slab::new();
        let a = slab.insert('a');
        assert_eq!(slab.remove(a), Some('a'));
        let b = slab.insert('b');
        assert_ne!(a, b);
        assert_eq!(slab.remove(a), None);
        assert_eq!((slab.get(a), slab.get(b)), (None, Some(&'b')));
        assert_eq!(slab.len(), 1);
        assert_eq!(slab.iter().count(), 1);
    }
}
