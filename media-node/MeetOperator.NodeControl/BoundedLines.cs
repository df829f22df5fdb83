using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;

namespace MeetOperator.NodeControl;

/// <summary>Reads a stream line by line and limits the length of a line.</summary>
internal static class BoundedLines
{
    /// <summary>Returns the lines without their line feeds until the stream ends. Bytes after the last line feed are discarded.</summary>
    /// <exception cref="NodeControlException">A line is longer than <paramref name="limit"/> bytes.</exception>
    public static async IAsyncEnumerable<byte[]> ReadAsync(Stream stream, int limit, [EnumeratorCancellation] CancellationToken ct)
    {
        var pipe = PipeReader.Create(stream);
        while (true)
        {
            var read = await pipe.ReadAsync(ct).ConfigureAwait(false);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                var line = rest.Slice(0, end);
                yield return line.Length <= limit ? line.ToArray() : throw TooLong(limit);
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            if (rest.Length > limit)
            {
                throw TooLong(limit);
            }

            pipe.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
            {
                yield break;
            }
        }
    }

    private static NodeControlException TooLong(int limit) =>
        new(HttpStatusCode.BadGateway, "answer-too-large", $"The media node sent a line longer than {limit / 1024 / 1024} MiB.");
}
