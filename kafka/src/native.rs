//! The queue of one partition, emptied many messages at a time: `rdkafka` has no safe call for it,
//! and message by message a consumer takes up to 1.6 times as long.
#![allow(unsafe_code)]

use crate::client::Reading;
use crate::session::Writing;
use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

/// The messages of one partition that a consumer has fetched.
pub struct Queue {
    queue: NonNull<sys::rd_kafka_queue_t>,
    /// Keeps what the queue, and each message, points into.
    consumer: Arc<BaseConsumer<Reading>>,
    /// Where librdkafka writes what it gives. Of use within `take` alone.
    room: Vec<*mut sys::rd_kafka_message_t>,
}

// SAFETY: librdkafka's queues may be used from any thread; the pointers in `room` are only of use
// within `take`, which has the queue for itself.
unsafe impl Send for Queue {}
// SAFETY: nothing can be done with a queue that is only shared.
unsafe impl Sync for Queue {}

impl Queue {
    /// Parts the messages of a partition from the consumer's others: to be done before it is assigned,
    /// since what is fetched earlier comes with the others.
    pub fn of(consumer: &Arc<BaseConsumer<Reading>>, topic: &str, partition: i32) -> Option<Queue> {
        let topic = CString::new(topic).ok()?;
        // SAFETY: the client lives as long as `consumer`, and the topic's name is a C string. The
        // queue that is returned counts as one reference of ours, which `drop` gives up.
        let queue = unsafe {
            sys::rd_kafka_queue_get_partition(
                consumer.client().native_ptr(),
                topic.as_ptr(),
                partition,
            )
        };
        let queue = NonNull::new(queue)?;
        // SAFETY: the queue is live; without a target its messages stay in it.
        unsafe { sys::rd_kafka_queue_forward(queue.as_ptr(), ptr::null_mut()) };
        Some(Queue { queue, consumer: Arc::clone(consumer), room: Vec::new() })
    }

    /// Takes up to `most` messages that are there, or come within a time.
    pub fn take(&mut self, most: usize, within: Duration) -> Taken {
        // It is kept: mostly, far fewer come than there is room for.
        if self.room.len() < most {
            self.room.resize(most, ptr::null_mut());
        }
        let millis = i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the queue is live, and `room` has room for `most` pointers.
        let count = unsafe {
            sys::rd_kafka_consume_batch_queue(
                self.queue.as_ptr(),
                millis,
                self.room.as_mut_ptr(),
                most,
            )
        };
        let count = usize::try_from(count).unwrap_or(0);
        let messages = self.room.get(..count).unwrap_or_default().to_vec();
        Taken { messages, _consumer: Arc::clone(&self.consumer) }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: this is the reference that `of` has got, and nothing uses it afterwards.
        unsafe { sys::rd_kafka_queue_destroy(self.queue.as_ptr()) };
    }
}

/// librdkafka's `RD_KAFKA_PARTITION_UA`: the key chooses the partition.
const BY_KEY: i32 = -1;

/// A topic that is written to, found once and not by its name for each record.
pub struct Topic {
    topic: NonNull<sys::rd_kafka_topic_t>,
    name: String,
    /// Outlives the topic.
    _producer: Arc<BaseProducer<Writing>>,
}

// SAFETY: librdkafka's topics may be used from any thread, by several at the same time.
unsafe impl Send for Topic {}
// SAFETY: as above.
unsafe impl Sync for Topic {}

