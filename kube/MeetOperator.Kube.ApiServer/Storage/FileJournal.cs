using System.Buffers;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>
/// An append-only log with snapshots. One task takes all waiting changes, writes them with one write and one fsync,
/// then publishes and acknowledges them. When the log exceeds its size limit, a snapshot replaces it in the background.
/// </summary>
internal sealed partial class FileJournal : IJournal
{
    private const long RotateAtBytes = 64L << 20;

    private readonly Channel<(StoreEvent Change, TaskCompletionSource Done)> _queue =
        Channel.CreateUnbounded<(StoreEvent, TaskCompletionSource)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly JournalDirectory _directory;
    private readonly WatchHub _hub;
    private readonly long _rotateAtBytes;
    private readonly ILogger _logger;
    private FileStream _log;
    private Exception? _failure;
    private Task _committer = Task.CompletedTask;
    private Task _snapshot = Task.CompletedTask;

    private FileJournal(JournalDirectory directory, WatchHub hub, FileStream log, ILogger logger, long rotateAtBytes)
    {
        _logger = logger;
        _directory = directory;
        _hub = hub;
        _log = log;
        _rotateAtBytes = rotateAtBytes;
    }

    /// <summary>Locks the directory for this process and loads its content.</summary>
    /// <exception cref="IOException">
    /// Another process uses the directory, it is not writable, or a file is corrupt (<see cref="DamagedStoreException"/>).
    /// </exception>
    public static FileJournal Open(
        string path, WatchHub hub, ILogger logger, out LoadedObjects loaded, long rotateAtBytes = RotateAtBytes, Action<string>? flushFolder = null)
    {
        var directory = JournalDirectory.Open(path, logger, flushFolder);
        try
        {
            loaded = directory.Load();
            return new FileJournal(directory, hub, directory.OpenLog(loaded.LastVersion), logger, rotateAtBytes);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    public void StartCommitting(Func<List<StoredObject>> capture) => _committer = Task.Run(() => CommitAsync(capture));

    public Task Append(StoreEvent change)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _queue.Writer.TryWrite((change, done)) ? done.Task : Task.FromException(new IOException("the store is closed"));
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _committer;
        await _snapshot;
        TryWriteEndMark();
        await _log.DisposeAsync();
        _directory.Dispose();
    }

    private async Task CommitAsync(Func<List<StoredObject>> capture)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 16);
        var batch = new List<(StoreEvent Change, TaskCompletionSource Done)>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            JournalRecord.WriteMark(buffer, JournalRecord.Batch, 0);
            while (batch.Count < 4096 && _queue.Reader.TryRead(out var next))
            {
                batch.Add(next);
                var change = next.Change;
                JournalRecord.Write(buffer, change.Deleted ? JournalRecord.Delete : JournalRecord.Put, change.Version, change.Object.Key, change.Deleted ? [] : change.Object.Json);
            }

            try
            {
                if (_failure is not null)
                {
                    throw _failure;
                }

                _log.Write(buffer.WrittenSpan);
                _log.Flush(flushToDisk: true);
                foreach (var (change, done) in batch)
                {
                    _hub.Publish(change);
                    done.TrySetResult();
                }

                RotateWhenLarge(batch[^1].Change.Version, capture);
            }
            catch (Exception e)
            {
                // After a failed write the state of the file is unknown, so every later write fails until a restart.
                if (_failure is null)
                {
                    LogFailed(e);
                    _failure = new IOException($"the data directory is not writable: {e.Message}", e);
                }

                batch.ForEach(b => b.Done.TrySetException(_failure));
            }

            batch.Clear();
            buffer.ResetWrittenCount();
        }
    }

    private void RotateWhenLarge(long version, Func<List<StoredObject>> capture)
    {
        if (_log.Length < _rotateAtBytes || !_snapshot.IsCompleted)
        {
            return;
        }

        if (!TryWriteEndMark())
        {
            return;
        }

        var full = _log;
        _log = _directory.OpenLog(version);
        full.Dispose();
        var objects = capture();
        _snapshot = Task.Run(() => WriteSnapshot(version, objects));
    }

    /// <summary>If the snapshot fails, the logs stay and no data is lost. The next full log triggers another attempt.</summary>
    private void WriteSnapshot(long version, List<StoredObject> objects)
    {
        try
        {
            _directory.WriteSnapshot(version, objects);
        }
        catch (Exception e)
        {
            LogSnapshotFailed(e);
        }
    }

    /// <summary>Writes an end mark, which proves that the last batch is complete. Later damage can then be distinguished from a crash.</summary>
    private bool TryWriteEndMark()
    {
        if (_failure is not null)
        {
            return false;
        }

        try
        {
            var mark = new ArrayBufferWriter<byte>();
            JournalRecord.WriteMark(mark, JournalRecord.Batch, 0);
            _log.Write(mark.WrittenSpan);
            _log.Flush(flushToDisk: true);
            return true;
        }
        catch (IOException e)
        {
            LogFailed(e);
            _failure = new IOException($"the data directory is not writable: {e.Message}", e); // A partial mark makes everything after it unreadable.
            return false;
        }
    }

    [LoggerMessage(EventId = 1421, Level = LogLevel.Error, Message = "The data directory is not writable; every write fails until the server restarts")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(EventId = 1422, Level = LogLevel.Warning, Message = "A snapshot could not be written; the existing logs are kept")]
    private partial void LogSnapshotFailed(Exception exception);
}
