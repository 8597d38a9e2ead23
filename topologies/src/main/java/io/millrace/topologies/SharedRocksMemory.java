package io.millrace.topologies;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompactionOptionsUniversal;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * Bounds the memory of all RocksDB stores of the process together: one block cache, which also
 * holds index and filter blocks, and one write-buffer manager.
 *
 * <p>Source: Kafka Streams' documentation, "Memory Management", RocksDB.
 */
public final class SharedRocksMemory implements RocksDBConfigSetter {
  static final String BLOCK_CACHE_BYTES = "millrace.rocksdb.block.cache.bytes";
  static final String WRITE_BUFFER_BYTES = "millrace.rocksdb.write.buffer.bytes";

  private static final int WRITE_BUFFER_OF_STORE = 4 << 20;
  private static final int WRITE_BUFFER_OF_ANSWERS = 8 << 20;
  private static final int ANSWERS_FILES = 16;
  private static final double MEMTABLE_BLOOM_SHARE = 0.05;

  private static @Nullable Cache cache;
  private static @Nullable WriteBufferManager writeBuffers;
  private static @Nullable CompactionOptionsUniversal answersMerges;

  /** For Kafka Streams, which makes one per store. */
  public SharedRocksMemory() {}

  @Override
  public void setConfig(String store, Options options, Map<String, Object> settings) {
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    options.setWriteBufferSize(WRITE_BUFFER_OF_STORE);
    synchronized (SharedRocksMemory.class) {
      if (cache == null || writeBuffers == null || answersMerges == null) {
        RocksDB.loadLibrary();
        cache = new LRUCache(bytes(settings, BLOCK_CACHE_BYTES));
        writeBuffers = new WriteBufferManager(bytes(settings, WRITE_BUFFER_BYTES), cache);
        answersMerges =
            new CompactionOptionsUniversal().setMaxSizeAmplificationPercent(Integer.MAX_VALUE);
      }
      table.setBlockCache(cache);
      options.setWriteBufferManager(writeBuffers);
      if (store.contains(Stores.ANSWERS)) {
        // Written once, in the order of their keys, seldom read, and dropped as a whole when they
        // are old. Files of one size are merged, so that a look-up does not meet too many; the rule
        // that merges all of them, lest what is superseded take room, would work for nothing.
        options.setWriteBufferSize(WRITE_BUFFER_OF_ANSWERS);
        options.setLevel0FileNumCompactionTrigger(ANSWERS_FILES);
        options.setCompactionOptionsUniversal(answersMerges);
      }
    }
    table.setCacheIndexAndFilterBlocks(true);
    table.setFilterPolicy(new BloomFilter());
    options.setTableFormatConfig(table);
    options.setMaxWriteBufferNumber(2);
    // Many look-ups ask whether an operation id is new, and it is: let the memtable say so at once.
    options.setMemtablePrefixBloomSizeRatio(MEMTABLE_BLOOM_SHARE);
    options.setMemtableWholeKeyFiltering(true);
  }

  private static long bytes(Map<String, Object> settings, String key) {
    return Long.parseLong(String.valueOf(settings.get(key)));
  }

  @Override
  public void close(String store, Options options) {
    // Cache and write buffers are the process's; they go with it.
  }
}