impl Topic {
    /// A topic by its name.
    pub fn of(producer: &Arc<BaseProducer<Writing>>, name: &str) -> Option<Topic> {
        let text = CString::new(name).ok()?;
        let client = producer.client().native_ptr();
        // SAFETY: the client lives as long as `producer`, and the name is a C string; without a
        // configuration the client's own is used. What is returned counts as one reference of ours.
        let topic = unsafe { sys::rd_kafka_topic_new(client, text.as_ptr(), ptr::null_mut()) };
        let topic = NonNull::new(topic)?;
        Some(Topic { topic, name: name.to_owned(), _producer: Arc::clone(producer) })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Hands a record to the client, which copies it; without a partition, its key chooses one.
    pub fn send(
        &self,
        partition: Option<i32>,
        key: Option<&[u8]>,
        payload: Option<&[u8]>,
    ) -> Result<(), RDKafkaErrorCode> {
        let of = |bytes: Option<&[u8]>| bytes.map_or((ptr::null(), 0), |b| (b.as_ptr(), b.len()));
        let ((key, key_len), (payload, payload_len)) = (of(key), of(payload));
        // SAFETY: the topic is live; key and payload are as long as is said, or null, and are only
        // read: `RD_KAFKA_MSG_F_COPY` has them copied before the call returns.
        let done = unsafe {
            sys::rd_kafka_produce(
                self.topic.as_ptr(),
                partition.unwrap_or(BY_KEY),
                sys::RD_KAFKA_MSG_F_COPY,
                payload.cast_mut().cast(),
                payload_len,
                key.cast(),
                key_len,
                ptr::null_mut(),
            )
        };
        match done {
            0 => Ok(()),
            // SAFETY: it reads what the call above has left for this thread.
            _ => Err(unsafe { sys::rd_kafka_last_error() }.into()),
        }
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        // SAFETY: this is the reference that `of` has got, and nothing uses it afterwards.
        unsafe { sys::rd_kafka_topic_destroy(self.topic.as_ptr()) };
    }
}

/// What is to be destroyed at the end of a scope, however that ends.
struct Owned<T>(NonNull<T>, unsafe extern "C" fn(*mut T));

/// What is told where librdkafka gives nothing.
const NONE: RDKafkaErrorCode = RDKafkaErrorCode::OperationTimedOut;

impl<T> Owned<T> {
    fn of(
        made: *mut T,
        destroy: unsafe extern "C" fn(*mut T),
    ) -> Result<Owned<T>, RDKafkaErrorCode> {
        NonNull::new(made).map(|made| Owned(made, destroy)).ok_or(NONE)
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: it was made by the function that goes with this one, is not shared, and is destroyed
        // here alone.
        unsafe { (self.1)(self.0.as_ptr()) };
    }
}

/// The ids of topics: one that is made anew under the same name has another. Brokers that know of none
/// give them all the same.
pub fn topic_ids<C: ClientContext>(
    client: &Client<C>,
    topics: &[&str],
    within: Duration,
) -> Result<BTreeMap<String, String>, RDKafkaErrorCode> {
    let names = topics.iter().map(|topic| CString::new(*topic).map_err(|_| NONE));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    let mut pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
    let millis = i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
    let rk = client.native_ptr();
    // SAFETY: `client` lives for all of this function, and `names` too, which are C strings and are copied
    // by the call that takes them. Each thing that is made is destroyed at the end by its `Owned`, in
    // the opposite order. What is read of the event's result is read while the event lives; librdkafka
    // gives `count` descriptions, each with a name and an id, which are C strings.
    unsafe {
        let of = Owned::of(
            sys::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), names.len()),
            sys::rd_kafka_TopicCollection_destroy,
        )?;
        let queue = Owned::of(sys::rd_kafka_queue_new(rk), sys::rd_kafka_queue_destroy)?;
        let describe = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
        let options = Owned::of(
            sys::rd_kafka_AdminOptions_new(rk, describe),
            sys::rd_kafka_AdminOptions_destroy,
        )?;
        sys::rd_kafka_AdminOptions_set_request_timeout(
            options.0.as_ptr(),
            millis,
            ptr::null_mut(),
            0,
        );
        sys::rd_kafka_DescribeTopics(rk, of.0.as_ptr(), options.0.as_ptr(), queue.0.as_ptr());
        // There is none where nothing has come in time.
        let event = Owned::of(
            sys::rd_kafka_queue_poll(queue.0.as_ptr(), millis),
            sys::rd_kafka_event_destroy,
        )?;
        let code = |code: RDKafkaRespErr| match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            code => Err(RDKafkaErrorCode::from(code)),
        };
        code(sys::rd_kafka_event_error(event.0.as_ptr()))?;
        let result = sys::rd_kafka_event_DescribeTopics_result(event.0.as_ptr());
        if result.is_null() {
            return Err(NONE);
        }
        let mut count = 0;
        let found = sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        let mut ids = BTreeMap::new();
        for index in 0..count {
            let topic = *found.add(index);
            code(sys::rd_kafka_error_code(sys::rd_kafka_TopicDescription_error(topic)))?;
            let id = sys::rd_kafka_Uuid_base64str(sys::rd_kafka_TopicDescription_topic_id(topic));
            let name = sys::rd_kafka_TopicDescription_name(topic);
            let owned = |text| CStr::from_ptr(text).to_string_lossy().into_owned();
            ids.insert(owned(name), owned(id));
        }
        Ok(ids)
    }
}

