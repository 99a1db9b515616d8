import com.fasterxml.jackson.core.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.atomic.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The job in Kafka Streams, windows in RocksDB.
 *
 * <p>Arguments: input, output, `eos` or `alo`, what it does (`keyed` trusts the keys of the input,
 * `repartitioned` makes its own, `pass` only filters), milliseconds between commits, and how many
 * records there are to aggregate; without these it goes on until standard input ends.
 */
public class Streams {
    static final JsonFactory JSON = new JsonFactory();

    static final class Bid {
        long auction, bidder, price, dateTime;
        String channel, url;
    }

    static final class Sum {
        long count, sum;
    }

    static Bid parse(byte[] text) {
        try (JsonParser p = JSON.createParser(text)) {
            Bid b = new Bid();
            p.nextToken();
            while (p.nextToken() == JsonToken.FIELD_NAME) {
                String field = p.currentName();
                p.nextToken();
                switch (field) {
                    case "auction" -> b.auction = p.getLongValue();
                    case "bidder" -> b.bidder = p.getLongValue();
                    case "price" -> b.price = p.getLongValue();
                    case "date_time" -> b.dateTime = p.getLongValue();
                    case "channel" -> b.channel = p.getText();
                    case "url" -> b.url = p.getText();
                    default -> p.skipChildren();
                }
            }
            return b;
        } catch (Exception e) {
            throw new RuntimeException(e);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static final AtomicLong first = new AtomicLong();
    static final LongAdder aggregated = new LongAdder();

    static final Serde<Bid> BID = Serdes.serdeFrom(
        (topic, b) -> bytes("{\"auction\":" + b.auction + ",\"bidder\":" + b.bidder + ",\"price\":" + b.price + ",\"channel\":\"" + b.channel
            + "\",\"url\":\"" + b.url + "\",\"date_time\":" + b.dateTime + "}"),
        (topic, text) -> {
            if (first.get() == 0) first.compareAndSet(0, System.nanoTime());
            return parse(text);
        });

    // State is binary, which is the fastest.
    static final Serde<Sum> SUM = Serdes.serdeFrom(
        (topic, s) -> ByteBuffer.allocate(16).putLong(s.count).putLong(s.sum).array(),
        (topic, bytes) -> {
            ByteBuffer b = ByteBuffer.wrap(bytes);
            Sum s = new Sum();
            s.count = b.getLong();
            s.sum = b.getLong();
            return s;
        });

    public static void main(String[] args) throws Exception {
        long began = System.nanoTime();
        String in = args[0], out = args[1], guarantee = args[2], shape = args[3];
        long expected = args.length > 5 ? Long.parseLong(args[5]) : 0;
        String bootstrap = System.getenv("BOOTSTRAP");
        String app = "bench-streams-" + System.currentTimeMillis();
        Path dir = Files.createTempDirectory("streams");
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, app);
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        p.put(StreamsConfig.STATE_DIR_CONFIG, dir.toString());
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, "2");
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee.equals("eos") ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, args[4]);
        p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "67108864");
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, "1");
        p.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        p.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "5000");
        p.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), shape.equals("pass") ? "1" : "20");
        p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), "262144");
        p.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), "134217728");

        StreamsBuilder builder = new StreamsBuilder();
        KStream<Bytes, Bid> good = builder.stream(in, Consumed.with(Serdes.Bytes(), BID)
                // The bids of the latency bench are in microseconds.
                .withTimestampExtractor((r, before) -> {
                    long t = ((Bid) r.value()).dateTime;
                    return t > 100_000_000_000_000L ? t / 1000 : t;
                }))
            .filter((key, b) -> b.price >= 100);
        switch (shape) {
            case "pass" -> good
                .mapValues(b -> bytes("{\"auction\":" + b.auction + ",\"price\":" + b.price + ",\"ts\":" + b.dateTime + "}"))
                .to(out, Produced.with(Serdes.Bytes(), Serdes.ByteArray()));
            case "keyed" -> aggregate(good.groupByKey(Grouped.with(Serdes.Bytes(), BID)), Serdes.Bytes(), out, 10_000);
            // Records of several partitions meet in one, in any order: with a short grace a replay loses most.
            case "repartitioned" -> aggregate(
                good.selectKey((key, b) -> Bytes.wrap(bytes(Long.toString(b.auction)))).groupByKey(Grouped.with(Serdes.Bytes(), BID)), Serdes.Bytes(), out, 600_000);
            default -> throw new IllegalArgumentException(shape);
        }
        KafkaStreams streams = new KafkaStreams(builder.build(), p);
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            System.exit(9);
            return null;
        });
        streams.start();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            if (expected == 0) {
                System.in.readAllBytes();
            } else {
                report(admin, app, in, expected, began);
            }
            streams.close(Duration.ofSeconds(30));
            Set<String> topics = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
            admin.deleteTopics(topics.stream().filter(topic -> topic.startsWith(app)).toList()).all().get();
            admin.deleteConsumerGroups(List.of(app));
        }
        try (var walk = Files.walk(dir)) {
            walk.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
        System.exit(0);
    }

    static void aggregate(KGroupedStream<Bytes, Bid> grouped, Serde<Bytes> key, String out, long graceMs) {
        Duration size = Duration.ofSeconds(10), grace = Duration.ofMillis(graceMs);
        grouped.windowedBy(TimeWindows.ofSizeAndGrace(size, grace))
            .aggregate(Sum::new, (k, b, s) -> {
                s.count++;
                s.sum += b.price;
                aggregated.increment();
                return s;
            }, Materialized.<Bytes, Sum, WindowStore<Bytes, byte[]>>as("sums").withRetention(size.plus(grace)).withKeySerde(key).withValueSerde(SUM).withCachingEnabled())
            .toStream()
            .map((w, s) -> {
                String auction = new String(w.key().get(), StandardCharsets.ISO_8859_1);
                return KeyValue.pair(auction, bytes("{\"auction\":" + auction + ",\"window\":" + w.window().start() + ",\"count\":" + s.count + ",\"sum\":" + s.sum + "}"));
            })
            .to(out, Produced.with(Serdes.String(), Serdes.ByteArray()));
    }

    /** Waits until all is aggregated, and the group's offsets are at the ends of all that it reads. */
    static void report(Admin admin, String app, String in, long expected, long began) throws Exception {
        Map<TopicPartition, Long> ends = ends(admin, in);
        while (true) {
            Thread.sleep(50);
            if (aggregated.sum() < expected) continue;
            var committed = admin.listConsumerGroupOffsets(app).partitionsToOffsetAndMetadata().get();
            boolean done = true;
            Map<TopicPartition, Long> all = new HashMap<>(ends);
            // Of a repartition topic the last offsets are those of the marks of transactions.
            for (TopicPartition tp : committed.keySet()) {
                if (!tp.topic().equals(in) && !all.containsKey(tp)) {
                    ends(admin, tp.topic()).forEach((t, end) -> all.put(t, end - 4));
                }
            }
            for (var end : all.entrySet()) {
                var at = committed.get(end.getKey());
                done &= at != null && at.offset() >= end.getValue();
            }
            if (done) break;
        }
        long last = System.nanoTime();
        long records = ends.values().stream().mapToLong(Long::longValue).sum();
        long rss = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) rss = Long.parseLong(line.replaceAll("\\D", "")) / 1024;
        }
        System.out.printf(Locale.ROOT, "{\"records\":%d,\"seconds\":%.3f,\"startup\":%.3f,\"cpu\":%.2f,\"rss_mb\":%d}%n", records, (last - first.get()) / 1e9,
            (first.get() - began) / 1e9, ProcessHandle.current().info().totalCpuDuration().get().toMillis() / 1e3, rss);
    }

    static Map<TopicPartition, Long> ends(Admin admin, String topic) throws Exception {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        for (int i = 0; i < 4; i++) asked.put(new TopicPartition(topic, i), OffsetSpec.latest());
        Map<TopicPartition, Long> ends = new HashMap<>();
        admin.listOffsets(asked).all().get().forEach((tp, end) -> ends.put(tp, end.offset()));
        return ends;
    }
}
