namespace MeetOperator.Signaling.Tunnels;

/// <summary>The stream of a connection, which is read no faster than its pace.</summary>
/// <param name="stream">The stream. It is disposed with this one.</param>
/// <param name="pace">How fast it may be read.</param>
/// <param name="time">The clock.</param>
internal sealed class PacedStream(Stream stream, TunnelPace pace, TimeProvider time) : Stream
{
    private TimeSpan _wait;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_wait > TimeSpan.Zero)
        {
            await Task.Delay(_wait, time, cancellationToken).ConfigureAwait(false);
        }

        var read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _wait = pace.TakeBytes(time.GetElapsedTime(0).Ticks, read);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => stream.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => stream.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => stream.Write(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);

    public override void Flush() => stream.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Dispose();
        }

        base.Dispose(disposing);
    }
}