/// As whom a group knows a consumer at the moment.
pub fn member_id<C: ConsumerContext>(consumer: &BaseConsumer<C>) -> String {
    let client = consumer.client().native_ptr();
    // SAFETY: the client is live; the text that is returned is ours until it is freed.
    let text = unsafe { sys::rd_kafka_memberid(client) };
    if text.is_null() {
        return String::new();
    }
    // SAFETY: it is a C string.
    let id = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    // SAFETY: it is ours, and not used any more.
    unsafe { sys::rd_kafka_mem_free(client, text.cast()) };
    id
}

/// Messages that were taken from a queue.
pub struct Taken {
    /// None is null: librdkafka has written them, and they are ours.
    messages: Vec<*mut sys::rd_kafka_message_t>,
    /// Outlives the messages.
    _consumer: Arc<BaseConsumer<Reading>>,
}

// SAFETY: messages are owned by whoever took them, and librdkafka does not touch them any more; they
// may be read and destroyed on any thread.
unsafe impl Send for Taken {}

impl Taken {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// One of them.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Message<'_>> {
        // SAFETY: the pointer is live until `drop`, and not written to.
        self.messages.get(index).map(|message| Message(unsafe { &**message }))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Message<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        for message in &self.messages {
            // SAFETY: it is ours, and nothing uses it afterwards.
            unsafe { sys::rd_kafka_message_destroy(*message) };
        }
    }
}

/// A message, or what is told in the place of one.
#[derive(Clone, Copy)]
pub struct Message<'a>(&'a sys::rd_kafka_message_t);

impl<'a> Message<'a> {
    /// Its offset; of the end of a partition, where that is.
    #[inline]
    pub fn offset(&self) -> u64 {
        u64::try_from(self.0.offset).unwrap_or(0)
    }

    /// What is told in the place of a message.
    #[inline]
    pub fn problem(&self) -> Option<RDKafkaErrorCode> {
        match self.0.err {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => None,
            error => Some(error.into()),
        }
    }

    /// Its value; none of a tombstone. Of a problem, what it is in words.
    #[inline]
    pub fn payload(&self) -> Option<&'a [u8]> {
        // SAFETY: librdkafka gives the length with the pointer, and both are the message's own.
        unsafe { bytes(self.0.payload, self.0.len) }
    }

    /// Its key.
    #[inline]
    pub fn key(&self) -> Option<&'a [u8]> {
        // SAFETY: as of the payload.
        unsafe { bytes(self.0.key, self.0.key_len) }
    }

    /// When it was made, or appended to the log, in milliseconds since 1970.
    pub fn timestamp(&self) -> Option<i64> {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is live, and `kind` is written to.
        let millis = unsafe { sys::rd_kafka_message_timestamp(ptr::from_ref(self.0), &mut kind) };
        (millis >= 0).then_some(millis)
    }

    /// The value of its last header of a name.
    pub fn header(&self, name: &CStr) -> Option<&'a [u8]> {
        let mut headers = ptr::null_mut();
        // SAFETY: the message is live; the headers stay its own.
        let found = unsafe { sys::rd_kafka_message_headers(ptr::from_ref(self.0), &mut headers) };
        if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        let (mut value, mut len) = (ptr::null(), 0);
        // SAFETY: the headers are live as long as the message; value and length are written to.
        let found =
            unsafe { sys::rd_kafka_header_get_last(headers, name.as_ptr(), &mut value, &mut len) };
        if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        // SAFETY: they are a pair, and the message's own.
        unsafe { bytes(value, len) }
    }
}

/// Bytes of a message.
///
/// # Safety
///
/// Where the pointer is not null, so many bytes are there for as long as the message is.
unsafe fn bytes<'a>(at: *const std::ffi::c_void, len: usize) -> Option<&'a [u8]> {
    let at = NonNull::new(at.cast_mut().cast::<u8>())?;
    // SAFETY: as promised.
    Some(unsafe { std::slice::from_raw_parts(at.as_ptr(), len) })
}
