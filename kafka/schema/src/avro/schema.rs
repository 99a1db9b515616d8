//! A schema in the form that data is read by: types in a list, which name each other by place.

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, NamespaceRef, UuidSchema};
use std::collections::HashMap;

/// The place of a type in [`Types`].
pub(super) type Place = usize;

/// All types of a schema.
pub(super) struct Types {
    all: Vec<Type>,
    root: Place,
}

pub(super) enum Type {
    Null,
    Bool,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    Text,
    Fixed(usize),
    /// Sixteen bytes that are shown as a UUID; whether their length stands before them.
    Uuid(bool),
    Enum(Vec<String>),
    /// Digits after the point, and the number of bytes if it is fixed.
    Decimal(usize, Option<usize>),
    /// A decimal that holds how many digits are after its point.
    BigDecimal,
    Date,
    Timestamp(Unit),
    List(Place),
    Map(Place),
    Union(Vec<Place>),
    Record(Vec<Field>),
}

/// What a timestamp counts.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    Millis,
    Micros,
    Nanos,
}

pub(super) struct Field {
    pub(super) name: String,
    /// The name as a JSON key, with the colon.
    pub(super) key: String,
    pub(super) ty: Place,
    /// What stands for a missing value, as JSON.
    pub(super) default: Option<String>,
}

impl Types {
    /// Reads a schema, whose references name types of the others.
    pub(super) fn parse(text: &str, references: &[&str]) -> Result<Types, String> {
        let told = |e: apache_avro::Error| format!("not an Avro schema: {e}");
        let (schema, others) = match references {
            [] => (Schema::parse_str(text).map_err(told)?, Vec::new()),
            _ => Schema::parse_str_with_list(text, references).map_err(told)?,
        };
        let mut named = HashMap::new();
        for schema in others.iter().chain([&schema]) {
            collect(schema, None, &mut named);
        }
        let mut build = Build { named, places: HashMap::new(), all: Vec::new() };
        let root = build.add(&schema, None)?;
        let types = Types { all: build.all, root };
        match types.get(root) {
            Type::Record(_) => Ok(types),
            _ => Err("the schema is not that of a record, which a payload has to be".into()),
        }
    }

    pub(super) fn root(&self) -> Place {
        self.root
    }

    pub(super) fn get(&self, place: Place) -> &Type {
        self.all.get(place).unwrap_or(&Type::Null)
    }
}

/// The namespace of what stands within a named type.
fn within<'s>(schema: &'s Schema, namespace: NamespaceRef<'s>) -> NamespaceRef<'s> {
    schema.name().and_then(|n| n.namespace()).or(namespace)
}

/// Finds the named types, by full name.
fn collect<'s>(
    schema: &'s Schema,
    namespace: NamespaceRef<'s>,
    named: &mut HashMap<String, (&'s Schema, Option<String>)>,
) {
    if !matches!(schema, Schema::Ref { .. })
        && let Some(name) = schema.name()
    {
        let name = name.fullname(namespace);
        named.entry(name).or_insert((schema, namespace.map(String::from)));
    }
    let namespace = within(schema, namespace);
    match schema {
        Schema::Array(array) => collect(&array.items, namespace, named),
        Schema::Map(map) => collect(&map.types, namespace, named),
        Schema::Union(union) => union.variants().iter().for_each(|v| collect(v, namespace, named)),
        Schema::Record(record) => {
            record.fields.iter().for_each(|f| collect(&f.schema, namespace, named));
        }
        _ => {}
    }
}

struct Build<'s> {
    named: HashMap<String, (&'s Schema, Option<String>)>,
    /// Where named types stand, also those that are still being built.
    places: HashMap<String, Place>,
    all: Vec<Type>,
}

impl Build<'_> {
    fn add(&mut self, schema: &Schema, namespace: NamespaceRef<'_>) -> Result<Place, String> {
        if let Schema::Ref { name } = schema {
            let name = name.fullname(namespace);
            if let Some(place) = self.places.get(&name) {
                return Ok(*place);
            }
            let Some((found, namespace)) = self.named.get(&name) else {
                return Err(format!("the type `{name}` is nowhere defined"));
            };
            let (found, namespace) = (*found, namespace.clone());
            return self.add(found, namespace.as_deref());
        }
        if let Some(name) = schema.name() {
            let name = name.fullname(namespace);
            if let Some(place) = self.places.get(&name) {
                return Ok(*place);
            }
            self.places.insert(name, self.all.len());
        }
        let place = self.all.len();
        self.all.push(Type::Null);
        let ty = self.make(schema, within(schema, namespace))?;
        if let Some(slot) = self.all.get_mut(place) {
            *slot = ty;
        }
        Ok(place)
    }

    fn make(&mut self, schema: &Schema, namespace: NamespaceRef<'_>) -> Result<Type, String> {
        Ok(match schema {
            Schema::Null => Type::Null,
            Schema::Boolean => Type::Bool,
            Schema::Int | Schema::TimeMillis => Type::Int,
            Schema::Long | Schema::TimeMicros => Type::Long,
            Schema::Float => Type::Float,
            Schema::Double => Type::Double,
            Schema::Bytes => Type::Bytes,
            Schema::String | Schema::Uuid(UuidSchema::String) => Type::Text,
            Schema::Uuid(UuidSchema::Bytes) => Type::Uuid(true),
            Schema::Uuid(UuidSchema::Fixed(_)) => Type::Uuid(false),
            Schema::Fixed(fixed) | Schema::Duration(fixed) => Type::Fixed(fixed.size),
            Schema::Enum(symbols) => Type::Enum(symbols.symbols.clone()),
            Schema::Decimal(decimal) if decimal.scale > 255 => {
                return Err(format!("a decimal has {} digits after its point", decimal.scale));
            }
            Schema::Decimal(decimal) => match &decimal.inner {
                InnerDecimalSchema::Bytes => Type::Decimal(decimal.scale, None),
                InnerDecimalSchema::Fixed(fixed) => Type::Decimal(decimal.scale, Some(fixed.size)),
            },
            Schema::BigDecimal => Type::BigDecimal,
            Schema::Date => Type::Date,
            Schema::TimestampMillis | Schema::LocalTimestampMillis => Type::Timestamp(Unit::Millis),
            Schema::TimestampMicros | Schema::LocalTimestampMicros => Type::Timestamp(Unit::Micros),
            Schema::TimestampNanos | Schema::LocalTimestampNanos => Type::Timestamp(Unit::Nanos),
            Schema::Array(array) => Type::List(self.add(&array.items, namespace)?),
            Schema::Map(map) => Type::Map(self.add(&map.types, namespace)?),
            Schema::Union(union) => {
                let branches = union.variants().iter().map(|v| self.add(v, namespace));
                Type::Union(branches.collect::<Result<_, _>>()?)
            }
            Schema::Record(record) => {
                let mut fields = Vec::with_capacity(record.fields.len());
                for field in &record.fields {
                    let mut key = String::new();
                    ouzel_dsl::json::write_text(&field.name, &mut key);
                    key.push(':');
                    fields.push(Field {
                        name: field.name.clone(),
                        key,
                        ty: self.add(&field.schema, namespace)?,
                        default: field.default.as_ref().map(ToString::to_string),
                    });
                }
                Type::Record(fields)
            }
            Schema::Ref { name } => return Err(format!("`{name}` refers to itself")),
        })
    }
}
