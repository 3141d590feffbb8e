//! What people keep, as rows of the catalog.

use std::ops::Range;

use daymark_model::time::Nanos;
use sqlx::Row;

use super::sealed::{self, OBJECTS, Value};
use super::{Catalog, rows};
use crate::error::Error;
use crate::objects::{Kept, Kind, Object, ObjectChange};

impl Object {
    pub(super) fn from_values(row: &[Value]) -> Result<Self, Error> {
        Ok(Self {
            kind: rows::text(row, 1)?.to_owned(),
            id: rows::text(row, 2)?.to_owned(),
            version: rows::unsigned(row, 3)?,
            created_at: Nanos(rows::int(row, 4)?),
            updated_at: Nanos(rows::int(row, 5)?),
            body: rows::text(row, 6)?.to_owned(),
        })
    }

    fn to_values(&self, tenant: &str) -> Vec<Value> {
        vec![
            tenant.into(),
            self.kind.as_str().into(),
            self.id.as_str().into(),
            rows::signed(self.version).into(),
            self.created_at.0.into(),
            self.updated_at.0.into(),
            self.body.as_str().into(),
        ]
    }
}

fn key(kind: &Kind, id: &str) -> [Value; 3] {
    [kind.tenant.as_ref().into(), kind.name.into(), id.into()]
}

impl Catalog {
    pub(crate) async fn objects(&self, kind: &Kind) -> Result<Vec<Object>, Error> {
        let connection = &mut self.line().await?.connection;
        let found = sqlx::query("SELECT * FROM objects WHERE tenant = ? AND kind = ? ORDER BY id")
            .bind(kind.tenant.as_ref())
            .bind(kind.name)
            .fetch_all(connection)
            .await?;
        found.iter().map(|row| Object::from_values(&sealed::values(row)?)).collect()
    }

    pub(crate) async fn object(&self, kind: &Kind, id: &str) -> Result<Option<Object>, Error> {
        let connection = &mut self.line().await?.connection;
        let found = sqlx::query("SELECT * FROM objects WHERE tenant = ? AND kind = ? AND id = ?")
            .bind(kind.tenant.as_ref())
            .bind(kind.name)
            .bind(id)
            .fetch_optional(connection)
            .await?;
        found.map(|row| Object::from_values(&sealed::values(&row)?)).transpose()
    }

    pub(crate) async fn objects_between(
        &self,
        kind: &Kind,
        ids: Range<&str>,
        limit: usize,
    ) -> Result<Vec<Object>, Error> {
        let connection = &mut self.line().await?.connection;
        let select = "SELECT * FROM objects WHERE tenant = ? AND kind = ? AND id >= ? AND id < ? \
                      ORDER BY id DESC LIMIT ?";
        let found = sqlx::query(select)
            .bind(kind.tenant.as_ref())
            .bind(kind.name)
            .bind(ids.start)
            .bind(ids.end)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(connection)
            .await?;
        found.iter().map(|row| Object::from_values(&sealed::values(row)?)).collect()
    }

    pub(crate) async fn change_objects(
        &self,
        tenant: &str,
        changes: &[ObjectChange],
        now: Nanos,
    ) -> Result<(), Error> {
        let mut line = self.line().await?;
        let mut work = line.begin().await?;
        for change in changes {
            match change {
                ObjectChange::Put { kind, id, body } => {
                    let known =
                        work.get(OBJECTS, &[tenant.into(), (*kind).into(), id.as_str().into()]).await?;
                    let known = known.map(|row| Object::from_values(&row)).transpose()?;
                    let object = Object {
                        kind: (*kind).to_owned(),
                        id: id.clone(),
                        version: known.as_ref().map_or(0, |known| known.version) + 1,
                        created_at: known.map_or(now, |known| known.created_at),
                        updated_at: now,
                        body: body.clone(),
                    };
                    work.put(OBJECTS, &object.to_values(tenant)).await?;
                }
                ObjectChange::Drop { kind, id } => {
                    work.remove(OBJECTS, &[tenant.into(), (*kind).into(), id.as_str().into()]).await?;
                }
                ObjectChange::DropBefore { kind, id } => {
                    let given = [tenant.into(), (*kind).into(), id.as_str().into()];
                    work.remove_where(OBJECTS, "tenant = ? AND kind = ? AND id < ?", &given).await?;
                }
            }
        }
        work.commit().await
    }

    pub(crate) async fn keep_object(
        &self,
        kind: &Kind,
        id: &str,
        seen: u64,
        body: String,
        now: Nanos,
    ) -> Result<Kept, Error> {
        let mut line = self.line().await?;
        let mut work = line.begin().await?;
        let known = work.get(OBJECTS, &key(kind, id)).await?;
        let known = known.map(|row| Object::from_values(&row)).transpose()?;
        let created_at = match known {
            Some(known) if known.version != seen => return Ok(Kept::Moved(known)),
            Some(known) => known.created_at,
            None if seen != 0 => return Ok(Kept::Missing),
            None => {
                let count = sqlx::query("SELECT count(*) FROM objects WHERE tenant = ? AND kind = ?")
                    .bind(kind.tenant.as_ref())
                    .bind(kind.name)
                    .fetch_one(work.connection())
                    .await?;
                if usize::try_from(count.try_get::<i64, _>(0)?).is_ok_and(|count| count >= kind.most) {
                    return Ok(Kept::Full);
                }
                now
            }
        };
        let (kind_name, id) = (kind.name.to_owned(), id.to_owned());
        let object = Object { kind: kind_name, id, version: seen + 1, created_at, updated_at: now, body };
        work.put(OBJECTS, &object.to_values(&kind.tenant)).await?;
        work.commit().await?;
        Ok(Kept::Done(object))
    }

    pub(crate) async fn drop_object(&self, kind: &Kind, id: &str) -> Result<bool, Error> {
        let mut line = self.line().await?;
        let mut work = line.begin().await?;
        let was_there = work.get(OBJECTS, &key(kind, id)).await?.is_some();
        work.remove(OBJECTS, &key(kind, id)).await?;
        work.commit().await?;
        Ok(was_there)
    }

    /// Takes rows of another catalog over.
    pub(crate) async fn take_objects(&self, rows: &[Vec<Value>]) -> Result<(), Error> {
        let mut line = self.line().await?;
        let mut work = line.begin().await?;
        for row in rows {
            work.put(OBJECTS, row).await?;
        }
        work.commit().await
    }
}
