using System.IO.Pipelines;
using System.Text;

namespace MeetOperator.Kube.ProcessRuntime.Logs;

/// <summary>Reads the log files of a container as one text stream, across rotations, and follows them if requested.</summary>
internal sealed class LogReader(string path, LogQuery query, Func<bool> ended, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private long _left = query.LimitBytes ?? long.MaxValue;

    /// <summary>
    /// Opens the stream. It ends at the end of the log, or with <see cref="LogQuery.Follow"/> when the container ends. Dispose it to stop earlier.
    /// </summary>
    public Stream Open(CancellationToken ct)
    {
        var pipe = new Pipe();
        _ = Task.Run(() => FillAsync(pipe.Writer, ct), CancellationToken.None);
        return pipe.Reader.AsStream();
    }

    private async Task FillAsync(PipeWriter output, CancellationToken ct)
    {
        Exception? failure = null;
        try
        {
            if (query.Previous)
            {
                await WriteAsync(output, Select(ReadAll(ContainerLog.PreviousOf(path))), ct).ConfigureAwait(false);
            }
            else
            {
                await FollowAsync(output, ct).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            failure = e is OperationCanceledException ? null : e;
        }

        await output.CompleteAsync(failure).ConfigureAwait(false);
    }

    private async Task FollowAsync(PipeWriter output, CancellationToken ct)
    {
        var first = ReadAll(ContainerLog.OlderOf(path)).ToList();
        using var tail = new LogTail(path);
        first.AddRange(tail.ReadNew());
        var open = await WriteAsync(output, Select(first), ct).ConfigureAwait(false);
        while (open && query.Follow)
        {
            // Check before reading, so that the last read includes everything that was written before the end.
            var last = ended();
            open = await WriteAsync(output, tail.ReadNew(), ct).ConfigureAwait(false) && !last;
            if (open)
            {
                await Task.Delay(Poll, time, ct).ConfigureAwait(false);
            }
        }
    }

    private IEnumerable<LogLine> Select(IEnumerable<LogLine> lines)
    {
        var since = query.SinceTime is { } start ? lines.Where(l => l.Time >= start) : lines;
        return query.TailLines is { } tail ? since.TakeLast(tail) : since;
    }

    // Returns false if the reader has closed the stream or the limit is reached.
    private async Task<bool> WriteAsync(PipeWriter output, IEnumerable<LogLine> lines, CancellationToken ct)
    {
        foreach (var line in lines)
        {
            var text = query.Timestamps ? $"{line.Format().Split(' ', 2)[0]} {line.Text}\n" : line.Text + "\n";
            var bytes = Encoding.UTF8.GetBytes(text).AsMemory();
            bytes = bytes[..(int)Math.Min(bytes.Length, _left)];
            _left -= bytes.Length;
            var result = await output.WriteAsync(bytes, ct).ConfigureAwait(false);
            if (result.IsCompleted || _left == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static IEnumerable<LogLine> ReadAll(string file)
    {
        using var tail = new LogTail(file);
        return tail.ReadNew();
    }
}
