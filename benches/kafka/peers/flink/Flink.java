import com.fasterxml.jackson.core.*;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.serialization.*;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.*;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** The job in Flink, within one process, state on the heap. Arguments: input, output. */
public class Flink {
    public static class Bid {
        public long auction, bidder, price, dateTime;
        public String channel, url;
    }

    public static class Sum {
        public long count, sum;
    }

    static final JsonFactory JSON = new JsonFactory();
    static final AtomicLong first = new AtomicLong();

    public static class Parse extends AbstractDeserializationSchema<Bid> {
        @Override
        public Bid deserialize(byte[] text) throws java.io.IOException {
            if (first.get() == 0) first.compareAndSet(0, System.nanoTime());
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
            }
        }
    }

    public static class Add implements AggregateFunction<Bid, Sum, Sum> {
        public Sum createAccumulator() {
            return new Sum();
        }

        public Sum add(Bid b, Sum s) {
            s.count++;
            s.sum += b.price;
            return s;
        }

        public Sum getResult(Sum s) {
            return s;
        }

        public Sum merge(Sum a, Sum b) {
            a.count += b.count;
            a.sum += b.sum;
            return a;
        }
    }

    public static class Write extends ProcessWindowFunction<Sum, String, Long, TimeWindow> {
        @Override
        public void process(Long auction, Context c, Iterable<Sum> in, Collector<String> out) {
            Sum s = in.iterator().next();
            out.collect("{\"auction\":" + auction + ",\"window\":" + c.window().getStart() + ",\"count\":" + s.count + ",\"sum\":" + s.sum + "}");
        }
    }

    public static void main(String[] args) throws Exception {
        long began = System.nanoTime();
        String bootstrap = System.getenv("BOOTSTRAP");
        String run = "bench-flink-" + System.currentTimeMillis();
        Path dir = Files.createTempDirectory("flink");
        Configuration conf = new Configuration();
        conf.setString("state.backend.type", "hashmap");
        conf.setString("execution.checkpointing.storage", "filesystem");
        conf.setString("execution.checkpointing.dir", dir.toUri().toString());
        conf.setString("taskmanager.memory.network.max", "256mb");
        conf.setString("taskmanager.memory.network.min", "256mb");
        conf.setString("pipeline.object-reuse", "true");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(2, conf);
        env.enableCheckpointing(1000, CheckpointingMode.EXACTLY_ONCE);
        KafkaSource<Bid> source = KafkaSource.<Bid>builder().setBootstrapServers(bootstrap).setTopics(args[0]).setGroupId(run)
            .setStartingOffsets(OffsetsInitializer.earliest()).setBounded(OffsetsInitializer.latest())
            .setProperty("max.poll.records", "5000").setProperty("isolation.level", "read_committed")
            .setValueOnlyDeserializer(new Parse()).build();
        Properties p = new Properties();
        p.setProperty("transaction.timeout.ms", "600000");
        p.setProperty("linger.ms", "20");
        p.setProperty("batch.size", "262144");
        p.setProperty("buffer.memory", "134217728");
        KafkaSink<String> sink = KafkaSink.<String>builder().setBootstrapServers(bootstrap).setKafkaProducerConfig(p)
            .setRecordSerializer(KafkaRecordSerializationSchema.<String>builder().setTopic(args[1]).setValueSerializationSchema(new SimpleStringSchema()).build())
            .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE).setTransactionalIdPrefix(run).build();
        env.fromSource(source, WatermarkStrategy.<Bid>forBoundedOutOfOrderness(Duration.ofSeconds(2)).withTimestampAssigner((b, t) -> b.dateTime), "bids")
            .filter(b -> b.price >= 100)
            .keyBy((KeySelector<Bid, Long>) b -> b.auction, Types.LONG)
            .window(TumblingEventTimeWindows.of(Duration.ofSeconds(10)))
            .aggregate(new Add(), new Write())
            .sinkTo(sink);
        long records = 0;
        try (var admin = org.apache.kafka.clients.admin.Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            Map<org.apache.kafka.common.TopicPartition, org.apache.kafka.clients.admin.OffsetSpec> asked = new HashMap<>();
            for (int i = 0; i < 4; i++) asked.put(new org.apache.kafka.common.TopicPartition(args[0], i), org.apache.kafka.clients.admin.OffsetSpec.latest());
            for (var end : admin.listOffsets(asked).all().get().values()) records += end.offset();
        }
        // Ends when the last checkpoint is committed.
        env.execute();
        long last = System.nanoTime();
        long rss = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) rss = Long.parseLong(line.replaceAll("\\D", "")) / 1024;
        }
        System.out.printf(Locale.ROOT, "{\"records\":%d,\"seconds\":%.3f,\"startup\":%.3f,\"cpu\":%.2f,\"rss_mb\":%d}%n", records, (last - first.get()) / 1e9,
            (first.get() - began) / 1e9, ProcessHandle.current().info().totalCpuDuration().get().toMillis() / 1e3, rss);
        System.out.flush();
        try (var walk = Files.walk(dir)) {
            walk.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
        System.exit(0);
    }
}
