//! The answers of [`Keep`]: documents of whoever works by itself, as objects of the store.

use std::sync::Arc;

use daymark_storage::objects::{Kept, Kind, Object, ObjectChange};
use daymark_view::ask::Answering;
use daymark_view::keep::{Document, Keep, Keeping, Replaced};

use super::{Answerer, internal};

impl Answerer {
    fn kind(&self, name: &'static str, most: usize) -> Kind {
        Kind { tenant: Arc::from(self.options.tenant.as_str()), name, most }
    }
}

fn document(object: Object) -> Document {
    let Object { id, version, created_at, updated_at, body, .. } = object;
    Document { id, version, created_at, updated_at, body }
}

impl Keep for Answerer {
    fn kept(&self, kind: &'static str) -> Answering<'_, Vec<Document>> {
        Box::pin(async move {
            let found = self.store.objects(&self.kind(kind, usize::MAX)).await;
            Ok(found.map_err(|error| internal(&error))?.into_iter().map(document).collect())
        })
    }

    fn kept_between(
        &self,
        kind: &'static str,
        from: String,
        to: String,
        limit: usize,
    ) -> Answering<'_, Vec<Document>> {
        Box::pin(async move {
            let kind = self.kind(kind, usize::MAX);
            let found = self.store.objects_between(&kind, from.as_str()..to.as_str(), limit).await;
            Ok(found.map_err(|error| internal(&error))?.into_iter().map(document).collect())
        })
    }

    fn keep(&self, changes: Vec<Keeping>) -> Answering<'_, ()> {
        let change = |change| match change {
            Keeping::Put { kind, id, body } => ObjectChange::Put { kind, id, body },
            Keeping::Drop { kind, id } => ObjectChange::Drop { kind, id },
            Keeping::DropBefore { kind, id } => ObjectChange::DropBefore { kind, id },
        };
        let changes = changes.into_iter().map(change).collect();
        Box::pin(async move {
            let done = self.store.change_objects(Arc::from(self.options.tenant.as_str()), changes).await;
            done.map_err(|error| internal(&error))
        })
    }

    fn replace(
        &self,
        kind: &'static str,
        most: usize,
        id: Option<String>,
        seen: u64,
        body: String,
    ) -> Answering<'_, Replaced> {
        Box::pin(async move {
            let kind = self.kind(kind, most);
            let kept = match id {
                Some(id) => self.store.keep_object(kind, id, seen, body).await,
                None => self.store.new_object(kind, body).await,
            };
            Ok(match kept.map_err(|error| internal(&error))? {
                Kept::Done(object) => Replaced::Done(document(object)),
                Kept::Moved(object) => Replaced::Moved(document(object)),
                Kept::Missing => Replaced::Missing,
                Kept::Full => Replaced::Full,
            })
        })
    }
}
