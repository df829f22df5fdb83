using MeetOperator.MediaNode.Egress;

namespace MeetOperator.MediaNode.Tests;

/// <summary>When a pool of buffers gives memory back.</summary>
public sealed unsafe class SlabPoolTests : IDisposable
{
    private const int Bytes = 1024;
    private readonly SlabPool _pool = new(Bytes);

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void Trim_AfterABurst_GivesTheMemoryBackBitByBit()
    {
        Use(100);
        _pool.Trim(); // frees nothing: all buffers were in use since the start
        Assert.Equal(100 * Bytes, _pool.TotalBytes);
        _pool.Trim();
        Assert.Equal(50 * Bytes, _pool.TotalBytes);
        for (var i = 0; i < 7; i++)
        {
            _pool.Trim();
        }

        Assert.Equal(0, _pool.TotalBytes);
    }

    [Fact]
    public void Trim_BuffersInUseOrNeededEachTime_AreKept()
    {
        var rented = _pool.Rent();
        for (var i = 0; i < 20; i++)
        {
            Use(30);
            _pool.Trim();
        }

        Assert.Equal(31 * Bytes, _pool.TotalBytes);
        _pool.Return(rented);
    }

    private void Use(int slabs)
    {
        var rented = new byte*[slabs];
        for (var i = 0; i < slabs; i++)
        {
            rented[i] = _pool.Rent();
        }

        for (var i = 0; i < slabs; i++)
        {
            _pool.Return(rented[i]);
        }
    }
}
