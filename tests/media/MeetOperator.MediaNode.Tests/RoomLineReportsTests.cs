using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

public sealed class RoomLineReportsTests : IDisposable
{
    private const long Second = TimeSpan.TicksPerSecond;
    private readonly object _session = new();
    private readonly RoomEventHub _hub = new();
    private readonly RoomEventReader _reader;
    private readonly RoomLineReports _reports;
    private readonly Dictionary<string, (object Session, long? Bits)> _lines = [];
    private int _measured;

    public RoomLineReportsTests()
    {
        _reader = _hub.Open([]);
        _reports = new RoomLineReports(_hub, changes =>
        {
            _measured++;
            foreach (var (id, (session, bits)) in _lines)
            {
                changes.Add(id, session, bits);
            }
        });
    }

    public void Dispose() => _reader.Dispose();

    [Fact]
    public void HandleTimeout_ManyChanges_OneEventInTwoSeconds()
    {
        for (var now = 0L; now < 6 * Second; now += Second / 100)
        {
            (_lines["a"], _lines["b"]) = ((_session, 1_000_000 + now), (_session, 2_000_000 + now));
            _reports.HandleTimeout(now);
        }

        var events = Read();
        Assert.Equal(3, events.Count);
        Assert.All(events, lines => Assert.Equal(["a", "b"], lines.Select(line => line.ParticipantId)));
        Assert.Equal([1_000, 21_000, 41_000], events.Select(lines => lines[0].Kbps!.Value));
        Assert.Equal(3, _measured);
    }

    [Theory]
    [InlineData(1_000_000, 1_200_000, false)]
    [InlineData(1_000_000, 1_201_000, true)]
    [InlineData(1_000_000, 800_000, false)]
    [InlineData(1_000_000, 799_000, true)]
    [InlineData(1_000_000_000, long.MaxValue, false)]
    public void HandleTimeout_Change_IsReportedIfItIsMoreThanAFifth(long before, long after, bool isReported)
    {
        Run(0, ("a", before));
        Read();

        Run(2, ("a", after));

        Assert.Equal(isReported ? 1 : 0, Read().Count);
    }

    /// <summary>Small steps add up: each is compared with what was reported.</summary>
    [Fact]
    public void HandleTimeout_SlowChange_IsReportedOnceItIsAFifth()
    {
        var kbps = new List<int?>();
        for (var step = 0; step <= 10; step++)
        {
            Run(2 * step, ("a", 1_000_000 + (step * 50_000)));
            kbps.AddRange(Read().Select(lines => Assert.Single(lines).Kbps));
        }

        Assert.Equal([1_000, 1_250], kbps);
    }

    [Fact]
    public void HandleTimeout_NoLongerKnown_IsReportedOnce()
    {
        Run(0, ("a", 1_000_000), ("b", 2_000_000));
        Read();

        Run(2, ("a", null), ("b", 2_000_000));
        var lines = Assert.Single(Read());
        Run(4, ("b", 2_000_000));
        var again = Read();
        Run(6);

        Assert.Equal([("a", null)], lines.Select(line => (line.ParticipantId, line.Kbps)));
        Assert.Empty(again);
        Assert.Equal([("b", null)], Assert.Single(Read()).Select(line => (line.ParticipantId, line.Kbps)));
    }

    [Fact]
    public void HandleTimeout_SameValueOfAnotherSession_IsReported()
    {
        Run(0, ("a", 1_000_000));
        Read();

        _lines["a"] = (new object(), 1_000_000);
        _reports.HandleTimeout(2 * Second);

        Assert.Equal(1_000, Assert.Single(Assert.Single(Read())).Kbps);
    }

    [Fact]
    public void AddCurrent_StreamOpensAgain_HasWhatWasReported()
    {
        var nothing = new List<QueuedEvent>();
        _reports.AddCurrent(nothing);
        Run(0, ("a", 1_000_000), ("b", 2_000_000), ("c", null));
        Run(2, ("a", 1_050_000), ("b", null));

        var state = new List<QueuedEvent>();
        _reports.AddCurrent(state);

        Assert.Empty(nothing);
        Assert.Equal([("a", 1_000)], Assert.Single(state).Event.Lines!.Select(line => (line.ParticipantId, line.Kbps)));
    }

    private void Run(int second, params (string Id, long? Bits)[] lines)
    {
        _lines.Clear();
        foreach (var (id, bits) in lines)
        {
            _lines[id] = (_session, bits);
        }

        _reports.HandleTimeout(second * Second);
    }

    private List<IReadOnlyList<ParticipantLine>> Read()
    {
        var read = new List<IReadOnlyList<ParticipantLine>>();
        while (_reader.TryRead(out var roomEvent))
        {
            Assert.Equal(RoomEventTypes.Lines, roomEvent.Type);
            read.Add(roomEvent.Lines!);
        }

        return read;
    }
}
