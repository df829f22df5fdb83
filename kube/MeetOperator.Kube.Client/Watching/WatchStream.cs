using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using MeetOperator.Kube.Client.Errors;

namespace MeetOperator.Kube.Client.Watching;

/// <summary>Reads the events of a watch response, one per line.</summary>
internal static class WatchStream
{
    /// <summary>Large enough for most objects, because the parser is slower on an event that spans two buffers.</summary>
    private static readonly StreamPipeReaderOptions BufferOptions = new(bufferSize: 16 * 1024);

    public static async IAsyncEnumerable<WatchEvent<T>> ReadAsync<T>(
        Stream stream, Action<UnreadableObjectException>? onUnreadable, [EnumeratorCancellation] CancellationToken ct)
        where T : KubernetesObject
    {
        var pipe = PipeReader.Create(stream, BufferOptions);
        try
        {
            while (true)
            {
                var result = await pipe.ReadAsync(ct).ConfigureAwait(false);
                var buffer = result.Buffer;
                while (TryTakeLine(ref buffer, out var line))
                {
                    if (!line.IsEmpty && Decode<T>(line, onUnreadable) is { } change)
                    {
                        yield return change;
                    }
                }

                // The rest after the last newline of an ended stream is an incomplete event. The client resumes from the version before it.
                pipe.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                {
                    yield break;
                }
            }
        }
        finally
        {
            await pipe.CompleteAsync().ConfigureAwait(false);
        }
    }

    private static WatchEvent<T>? Decode<T>(in ReadOnlySequence<byte> line, Action<UnreadableObjectException>? onUnreadable)
        where T : KubernetesObject
    {
        try
        {
            return WatchFrames.Decode<T>(line);
        }
        catch (UnreadableObjectException e) when (onUnreadable is not null)
        {
            onUnreadable(e);
            return null;
        }
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        var end = buffer.PositionOf((byte)'\n');
        if (end is null)
        {
            line = default;
            return false;
        }

        line = buffer.Slice(0, end.Value);
        buffer = buffer.Slice(buffer.GetPosition(1, end.Value));
        return true;
    }
}
