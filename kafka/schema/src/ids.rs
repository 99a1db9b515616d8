//! What was made of the schemas of a registry, by id.

use crate::fault::Fault;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Keeps what each schema was made into. Ids never change their meaning, so nothing goes stale.
pub(crate) struct Ids<T>(RwLock<HashMap<u32, Arc<T>>>);

impl<T> Default for Ids<T> {
    fn default() -> Self {
        Ids(RwLock::default())
    }
}

impl<T> Ids<T> {
    /// What is kept for the id, or else what `make` makes. A failure is not kept.
    pub(crate) fn get(
        &self,
        id: u32,
        make: impl FnOnce() -> Result<T, Fault>,
    ) -> Result<Arc<T>, Fault> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        // Two threads may both make it, which is rare and harms nothing.
        let made = Arc::new(make()?);
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id, made.clone());
        Ok(made)
    }
}
