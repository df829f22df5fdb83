using MeetOperator.Rtc.Dtls;

namespace MeetOperator.Rtc.Tests.Dtls;

public sealed class DtlsFlightTests
{
    private readonly DtlsFlight _flight = new(mtuBytes: 100);

    [Fact]
    public void TryTake_SeveralRecords_GroupsCompleteRecordsUpToMtu()
    {
        Load(40, 40, 40, 87, 13);

        Assert.Equal([80, 40, 100], TakeAll()); // 40+40; 40 alone because 40+87 exceeds the MTU; 87+13
    }

    [Fact]
    public void Rewind_SentFlight_IsSentAgain()
    {
        Load(50, 60);
        Assert.Equal([50, 60], TakeAll());
        Assert.Empty(TakeAll());

        _flight.Rewind();

        Assert.Equal([50, 60], TakeAll());
    }

    [Fact]
    public void TryTake_RecordAboveMtu_IsSentAlone()
    {
        Load(150, 20);
        Assert.Equal([150, 20], TakeAll());
    }

    [Fact]
    public void TryTake_TruncatedRecord_IsNotSent()
    {
        _flight.Replace(Records(40), 39);
        Assert.Empty(TakeAll());
        Assert.True(_flight.IsSent);
    }

    [Fact]
    public void Rewind_RecordsOfEpochZero_GetNewSequenceNumbers()
    {
        var records = Records(20, 20, 20);
        records[40 + 4] = 1;
        records[40 + 10] = 77;
        _flight.Replace(records, records.Length);

        Assert.Equal([(0, 0), (0, 1), (1, 77)], TakeNumbers());
        _flight.Rewind();
        Assert.Equal([(0, 2), (0, 3), (1, 77)], TakeNumbers());
        Load(20);
        Assert.Equal([(0, 4)], TakeNumbers());
    }

    private static byte[] Records(params int[] lengths)
    {
        var bytes = new List<byte>();
        foreach (var length in lengths)
        {
            var record = new byte[length];
            record[0] = 22;
            record[12] = (byte)(length - 13);
            bytes.AddRange(record);
        }

        return [.. bytes];
    }

    private void Load(params int[] lengths)
    {
        var bytes = Records(lengths);
        _flight.Replace(bytes, bytes.Length);
    }

    private List<(int Epoch, int Number)> TakeNumbers()
    {
        var buffer = new byte[1500];
        var numbers = new List<(int, int)>();
        while (_flight.TryTake(buffer, out var written))
        {
            for (var at = 0; at < written; at += 13 + buffer[at + 12])
            {
                numbers.Add((buffer[at + 4], buffer[at + 10]));
            }
        }

        return numbers;
    }

    private List<int> TakeAll()
    {
        var buffer = new byte[1500];
        var taken = new List<int>();
        while (_flight.TryTake(buffer, out var written))
        {
            taken.Add(written);
        }

        return taken;
    }
}
